"""Validations of a training, and which is the best."""

import itertools
import math
from collections.abc import Callable, Mapping

import keras
from absl import logging

from tfgen.config import TrainConfig
from tfgen.model import Model
from tfgen.train.checkpoint import Checkpoints, Progression
from tfgen.train.hooks import Hooks
from tfgen.train.optimizers import averaged_weights
from tfgen.train.records import Records
from tfgen.train.writers import TensorBoard


class Validation:
    """Measures a model while it is trained, and tells which is the best."""

    def __init__(
        self,
        model: Model,
        config: TrainConfig,
        hooks: Hooks,
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        best: Checkpoints,
    ):
        """Begins where no validation was bad."""
        self._model, self._config, self._hooks = model, config, hooks
        self._optimizers, self._best = optimizers, best
        self._bad = 0  # validations in a row that are complained of
        self._said = False

    def measure(
        self,
        state: Progression,
        records: Records,
        draw: bool,
        save_best: Callable[[], None],
    ) -> None:
        """Measures the model, with averaged weights if there are any.

        Args:
          state: of the training; gets what is best.
          records: get the figures.
          draw: also a picture and histograms, which take longer.
          save_best: called while the weights are the best.
        """
        with averaged_weights(self._model.players(), self._optimizers):
            values = dict(self._hooks.evaluate(self._model))
            if self._is_best(state, values):
                save_best()
            if draw and records.board is not None:
                self._draw(state.step, records.board)
        values = {f"validation_{n}": v for n, v in values.items()}
        records.write(state.step, values)
        # The first ones are the ones that matter; a game has a dozen.
        shown = dict(itertools.islice(values.items(), 2))
        records.progress.update(state.step, shown)

    def _is_best(self, state: Progression, values: Mapping[str, float]) -> bool:
        """Says so to the state, too."""
        selected = next(iter(values.values()))
        complaint = self._hooks.complaint(values)
        self._report(state, complaint)
        last = self._model.selected_by == "last"
        limit = math.inf if last else state.best
        if selected < limit and not complaint:
            state.best, state.best_step = selected, state.step
            state.evaluations_since_best = 0
            return True
        state.evaluations_since_best += 1
        return False

    def _draw(self, step: int, board: TensorBoard) -> None:
        """Histograms of the variables, and a picture."""
        variables = {
            f"{name}/{variable.path}": variable
            for name, player in self._model.players().items()
            for variable in player.variables
        }
        board.histograms(step, variables)
        if self._hooks.picture:
            board.image(step, "samples", self._hooks.picture(self._model))

    def _report(self, state: Progression, complaint: str | None) -> None:
        """Says once what is wrong, and again after a good validation.

        The first validation of a game that will be good may be one of noise: a
        single bad one is said if there was a good one before, or at the end.
        """
        self._bad = self._bad + 1 if complaint else 0
        known = state.best_step or self._bad > 1 or state.finished(self._config)
        self._said = self._said and bool(complaint)
        if complaint and known and not self._said:
            self._said = True
            logging.warning(
                "Step %d: %s; best checkpoint so far: %s.",
                state.step,
                complaint,
                self._best.latest or "none yet",
            )
