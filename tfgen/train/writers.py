"""Where the figures of a training go: a file, TensorBoard, the terminal."""

import contextlib
import json
import math
import os
import pathlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging
from tensorboard.plugins.hparams.api import hparams

from tfgen.files import parse_json, write_text, writing


class MetricsFile:
    """`metrics.jsonl`: one JSON object a line, each with its `step`."""

    def __init__(self, path: str | os.PathLike, step: int):
        """Opens the file for appending.

        Args:
          path: of the file.
          step: that training starts from. Lines of later steps come from a run
            that was killed after its last checkpoint; they are dropped, since
            they are about to be written again. So is a last line that was cut
            short; any other line without a step is kept.

        Raises:
          UserError: the file cannot be read or written.
        """
        self._path = pathlib.Path(path)
        with writing(self._path):
            text = ""
            if self._path.exists():
                text = self._path.read_text("utf-8", "backslashreplace")
            *lines, rest = text.split("\n")
            if _step_of(rest) is not None:
                lines.append(rest)
            steps = [_step_of(line) for line in lines]
            if odd := steps.count(None):
                logging.warning(
                    "%s: %d lines are no JSON objects with a step, the first of"
                    " them line %d; they are kept.",
                    path,
                    odd,
                    1 + steps.index(None),
                )
            kept = (
                line + "\n"
                for line, own in zip(lines, steps)
                if own is None or own <= step
            )
            write_text(self._path, "".join(kept))
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


def _step_of(line: str) -> float | None:
    """The step of a line; None if it has none."""
    with contextlib.suppress(ValueError):
        values = parse_json(line)
        step = values.get("step") if isinstance(values, dict) else None
        if type(step) in (int, float) and math.isfinite(step):
            return step
    return None


class TensorBoard:
    """Event files for TensorBoard: scalars, histograms, pictures, settings."""

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

    def histograms(self, step: int, variables: Mapping) -> None:
        """Writes the distribution of the values of each variable, by name."""
        with self._writing(step):
            for name, variable in variables.items():
                tf.summary.histogram(name, variable.numpy())

    def settings(self, step: int, values: Mapping[str, Any]) -> None:
        """Writes the settings: as text, and for the tab of hyperparameters."""
        plain = {
            name: value if type(value) in (bool, int, float) else str(value)
            for name, value in values.items()
        }
        rows = [f"| {name} | {value} |" for name, value in plain.items()]
        table = "\n".join(["| setting | value |", "|---|---|", *rows])
        with self._writing(step):
            tf.summary.text("settings", table)
            hparams(plain)

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

    The first call of a training compiles and does not count. The time between
    a call and the next `start` does not count either.
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
    compiles, has ended. Warnings go above the bar.
    """

    def __init__(self, start: int, total: int, every: int):
        """Shows steps `start` to `total`, a plain line each `every` steps."""
        self._step, self._total, self._every = start, total, every
        self._told = start  # the step of the last plain line
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
            for logger in _LOGGERS:
                logger.addFilter(self._make_room)

    def _make_room(self, record) -> bool:
        """Takes the bar away before a line is logged; it comes back below."""
        del record
        self._bar.clear()
        return True

    def doing(self, what: str, line: bool = False) -> None:
        """Shows before the bar what takes a while; "" is the training.

        Args:
          what: a word or two.
          line: it is worth a plain line, where there is no bar.
        """
        if self._bar is not None:
            self._bar.set_description_str(what)
        elif line:
            say(what)

    def update(
        self, step: int, values: Mapping[str, float], more: bool = False
    ) -> None:
        """Moves to `step` and shows the latest `values`.

        Args:
          step: that was reached.
          values: of some names; others keep theirs.
          more: values of this step follow; a plain line waits for them.
        """
        self._values.update(values)
        text = ", ".join(f"{k} {v:.4g}" for k, v in self._values.items())
        if self._bar is not None:
            self._move_bar(step, text, more)
        elif not more and self._due(step):
            self._told = step
            say(f"step {step}/{self._total}, {text}{self._pace(step)}")
        if self._first is None:
            self._first = (step, time.monotonic())
        self._step = step

    def _move_bar(self, step: int, text: str, more: bool) -> None:
        self._bar.set_postfix_str(text, refresh=False)
        if self._first is None:
            self._bar.reset()
            self._bar.initial = self._bar.n = step
        else:
            self._bar.update(step - self._step)
        # The bar may stay for a while: it is drawn, however soon.
        if self._first is None or more or step >= self._total:
            self._bar.refresh()

    def _due(self, step: int) -> bool:
        if step >= self._total > self._told:
            return True
        return step // self._every > self._told // self._every

    def _pace(self, step: int) -> str:
        """Rate and time left; nothing as long as they are unknown."""
        first, began = self._first or (step, 0.0)
        if step == first:
            return ""
        rate = (step - first) / max(time.monotonic() - began, 1e-9)
        left = (self._total - step) / rate
        return f", {rate:.1f} steps/s, {left:.0f} s left"

    def close(self) -> None:
        """Leaves the bar as it stands."""
        if self._bar is not None:
            for logger in _LOGGERS:
                logger.removeFilter(self._make_room)
            self._bar.close()


# Of this project, and of TensorFlow.
_LOGGERS = logging.get_absl_logger(), tf.get_logger()


def say(line: str) -> None:
    """Prints a line of progress, which goes to standard error."""
    print(line, file=sys.stderr, flush=True)
