"""The outer loop: steps, evaluation, checkpoints, records; stop and resume."""

import contextlib
import dataclasses
import itertools
import math
import os
import pathlib
import signal
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.train.checkpoint import Checkpoints, Progression, step_of
from tfgen.train.optimizers import Schedule, make_optimizers
from tfgen.train.step import (
    gradient_norms,
    make_train_steps,
    players_of,
    round_length,
)
from tfgen.train.strategy import is_chief, sum_over_workers, worker_of
from tfgen.train.writers import MetricsFile, Progress, Speed, TensorBoard, say


class Interrupted(KeyboardInterrupt):
    """Training stopped on a signal, after saving.

    Attributes:
      signum: the signal.
      step: that was reached.
    """

    def __init__(self, signum: int, step: int):
        name = signal.Signals(signum).name
        super().__init__(
            f"stopped by {name} at step {step}; saved."
            " The same command resumes."
        )
        self.signum, self.step = signum, step

    def __reduce__(self):
        # Another process may be told of it.
        return type(self), (self.signum, self.step)


@dataclasses.dataclass(frozen=True)
class Hooks:
    """What the loop needs from outside.

    Attributes:
      batches: `(start_step, num_replicas, worker, num_workers)` -> dataset of
        batches [K, B / replicas, ...], one element a replica in turn.
      evaluate: model -> mapping of metrics on the validation split; the first
        selects the best checkpoint, lower is better, unless the model says
        that it is the last.
      picture: model -> [H, W, C] uint8 sample grid, or None.
      complaint: metrics -> what is wrong with such a model, or None; it does
        not become the best checkpoint.
      settings: name -> value of what TensorBoard shows beside the curves.
      copied: variables that have values of another run.
    """

    batches: Callable[[int, int, int, int], tf.data.Dataset]
    evaluate: Callable[[Model], Mapping[str, float]]
    picture: Callable[[Model], np.ndarray] | None = None
    complaint: Callable[[Mapping[str, float]], str | None] = lambda _: None
    settings: Mapping[str, typing.Any] = dataclasses.field(default_factory=dict)
    copied: Sequence[keras.Variable] = ()


