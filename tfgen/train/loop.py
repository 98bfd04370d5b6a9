"""The outer loop: steps, evaluation, checkpoints, records; stop and resume."""

import contextlib
import dataclasses
import math
import os
import pathlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps, players_of
from tfgen.train.strategy import is_chief, worker_of
from tfgen.train.writers import MetricsFile, Progress, TensorBoard


class Interrupted(Exception):  # noqa: N818 - not an error
    """Training stopped on a signal, after saving.

    Attributes:
      signum: the signal.
    """

    def __init__(self, signum: int, step: int):
        name = signal.Signals(signum).name
        super().__init__(
            f"stopped by {name} at step {step}; saved."
            " The same command resumes."
        )
        self.signum = signum


@dataclasses.dataclass
class Progression:
    """How far a training has come; saved in each checkpoint."""

    step: int = 0
    best: float = math.inf
    best_step: int = 0
    evaluations_since_best: int = 0


@dataclasses.dataclass(frozen=True)
class Hooks:
    """What the loop needs from outside.

    Attributes:
      batches: `(start_step, num_replicas, worker, num_workers)` -> dataset of
        batches [K, B / replicas, ...], one element a replica in turn.
      evaluate: model -> mapping of metrics on the validation split; the first
        selects the best checkpoint, lower is better.
      picture: model -> [H, W, C] uint8 sample grid, or None.
    """

    batches: Callable[[int, int, int, int], tf.data.Dataset]
    evaluate: Callable[[keras.Model], Mapping[str, float]]
    picture: Callable[[keras.Model], np.ndarray] | None = None


def train(
    model: keras.Model,
    config: TrainConfig,
    workdir: str | os.PathLike,
    hooks: Hooks,
    strategy: tf.distribute.Strategy,
) -> Progression:
    """Trains to `config.steps`, resuming from the workdir's last checkpoint.

    Args:
      model: built under `strategy.scope()`.
      config: lengths, intervals, seed.
      workdir: gets `checkpoints/`, `logs/` and `metrics.jsonl`.
      hooks: data, evaluation and pictures.
      strategy: where to run.

    Returns:
      How the training ended.

    Raises:
      UserError: the loss is not finite, the disk is full, ….
      Interrupted: SIGINT or SIGTERM; everything is saved.
    """
    return _Training(
        model, config, pathlib.Path(workdir), hooks, strategy
    ).run()


