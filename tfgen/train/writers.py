"""Where the figures of a training go: a file, TensorBoard, the terminal."""

import contextlib
import json
import os
import pathlib
import sys
import time
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
import tqdm

from tfgen.train.files import write_text, writing


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
                for line in self._path.read_text("utf-8", "replace").split("\n")
                if _step_of(line) <= step
            ]
        write_text(self._path, "".join(line + "\n" for line in lines))
        self._file = self._path.open("a")

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Appends one line."""
        values = {name: float(value) for name, value in values.items()}
        with writing(self._path):
            self._file.write(json.dumps({"step": step, **values}) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        with contextlib.suppress(OSError):  # `write` has said so
            self._file.close()


def _step_of(line: str) -> float:
    """The step of a line; infinite for one cut short by a crash."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


class TensorBoard:
    """Event files for TensorBoard: scalars, histograms and pictures."""

    def __init__(self, directory: str | os.PathLike):
        """Writes below `directory`."""
        self._directory = directory
        with writing(directory):
            self._writer = tf.summary.create_file_writer(str(directory))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes one point of each curve."""
        with self._writing(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def histograms(self, step: int, variables) -> None:
        """Writes the distribution of the values of each variable."""
        with self._writing(step):
            for variable in variables:
                tf.summary.histogram(variable.path, variable.numpy())

    def image(self, step: int, name: str, image: np.ndarray) -> None:
        """Writes a picture, [H, W, C] uint8."""
        with self._writing(step):
            tf.summary.image(name, image[None])

    @contextlib.contextmanager
    def _writing(self, step: int) -> Iterator[None]:
        with writing(self._directory), self._writer.as_default(step=step):
            yield

    def close(self) -> None:
        """Closes the files."""
        with contextlib.suppress(tf.errors.OpError):  # the writes have said so
            self._writer.close()


class Speed:
    """Steps per second of training alone.

    The first call of a training compiles: it does not count, nor does what is
    done between a call and the next `start`.
    """

    def __init__(self):
        self._began: float | None = None
        self._steps, self._seconds = 0, 0.0

    def start(self) -> None:
        """A call begins."""
        self._began = time.monotonic()

    def stop(self, steps: int) -> None:
        """A call of so many steps has ended."""
        if self._began is not None:
            self._steps += steps
            self._seconds += time.monotonic() - self._began

    def read(self) -> dict[str, float]:
        """Returns `steps_per_second` since the last time, if it is known."""
        steps, seconds = self._steps, self._seconds
        self._steps, self._seconds = 0, 0.0
        return {"steps_per_second": steps / seconds} if steps else {}


class Progress:
    """A bar with rate and time left on a terminal, plain lines elsewhere.

    Rate and time left are of the clock on the wall since the first call, which
    compiles, has ended.
    """

    def __init__(self, start: int, total: int, every: int):
        """Shows steps `start` to `total`, a plain line each `every` steps."""
        self._step, self._total, self._every = start, total, every
        self._values: dict[str, float] = {}
        self._first: tuple[int, float] | None = None
        self._bar = None
        if sys.stderr.isatty():
            self._bar = tqdm.tqdm(
                total=total,
                initial=start,
                unit="step",
                dynamic_ncols=True,
                smoothing=0,  # the mean rate
            )

    def update(self, step: int, values: Mapping[str, float]) -> None:
        """Moves to `step` and shows the latest `values`."""
        self._values.update(values)
        text = ", ".join(f"{k} {v:.4g}" for k, v in self._values.items())
        if self._bar is not None:
            self._move_bar(step, text)
        elif self._due(step):
            print(
                f"step {step}/{self._total}, {text}{self._pace(step)}",
                file=sys.stderr,
                flush=True,
            )
        if self._first is None:
            self._first = (step, time.monotonic())
        self._step = step

    def _move_bar(self, step: int, text: str) -> None:
        self._bar.set_postfix_str(text, refresh=False)
        if self._first is None:
            self._bar.reset()
            self._bar.initial = self._bar.n = step
            self._bar.refresh()
        else:
            self._bar.update(step - self._step)

    def _due(self, step: int) -> bool:
        if step >= self._total > self._step:
            return True
        return step // self._every > self._step // self._every

    def _pace(self, step: int) -> str:
        """Rate and time left; nothing as long as they are unknown."""
        if self._first is None:
            return ""
        first, began = self._first
        rate = (step - first) / max(time.monotonic() - began, 1e-9)
        left = (self._total - step) / rate
        return f", {rate:.1f} steps/s, {left:.0f} s left"

    def close(self) -> None:
        """Leaves the bar as it stands."""
        if self._bar is not None:
            self._bar.close()
