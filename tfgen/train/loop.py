"""The outer loop: steps, validation, checkpoints, records; stop and resume."""

import contextlib
import dataclasses
import os
import pathlib
import signal
import typing
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.train import signals, stages
from tfgen.train.checkpoint import Checkpoints, Progression, step_of
from tfgen.train.hooks import Hooks
from tfgen.train.optimizers import Schedule, make_optimizers, say_decay
from tfgen.train.records import Records
from tfgen.train.step import gradient_norms, players_of
from tfgen.train.strategy import is_chief, sum_over_workers, worker_of
from tfgen.train.validation import Validation
from tfgen.train.warm_start import begin
from tfgen.train.writers import say


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


class _Training:
    """The state of one call of `train`."""

    def __init__(self, model, config, workdir, hooks, strategy):
        self.model, self.config = model, config
        self.hooks, self.strategy = hooks, strategy
        self.workdir, self.chief = workdir, is_chief(strategy)
        stages.check(model, config, strategy.num_replicas_in_sync)
        self.schedule_steps = config.schedule_steps or config.steps
        self.optimizers = make_optimizers(
            players_of(model), self.schedule_steps, config.ema_decay, strategy
        )
        self.stages = stages.Stages(model, config, self.optimizers, strategy)
        folder = workdir / "checkpoints"
        self.last = Checkpoints(
            folder,
            "last",
            config.keep_checkpoints,
            model=model.variables,
            **{n: o.variables for n, o in self.optimizers.items()},
        )
        self.best = Checkpoints(folder, "best", 1, model=model.variables)
        self.validation = Validation(
            model, config, hooks, self.optimizers, self.best
        )
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
        config, state, players = self.config, self.state, self.model.players()
        if state.step and self.chief:
            say(f"resumed at step {state.step} of {config.steps}")
        if state.finished(config):
            return state
        if self.chief:
            say_decay(players, config.steps, self.schedule_steps)
        with contextlib.ExitStack() as stack:
            caught = stack.enter_context(signals.caught())
            batches = self.stages.batches(self.hooks.batches, state.step)
            records = Records(
                stack, self.workdir, config, state.step, [*players], self.chief
            )
            if records.board is not None:
                records.board.settings(state.step, self.hooks.settings)
            for batch in batches:
                if self._go_on(batch, records, caught):
                    break
                records.speed.start()
        if caught or not state.finished(config):
            # Without a signal of its own, this worker follows another.
            signum = caught[0] if caught else signal.SIGTERM
            raise signals.Interrupted(signum, state.step)
        return state

    def _go_on(
        self, batch: Mapping, records: Records, caught: list[int]
    ) -> bool:
        """Makes a call and what is due after it; returns whether to stop."""
        config, state = self.config, self.state
        before = state.step
        means = self._call(batch, records)
        if self._due(before, config.log_every):
            rates = self._learning_rates()
            records.write(state.step, means | rates | records.speed.read())
        saves = self._due(before, config.checkpoint_every)
        if self._due(before, config.evaluate_every):
            records.progress.doing("validating")
            if saves:
                self._record_gradients(batch, records)
            self.validation.measure(
                state, records, saves, lambda: self._save(self.best)
            )
            records.progress.doing("")
        stop = bool(caught) or state.finished(config)
        stop = sum_over_workers(self.strategy, int(stop)) > 0
        if stop or saves:
            self._save(self.last)
        return stop

    def _call(self, batch: Mapping, records: Records) -> dict[str, float]:
        """Makes the steps of one call; returns means of losses and figures."""
        state, progress = self.state, records.progress
        before = state.step
        recorded = self.stages.call(before, batch, progress)
        losses = {name: recorded.pop(name) for name in self.model.players()}
        steps = len(next(iter(losses.values())))
        records.speed.stop(steps)
        progress.doing("")
        for name, values in losses.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if bad.size:
                what = f"loss of player {name!r} is {values[bad[0]]}"
                self._not_finite(what, before + int(bad[0]))
        state.step += steps
        means = {f"loss_{n}": v.mean() for n, v in losses.items()}
        evaluates = self._due(before, self.config.evaluate_every)
        progress.update(state.step, means, more=evaluates)
        return means | {n: v.mean() for n, v in recorded.items()}

    def _record_gradients(self, batch: Mapping, records: Records) -> None:
        # Of several replicas none has the whole gradient; of a batch in pieces
        # there is no room for it.
        if self.strategy.num_replicas_in_sync == self.config.accumulate == 1:
            last = {name: values[-1] for name, values in batch.items()}
            norms = gradient_norms(self.model, last)
            norms = {f"gradient_norm_{n}": v for n, v in norms.items()}
            records.write(self.state.step, norms)

    def _due(self, before: int, every: int) -> bool:
        """Whether a multiple of `every`, or the end, lies in the last call."""
        step = self.state.step
        return step // every > before // every or step >= self.config.steps

    def _learning_rates(self) -> dict[str, float]:
        return {
            f"learning_rate_{name}": float(optimizer.learning_rate.numpy())
            for name, optimizer in self.optimizers.items()
        }

    def _save(self, checkpoints: Checkpoints) -> None:
        step = self.state.step
        for variable in self.model.variables:
            if not np.isfinite(variable.numpy()).all():
                what = f"{variable.path} is not finite after the update"
                self._not_finite(what, step - 1)
        if self.chief:
            checkpoints.save(step, dataclasses.asdict(self.state))

    def _not_finite(self, what: str, step: int) -> typing.NoReturn:
        raise UserError(
            f"{what} at step {step} (batch seed [{self.config.seed}, {step}]);"
            f" last good checkpoint: {self.last.latest or 'none yet'}. In"
            " another workdir, try a lower learning_rate or clip_norm=1 of"
            " the player's optimizer (set; names as in config.json)."
        )
