"""Has artefacts measured in fresh processes."""

import dataclasses
import json
import pathlib

import numpy as np

from export import calls
from export.calls import Arrays
from export.check.artefact import kind_of
from export.check.outside import Outside
from export.check.task import Task
from export.fresh_process import FreshProcess, ProcessError
from export.report import Report
from export.tolerances import TOLERANCES


@dataclasses.dataclass(frozen=True)
class Checker:
    """Runs `python -m export.check` on one artefact after the other.

    Attributes:
      examples: the file of calls that are compared.
      saved_model: its folder; it is the first to be checked.
      work: a folder for files that pass between the processes.
      task: measured for each artefact, too.
      outside: likewise.
      max_error: allowed for TFLite files; None is each kind's own.
    """

    examples: pathlib.Path
    saved_model: pathlib.Path
    work: pathlib.Path
    task: Task | None = None
    outside: Outside | None = None
    max_error: float | None = None

    def start(self, artefact: pathlib.Path) -> FreshProcess:
        """Starts a process, which measures time at the end of its input."""
        options = ["--json"]
        if self._measured:
            inputs = self.work / "measured.npz"
            if not inputs.exists():
                calls.write(inputs, [each.call for each in self._measured])
            options += ["--run", inputs, self._outputs(artefact)]
        limit = self._limit(artefact)
        if limit is not None:
            options += ["--max_error", str(limit)]
        return FreshProcess("export.check", *options, self.examples, artefact)

    def finish(self, artefact: pathlib.Path, process: FreshProcess) -> Report:
        """Waits for the process of an artefact, and returns its report."""
        try:
            process.wait()
        except ProcessError as error:
            return Report(kind_of(artefact), problem=f"not checked: {error}")
        (values,) = json.loads(process.printed()[-1])
        report = Report(**values)
        for measured in self._measured:
            outputs = self._read(artefact, measured)
            if outputs is None:  # it cannot be run
                continue
            if measured is self.task:
                found = {
                    "metric": self.task.metric,
                    "score": self.task.score(outputs),
                }
            else:
                first = self._read(self.saved_model, measured)
                found = {
                    "auroc": self.outside.auroc(outputs),
                    "ranks": self.outside.rank_correlation(outputs, first),
                }
            report = dataclasses.replace(report, **found)
        return report

    def check(self, artefact: pathlib.Path) -> Report:
        """Returns the report of an artefact."""
        with self.start(artefact) as process:
            return self.finish(artefact, process)

    def _limit(self, artefact: pathlib.Path) -> float | None:
        """The error that is allowed; None is that of the artefact's kind."""
        if artefact.is_dir():
            return None
        if self.max_error is not None:
            return self.max_error
        judged = self.task and self.task.allowed is not None
        return TOLERANCES[artefact.stem].measured if judged else None

    @property
    def _measured(self) -> list:
        return [each for each in (self.task, self.outside) if each]

    def _outputs(self, artefact: pathlib.Path) -> pathlib.Path:
        return self.work / artefact.stem

    def _read(self, artefact, measured) -> Arrays | None:
        """What an artefact made of a call."""
        number = self._measured.index(measured)
        path = pathlib.Path(f"{self._outputs(artefact)}{number}.npz")
        if not path.exists():
            return None
        with np.load(path) as arrays:
            return dict(arrays)