def train(
    model: Model,
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
      UserError: the loss is not finite, the disk is full, XLA cannot compile
        the model, ….
      Interrupted: SIGINT or SIGTERM; everything is saved.
    """
    return _Training(
        model, config, pathlib.Path(workdir), hooks, strategy
    ).run()


def train_briefly(
    model: Model,
    config: TrainConfig,
    batches: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
) -> bool:
    """Trains without validation, records and checkpoints.

    They would cost more than a training of a few seconds.

    Args:
      model: built under `strategy.scope()`; without stages.
      config: lengths and compilation.
      batches: [K, B, ...], for one replica.
      strategy: where to run.

    Returns:
      Whether all losses were finite; the training ends with the first that is
      not.
    """
    begin(model, batches)
    optimizers = make_optimizers(
        players_of(model), config.steps, config.ema_decay, strategy
    )
    train_steps = make_train_steps(
        model, optimizers, config.batch_size, strategy, config.jit_compile
    )
    # Traced by hand: TensorFlow takes the same function of many models for one
    # that is traced too often.
    train_steps = train_steps.get_concrete_function(batches.element_spec)
    return all(
        np.isfinite(loss).all()
        for batch in batches
        for loss in train_steps(batch).values()
    )


def begin(
    model: Model,
    batches: tf.data.Dataset,
    copied: Sequence[keras.Variable] = (),
) -> None:
    """Starts a model from the first of batches [K, B, ...].

    Args:
      model: new.
      batches: of its training.
      copied: variables that have values of another run, and keep them.
    """
    if type(model).begin is not Model.begin:
        held = [variable.numpy() for variable in copied]
        call = next(iter(batches))
        model.begin({name: values[0] for name, values in call.items()})
        for variable, value in zip(copied, held):
            variable.assign(value)


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


class _Training:
    """The state of one call of `train`."""

    def __init__(self, model, config, workdir, hooks, strategy):
        self.model, self.config = model, config
        self.hooks, self.strategy = hooks, strategy
        self.workdir = workdir
        if config.jit_compile and model.dynamic_shapes:
            raise UserError(
                f"jit_compile: XLA cannot compile {model.name}, where"
                " shapes depend on the data; leave it out."
            )
        players = players_of(model)
        _check_pieces(model, config, strategy.num_replicas_in_sync)
        self.schedule_steps = config.schedule_steps or config.steps
        length = round_length(model)
        for name in ("steps", "steps_per_call"):
            if (value := getattr(config, name)) % length:
                raise UserError(
                    f"train.{name}={value}: expected a multiple of"
                    f" {length}, the steps of one round of the game."
                )
        ends = {p.since for p in players.values()} | {
            p.until for p in players.values() if p.until is not None
        }
        self.stages = sorted(ends)
        self.compiled: dict[tuple[str, ...], Callable] = {}
        for step in self.stages:
            if step % length:
                raise UserError(
                    f"a stage of {model.name} begins or ends at step {step};"
                    f" expected a multiple of {length}, the steps of one round"
                    " of the game."
                )
        self.optimizers = make_optimizers(
            players, self.schedule_steps, config.ema_decay, strategy
        )
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
        self.chief = is_chief(strategy)
        self.bad = 0  # validations in a row that are complained of
        self.said = False
        self.state = self._restore()

    def _restore(self) -> Progression:
        state = self.last.restore()
        if state is None:
            self._check_nothing_is_lost()
            state = Progression()
            first = self.hooks.batches(0, 1, 0, 1)
            begin(self.model, first, self.hooks.copied)
        for name, player in self.model.players().items():
            # A checkpoint holds a constant rate, which may be another one now.
            if not isinstance(self.optimizers[name]._learning_rate, Schedule):
                rate = player.optimizer.learning_rate
                self.optimizers[name].learning_rate = rate
        _, workers = worker_of(self.strategy)
        total = sum_over_workers(self.strategy, state.step)
        if total != workers * state.step:
            raise UserError(
                f"workdir={self.workdir}: the workers see other checkpoints;"
                " name a folder that they share."
            )
        logging.info("Starting from step %d.", state.step)
        return state

    def _check_nothing_is_lost(self) -> None:
        """Raises `UserError` if a training from step 0 would replace one."""
        # A kill before the first `last` may leave a `best` from before it.
        first = self.config.checkpoint_every + self.config.steps_per_call
        later = [f for f in self.best.folders() if step_of(f) >= first]
        if lost := self.last.folders() + later:
            raise UserError(
                f"workdir={self.workdir}: no good checkpoint to go on from,"
                f" but there is {lost[0]}; name another workdir to start"
                " over, or put a copy of a good checkpoint there."
            )
        if self.best.folders():
            logging.warning(
                "%s: no checkpoint of all there is to go on from; starting"
                " over from step 0.",
                self.last.directory,
            )

    def run(self) -> Progression:
        config, state = self.config, self.state
        if state.step and self.chief:
            say(f"resumed at step {state.step} of {config.steps}")
        if self._finished():
            return state
        self._report_schedules()
        with contextlib.ExitStack() as stack:
            caught = stack.enter_context(_signals())
            batches = self._batches()
            self._open_writers(stack)
            for batch in batches:
                before = state.step
                means = self._call(batch)
                if self._due(before, config.log_every):
                    rates = self._learning_rates()
                    self._record(means | rates | self.speed.read())
                if self._due(before, config.evaluate_every):
                    self._validate(
                        batch, self._due(before, config.checkpoint_every)
                    )
                stop = self._any_worker(bool(caught) or self._finished())
                if stop or self._due(before, config.checkpoint_every):
                    self._save(self.last)
                if stop:
                    break
                self.speed.start()
        if caught or not self._finished():
            # Without a signal of its own, this worker follows another.
            signum = caught[0] if caught else signal.SIGTERM
            raise Interrupted(signum, state.step)
        return state

    def _report_schedules(self) -> None:
        """Says what a schedule does in a training of another length."""
        steps, length = self.config.steps, self.schedule_steps
        rates = {
            name: Schedule(player.optimizer, updates)(updates)
            for name, player in self.model.players().items()
            for updates in [length // player.every]
            if player.optimizer.schedule != "constant"
        }
        if rates and steps != length and self.chief:
            stay = ", ".join(f"{n} at {float(r):g}" for n, r in rates.items())
            logging.warning(
                "train.steps=%d: learning rates decay over the %d steps that"
                " the run began with, %s.",
                steps,
                length,
                f"and then stay, {stay}"
                if steps > length
                else "not to the end",
            )

    def _train_steps(self, *resting: str) -> Callable:
        """The compiled function of a stage."""
        if resting not in self.compiled:
            if resting:
                names = " and ".join(resting)
                logging.info("From step %d %s rests.", self.state.step, names)
            self.progress.doing("compiling", line=True)
            self.compiled[resting] = make_train_steps(
                self.model,
                self.optimizers,
                self.config.batch_size,
                self.strategy,
                self.config.jit_compile,
                resting,
                self.config.accumulate,
            )
        return self.compiled[resting]

    def _call(self, batch) -> dict[str, float]:
        """Makes the steps of one call; returns means of losses and figures."""
        players = self.model.players()
        step = self.state.step
        resting = [n for n, p in players.items() if not p.plays(step)]
        with _own_errors():
            values = self._train_steps(*resting)(batch)
        recorded = {name: v.numpy() for name, v in values.items()}
        losses = {name: recorded.pop(name) for name in players}
        steps = len(next(iter(losses.values())))
        self.speed.stop(steps)
        self.progress.doing("")
        for name, values in losses.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if bad.size:
                what = f"loss of player {name!r} is {values[bad[0]]}"
                self._not_finite(what, self.state.step + int(bad[0]))
        self.state.step += steps
        means = {f"loss_{n}": v.mean() for n, v in losses.items()}
        evaluates = self._due(step, self.config.evaluate_every)
        self.progress.update(self.state.step, means, more=evaluates)
        return means | {n: v.mean() for n, v in recorded.items()}

    def _finished(self) -> bool:
        return self.state.step >= self.config.steps or self._out_of_patience()

    def _any_worker(self, flag: bool) -> bool:
        return sum_over_workers(self.strategy, int(flag)) > 0

    def _batches(self) -> Iterable:
        """This process's batches; a value for each replica if several."""
        strategy, replicas = self.strategy, self.strategy.num_replicas_in_sync
        worker, workers = worker_of(strategy)
        dataset = self.hooks.batches(self.state.step, replicas, worker, workers)
        local = replicas // workers

        def gather(parts):
            if replicas == 1:
                return parts[0]
            return strategy.experimental_distribute_values_from_function(
                lambda c: parts[c.replica_id_in_sync_group % local]
            )

        iterator = iter(dataset)
        return map(gather, self._cut(zip(*[iterator] * local)))

    def _cut(self, calls: Iterable[Sequence[Mapping]]) -> Iterator[list]:
        """Calls, a batch [K, ...] a replica, that end where a stage does."""
        step = self.state.step
        for parts in calls:
            K = len(next(iter(parts[0].values())))
            inside = [s - step for s in self.stages if step < s < step + K]
            for start, end in itertools.pairwise([0, *inside, K]):
                yield [
                    {name: t[start:end] for name, t in part.items()}
                    if inside
                    else part
                    for part in parts
                ]
            step += K

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
        self.speed = Speed()
        self.metrics = self.board = None
        if self.chief:
            self.metrics = MetricsFile(self.workdir / "metrics.jsonl", start)
            stack.callback(self.metrics.close)
            self.board = TensorBoard(self.workdir / "logs")
            stack.callback(self.board.close)
            self.board.settings(start, self.hooks.settings)

    def _record(self, values: Mapping[str, float]) -> None:
        if self.chief:
            self.metrics.write(self.state.step, values)
            curves = {self._curve(name): v for name, v in values.items()}
            self.board.scalars(self.state.step, curves)

    def _curve(self, name: str) -> str:
        """What TensorBoard calls a figure; it groups by what is before "/"."""
        if name.startswith("validation_"):
            return name.replace("_", "/", 1)
        for player in self.model.players():
            if name in _figures_of(player):
                return f"{player}/{name.removesuffix(f'_{player}')}"
        return name

    def _learning_rates(self) -> dict[str, float]:
        return {
            f"learning_rate_{name}": float(optimizer.learning_rate.numpy())
            for name, optimizer in self.optimizers.items()
        }

    def _validate(self, batch: Mapping[str, tf.Tensor], draw: bool) -> None:
        """Measures the model.

        Args:
          batch: [K, B, ...], the last one.
          draw: also gradients, a picture and histograms, which take longer.
        """
        self.progress.doing("validating")
        # Of several replicas none has the whole gradient; of a batch in pieces
        # there is no room for it.
        alone = self.strategy.num_replicas_in_sync == 1
        if draw and alone and self.config.accumulate == 1:
            last = {name: values[-1] for name, values in batch.items()}
            norms = gradient_norms(self.model, last)
            self._record({f"gradient_norm_{n}": v for n, v in norms.items()})
        self._evaluate(draw)
        self.progress.doing("")

    def _evaluate(self, draw: bool) -> None:
        """Validates with the averaged weights, and keeps the best."""
        state = self.state
        with self._averaged_weights():
            values = dict(self.hooks.evaluate(self.model))
            selected = next(iter(values.values()))
            complaint = self.hooks.complaint(values)
            self._report(complaint)
            last = self.model.selected_by == "last"
            limit = math.inf if last else state.best
            if selected < limit and not complaint:
                state.best, state.best_step = selected, state.step
                state.evaluations_since_best = 0
                self._save(self.best)
            else:
                state.evaluations_since_best += 1
            if self.chief and draw:
                variables = {
                    f"{name}/{variable.path}": variable
                    for name, player in self.model.players().items()
                    for variable in player.variables
                }
                self.board.histograms(state.step, variables)
                if self.hooks.picture:
                    self.board.image(
                        state.step, "samples", self.hooks.picture(self.model)
                    )
        values = {f"validation_{n}": v for n, v in values.items()}
        self._record(values)
        # The first ones are the ones that matter; a game has a dozen.
        shown = dict(itertools.islice(values.items(), 2))
        self.progress.update(state.step, shown)

    def _report(self, complaint: str | None) -> None:
        """Says once what is wrong, and again after a good validation.

        The first validation of a game that will be good may be one of noise: a
        single bad one is said if there was a good one before, or at the end.
        """
        self.bad = self.bad + 1 if complaint else 0
        known = self.state.best_step or self.bad > 1 or self._finished()
        self.said = self.said and bool(complaint)
        if complaint and known and not self.said:
            self.said = True
            logging.warning(
                "Step %d: %s; best checkpoint so far: %s.",
                self.state.step,
                complaint,
                self.best.latest or "none yet",
            )

    def _save(self, checkpoints: Checkpoints) -> None:
        step = self.state.step
        for variable in self.model.variables:
            if not np.isfinite(variable.numpy()).all():
                what = f"{variable.path} is not finite after the update"
                self._not_finite(what, step - 1)
        if self.chief:
            checkpoints.save(step, dataclasses.asdict(self.state))

    def _out_of_patience(self) -> bool:
        patience = self.config.patience
        return bool(patience) and self.state.evaluations_since_best >= patience

    @contextlib.contextmanager
    def _averaged_weights(self):
        """Puts the moving averages in the place of the weights."""
        if not self.config.ema_decay:
            yield
            return
        # There is no average of a player that has not moved.
        players = {
            name: player
            for name, player in self.model.players().items()
            if self.optimizers[name].iterations.numpy()
        }
        kept = [
            (variable, variable.numpy())
            for player in players.values()
            for variable in player.variables
        ]
        for name, player in players.items():
            self.optimizers[name].finalize_variable_values(player.variables)
        try:
            yield
        finally:
            for variable, value in kept:
                variable.assign(value)

    def _not_finite(self, what: str, step: int) -> typing.NoReturn:
        raise UserError(
            f"{what} at step {step} (batch seed [{self.config.seed}, {step}]);"
            f" last good checkpoint: {self.last.latest or 'none yet'}. In"
            " another workdir, try a lower learning_rate or clip_norm=1 of"
            " the player's optimizer (set; names as in config.json)."
        )


def _figures_of(player: str) -> tuple[str, ...]:
    """Names in `metrics.jsonl` of what is recorded of a player."""
    figures = "loss", "learning_rate", "gradient_norm"
    return tuple(f"{figure}_{player}" for figure in figures)


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
