"""Where the figures of a training go: a file, TensorBoard, the terminal."""

import json
import os
import pathlib
import sys
import time
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
import tqdm


class MetricsFile:
    """`metrics.jsonl`: one JSON object a line, each with its `step`."""

    def __init__(self, path: str | os.PathLike, step: int):
        """Opens the file for appending.

        Args:
          path: of the file.
          step: that training starts from. Lines of later steps come from a run
            that was killed after its last checkpoint; they are dropped, since
            they are about to be written again.
        """
        self._path = pathlib.Path(path)
        lines = []
        if self._path.exists():
            lines = [
                line
                for line in self._path.read_text().splitlines()
                if _step_of(line) <= step
            ]
        partial = self._path.with_suffix(".partial")
        partial.write_text("".join(line + "\n" for line in lines))
        partial.rename(self._path)
        self._file = self._path.open("a")

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Appends one line."""
        values = {name: float(value) for name, value in values.items()}
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _step_of(line: str) -> float:
    """The step of a line; infinite for one cut short by a crash."""
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return float("inf")


class TensorBoard:
    """Event files for TensorBoard: scalars, histograms and pictures."""

    def __init__(self, directory: str | os.PathLike):
        """Writes below `directory`."""
        self._writer = tf.summary.create_file_writer(str(directory))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes one point of each curve."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def histograms(self, step: int, variables) -> None:
        """Writes the distribution of the values of each variable."""
        with self._writer.as_default(step=step):
            for variable in variables:
                tf.summary.histogram(variable.path, variable.numpy())

    def image(self, step: int, name: str, image: np.ndarray) -> None:
        """Writes a picture, [H, W, C] uint8."""
        with self._writer.as_default(step=step):
            tf.summary.image(name, image[None])

    def close(self) -> None:
        """Flushes and closes the files."""
        self._writer.close()


class Progress:
    """A bar with rate and time left on a terminal, plain lines elsewhere."""

    def __init__(self, start: int, total: int, every: int):
        """Shows steps `start` to `total`, a plain line each `every` steps."""
        self._total, self._every = total, every
        self._step, self._since = start, (start, time.monotonic())
        self._values: dict[str, float] = {}
        self._bar = None
        if sys.stderr.isatty():
            self._bar = tqdm.tqdm(
                total=total, initial=start, unit="step", dynamic_ncols=True
            )

    def update(self, step: int, values: Mapping[str, float]) -> None:
        """Moves to `step` and shows the latest `values`."""
        self._values.update(values)
        text = ", ".join(f"{k} {v:.4g}" for k, v in self._values.items())
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(step - self._step)
        elif step // self._every > self._step // self._every:
            since, began = self._since
            rate = (step - since) / max(time.monotonic() - began, 1e-9)
            left = (self._total - step) / max(rate, 1e-9)
            print(
                f"step {step}/{self._total}, {text}, {rate:.1f} steps/s,"
                f" {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
            self._since = (step, time.monotonic())
        self._step = step

    def close(self) -> None:
        """Leaves the bar as it stands."""
        if self._bar is not None:
            self._bar.close()