class _Training:
    """The state of one call of `train`."""

    def __init__(self, model, config, workdir, hooks, strategy):
        self.model, self.config = model, config
        self.hooks, self.strategy = hooks, strategy
        self.workdir = workdir
        players = players_of(model)
        with strategy.scope():
            self.optimizers = {
                name: make_optimizer(
                    player.optimizer, config.steps, config.ema_decay
                )
                for name, player in players.items()
            }
            for name, player in players.items():
                self.optimizers[name].build(player.variables)
        self.last = Checkpoints(
            workdir / "checkpoints",
            "last",
            config.keep_checkpoints,
            model=model.variables,
            **{n: o.variables for n, o in self.optimizers.items()},
        )
        self.best = Checkpoints(
            workdir / "checkpoints", "best", 1, model=model.variables
        )
        saved = self.last.restore()
        self.state = Progression(**saved) if saved else Progression()
        if saved:
            logging.info("Resuming from step %d.", self.state.step)
        self.chief = is_chief(strategy)

    def run(self) -> Progression:
        config, state = self.config, self.state
        if state.step >= config.steps or self._out_of_patience():
            return state
        train_steps = make_train_steps(
            self.model,
            self.optimizers,
            config.batch_size,
            self.strategy,
            config.jit_compile,
        )
        with contextlib.ExitStack() as stack:
            caught = stack.enter_context(_signals())
            self._open_writers(stack)
            began, since = time.monotonic(), state.step
            for batch in self._batches():
                losses = train_steps(batch)
                before = state.step
                losses = {name: v.numpy() for name, v in losses.items()}
                state.step += len(next(iter(losses.values())))
                self._check_finite(before, losses)
                means = {f"loss_{n}": v.mean() for n, v in losses.items()}
                self.progress.update(state.step, means)
                if self._due(before, config.log_every):
                    seconds = time.monotonic() - began
                    rate = (state.step - since) / seconds
                    began, since = time.monotonic(), state.step
                    self._record(means | {"steps_per_second": rate})
                if self._due(before, config.evaluate_every):
                    self._evaluate()
                    began, since = time.monotonic(), state.step
                stop = bool(caught) or self._out_of_patience()
                if stop or self._due(before, config.checkpoint_every):
                    self._save(self.last)
                if caught:
                    raise Interrupted(caught[0], state.step)
                if stop:
                    logging.info(
                        "No better validation in %d evaluations; stopped.",
                        config.patience,
                    )
                    break
        return state

    def _batches(self) -> Iterator:
        """This process's batches; a value for each replica if several."""
        strategy, replicas = self.strategy, self.strategy.num_replicas_in_sync
        worker, workers = worker_of(strategy)
        dataset = self.hooks.batches(self.state.step, replicas, worker, workers)
        if replicas == 1:
            yield from dataset
            return
        iterator = iter(dataset)
        local = replicas // workers
        while True:
            parts = [next(iterator, None) for _ in range(local)]
            if parts[-1] is None:
                return
            yield strategy.experimental_distribute_values_from_function(
                lambda c, parts=parts: parts[c.replica_id_in_sync_group % local]
            )

    def _due(self, before: int, every: int) -> bool:
        """Whether a multiple of `every`, or the end, lies in the last call."""
        step = self.state.step
        return step // every > before // every or step >= self.config.steps

    def _open_writers(self, stack: contextlib.ExitStack) -> None:
        start = self.state.step
        self.progress = Progress(
            start, self.config.steps, self.config.log_every
        )
        stack.callback(self.progress.close)
        self.metrics = self.board = None
        if self.chief:
            self.metrics = MetricsFile(self.workdir / "metrics.jsonl", start)
            stack.callback(self.metrics.close)
            self.board = TensorBoard(self.workdir / "logs")
            stack.callback(self.board.close)

    def _record(self, values: Mapping[str, float]) -> None:
        if self.chief:
            self.metrics.write(self.state.step, values)
            self.board.scalars(self.state.step, values)

    def _evaluate(self) -> None:
        """Validates with the averaged weights, and keeps the best."""
        state = self.state
        with self._averaged_weights():
            values = dict(self.hooks.evaluate(self.model))
            selected = next(iter(values.values()))
            if selected < state.best:
                state.best, state.best_step = selected, state.step
                state.evaluations_since_best = 0
                self._save(self.best)
            else:
                state.evaluations_since_best += 1
            if self.chief:
                self.board.histograms(
                    state.step, self.model.trainable_variables
                )
                if self.hooks.picture:
                    self.board.image(
                        state.step, "samples", self.hooks.picture(self.model)
                    )
        values = {f"validation_{n}": v for n, v in values.items()}
        self._record(values)
        self.progress.update(state.step, values)

    def _save(self, checkpoints: Checkpoints) -> None:
        if self.chief:
            checkpoints.save(self.state.step, dataclasses.asdict(self.state))

    def _out_of_patience(self) -> bool:
        patience = self.config.patience
        return bool(patience) and self.state.evaluations_since_best >= patience

    @contextlib.contextmanager
    def _averaged_weights(self):
        """Puts the moving averages in the place of the weights."""
        if not self.config.ema_decay:
            yield
            return
        players = self.model.players()
        pairs = [
            (variable, average)
            for name, player in players.items()
            for variable, average in zip(
                player.variables,
                self.optimizers[name]._model_variables_moving_average,
            )
        ]
        kept = [variable.numpy() for variable, _ in pairs]
        for variable, average in pairs:
            variable.assign(average)
        try:
            yield
        finally:
            for (variable, _), value in zip(pairs, kept):
                variable.assign(value)

    def _check_finite(self, before: int, losses: Mapping[str, np.ndarray]):
        for name, values in losses.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if bad.size:
                step = before + int(bad[0])
                good = self.last.folders() or ["none yet"]
                raise UserError(
                    f"loss of player {name!r} is {values[bad[0]]} at step"
                    f" {step} (batch seed [{self.config.seed}, {step}]); last good"
                    f" checkpoint: {good[0]}. Try a lower"
                    " --set optimizer.learning_rate or"
                    " --set optimizer.clip_norm=1."
                )


@contextlib.contextmanager
def _signals():
    """Collects SIGINT and SIGTERM in the list that it yields.

    The second signal acts as if this was not there.
    """
    caught: list[int] = []
    previous: dict[int, object] = {}

    def handle(signum, frame):
        del frame
        caught.append(signum)
        for number, handler in previous.items():
            signal.signal(number, handler)

    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            previous[signum] = signal.signal(signum, handle)
    except ValueError:  # not in the main thread: signals go elsewhere
        pass
    try:
        yield caught
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
