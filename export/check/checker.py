"""Has artefacts measured in fresh processes."""

import dataclasses
import json
import pathlib

import numpy as np

from export import calls
from export.check.artefact import kind_of
from export.check.task import Task
from export.fresh_process import FreshProcess, ProcessError
from export.report import Report


@dataclasses.dataclass(frozen=True)
class Checker:
    """Runs `python -m export.check` on one artefact after the other.

    Attributes:
      examples: the file of calls that are compared.
      work: a folder for files that pass between the processes.
      task: measured for each artefact, too.
      max_error: allowed for TFLite files; None is each kind's own.
    """

    examples: pathlib.Path
    work: pathlib.Path
    task: Task | None = None
    max_error: float | None = None

    def start(self, artefact: pathlib.Path) -> FreshProcess:
        """Starts a process, which measures time at the end of its input."""
        options = ["--json"]
        if self.task:
            inputs = self.work / "task.npz"
            if not inputs.exists():
                calls.write(inputs, [self.task.call])
            options += ["--run", inputs, self._outputs(artefact)]
        if self.max_error is not None and artefact.is_file():
            options += ["--max_error", str(self.max_error)]
        return FreshProcess("export.check", *options, self.examples, artefact)

    def finish(self, artefact: pathlib.Path, process: FreshProcess) -> Report:
        """Waits for the process of an artefact, and returns its report."""
        try:
            process.wait()
        except ProcessError as error:
            return Report(kind_of(artefact), problem=f"not checked: {error}")
        (values,) = json.loads(process.printed()[-1])
        report = Report(**values)
        outputs = self._outputs(artefact)
        if not (self.task and outputs.exists()):
            return report
        with np.load(outputs) as arrays:
            score = self.task.score(dict(arrays))
        return dataclasses.replace(report, metric=self.task.metric, score=score)

    def check(self, artefact: pathlib.Path) -> Report:
        """Returns the report of an artefact."""
        with self.start(artefact) as process:
            return self.finish(artefact, process)

    def _outputs(self, artefact: pathlib.Path) -> pathlib.Path:
        return self.work / f"{artefact.stem}.npz"
