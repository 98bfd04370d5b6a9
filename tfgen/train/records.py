"""The figures of one training, to wherever its figures go."""

import contextlib
import pathlib
from collections.abc import Mapping, Sequence

from tfgen.config import TrainConfig
from tfgen.train.writers import MetricsFile, Progress, Speed, TensorBoard


class Records:
    """Writers of a training.

    Attributes:
      progress: on the terminal.
      speed: of the steps.
      board: TensorBoard's files; None in a process that is not the chief.
    """

    def __init__(
        self,
        stack: contextlib.ExitStack,
        workdir: pathlib.Path,
        config: TrainConfig,
        start: int,
        players: Sequence[str],
        chief: bool,
    ):
        """Opens them from a step on; `stack` closes them."""
        self._players = players
        self.progress = Progress(start, config.steps, config.log_every)
        stack.callback(self.progress.close)
        self.speed = Speed()
        self.board = None
        if chief:
            self._metrics = MetricsFile(workdir / "metrics.jsonl", start)
            stack.callback(self._metrics.close)
            self.board = TensorBoard(workdir / "logs")
            stack.callback(self.board.close)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Writes figures of a step: a line, and a point of each curve."""
        if self.board is not None:
            self._metrics.write(step, values)
            curves = {self._curve(name): v for name, v in values.items()}
            self.board.scalars(step, curves)

    def _curve(self, name: str) -> str:
        """What TensorBoard calls a figure; it groups by what is before "/"."""
        if name.startswith("validation_"):
            return name.replace("_", "/", 1)
        for player in self._players:
            if name in _figures_of(player):
                return f"{player}/{name.removesuffix(f'_{player}')}"
        return name


def _figures_of(player: str) -> tuple[str, ...]:
    """Names in `metrics.jsonl` of what is recorded of a player."""
    figures = "loss", "learning_rate", "gradient_norm"
    return tuple(f"{figure}_{player}" for figure in figures)
