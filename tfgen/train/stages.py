"""The stages of a game: who plays in which steps, on which batches."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.train.step import make_train_steps, round_length
from tfgen.train.strategy import worker_of
from tfgen.train.writers import Progress


def check(model: Model, config: TrainConfig, replicas: int) -> None:
    """Raises `UserError` if a model cannot be trained so."""
    if config.jit_compile and model.dynamic_shapes:
        raise UserError(
            f"jit_compile: XLA cannot compile {model.name}, where"
            " shapes depend on the data; leave it out."
        )
    _check_pieces(model, config, replicas)
    length = round_length(model)
    for name in ("steps", "steps_per_call"):
        if (value := getattr(config, name)) % length:
            raise UserError(
                f"train.{name}={value}: expected a multiple of"
                f" {length}, the steps of one round of the game."
            )
    for step in _ends(model):
        if step % length:
            raise UserError(
                f"a stage of {model.name} begins or ends at step {step};"
                f" expected a multiple of {length}, the steps of one round"
                " of the game."
            )


def _check_pieces(model: Model, config: TrainConfig, replicas: int) -> None:
    """Raises `UserError` if a batch cannot be had in pieces."""
    setting = f"train.accumulate={config.accumulate}"
    if config.accumulate == 1:
        return
    if len(model.players()) > 1 and not model.simultaneous:
        raise UserError(
            f"{setting}: players of {model.name} move in turn, each on the"
            " whole batch; expected 1."
        )
    if config.batch_size % (config.accumulate * replicas):
        raise UserError(
            f"{setting}: cannot divide the {config.batch_size // replicas}"
            " examples of train.batch_size on a replica; expected a divisor."
        )
    if any(v.dtype != "uint32" for v in model.non_trainable_variables):
        logging.warning(
            "%s: each piece has its own statistics, and moves the averages of"
            " %s.",
            setting,
            model.name,
        )


def _ends(model: Model) -> list[int]:
    """Steps at which a player begins or ends to play."""
    players = model.players().values()
    ends = {end for player in players for end in (player.since, player.until)}
    return sorted(ends - {None})


class Stages:
    """Makes the steps of a training."""

    def __init__(
        self,
        model: Model,
        config: TrainConfig,
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        strategy: tf.distribute.Strategy,
    ):
        """Compiles nothing yet; see `check`."""
        self._model, self._config = model, config
        self._optimizers, self._strategy = optimizers, strategy
        self._compiled: dict[tuple[str, ...], Callable] = {}

    def call(
        self, step: int, batch: Mapping, progress: Progress
    ) -> dict[str, np.ndarray]:
        """Makes the steps of one call.

        Args:
          step: that has been reached.
          batch: [K, B, ...], of `batches`.
          progress: is told of what takes a while.

        Returns:
          Name -> [K], losses of the players and figures.
        """
        players = self._model.players()
        resting = [n for n, p in players.items() if not p.plays(step)]
        with _own_errors():
            values = self._train_steps(step, progress, *resting)(batch)
        return {name: value.numpy() for name, value in values.items()}

    def _train_steps(self, step, progress, *resting: str) -> Callable:
        """The compiled function of a stage."""
        if resting not in self._compiled:
            if resting:
                names = " and ".join(resting)
                logging.info("From step %d %s rests.", step, names)
            progress.doing("compiling", line=True)
            self._compiled[resting] = make_train_steps(
                self._model,
                self._optimizers,
                self._config.batch_size,
                self._strategy,
                self._config.jit_compile,
                resting,
                self._config.accumulate,
            )
        return self._compiled[resting]

    def batches(
        self,
        make: Callable[[int, int, int, int], tf.data.Dataset],
        step: int,
    ) -> Iterable:
        """Returns this process's batches; a value a replica if several.

        Args:
          make: see `Hooks.batches`.
          step: of the first batch.
        """
        strategy = self._strategy
        replicas = strategy.num_replicas_in_sync
        worker, workers = worker_of(strategy)
        local = replicas // workers

        def gather(parts):
            if replicas == 1:
                return parts[0]
            return strategy.experimental_distribute_values_from_function(
                lambda c: parts[c.replica_id_in_sync_group % local]
            )

        iterator = iter(make(step, replicas, worker, workers))
        return map(gather, self._cut(zip(*[iterator] * local), step))

    def _cut(self, calls: Iterable[Sequence[Mapping]], step) -> Iterator[list]:
        """Calls, a batch [K, ...] a replica, that end where a stage does."""
        ends = _ends(self._model)
        for parts in calls:
            K = len(next(iter(parts[0].values())))
            inside = [s - step for s in ends if step < s < step + K]
            for start, end in itertools.pairwise([0, *inside, K]):
                yield [
                    {name: t[start:end] for name, t in part.items()}
                    if inside
                    else part
                    for part in parts
                ]
            step += K


@contextlib.contextmanager
def _own_errors() -> Iterator[None]:
    """Raises a `UserError` as it was before AutoGraph and Keras changed it."""
    try:
        yield
    except Exception as error:
        first, cause = error, error
        while cause := cause.__context__:
            if isinstance(cause, UserError):
                first = cause
        if first is error:
            raise
        raise first from None
