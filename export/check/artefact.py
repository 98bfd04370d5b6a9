"""Measures one artefact: errors, time, memory."""

import dataclasses
import functools
import math
import pathlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from export.calls import DEFAULT, Arrays, Call, in_pieces
from export.check.errors import error_of
from export.check.runners import Runner, load_saved_model, load_tflite
from export.report import Report
from export.tolerances import TOLERANCES

# Operators that need more than TFLite's built-in kernels, or that keep state.
# Flex operators are custom ones.
_FORBIDDEN = {
    "CUSTOM",
    "CALL_ONCE",
    "VAR_HANDLE",
    "READ_VARIABLE",
    "ASSIGN_VARIABLE",
}


def measure(
    artefact: pathlib.Path,
    calls: Sequence[Call],
    before_timing: Callable[[], object] = lambda: None,
    limit: float | None = None,
) -> Report:
    """Makes all calls of an artefact and measures it.

    Args:
      artefact: the folder of a SavedModel, or a `.tflite` file named after its
        quantization.
      calls: those for TFLite are chosen here.
      before_timing: called between the comparison and the measurement of time.
      limit: the largest error allowed; None is the kind's own.

    Returns:
      Its report; `problem` says what is wrong with it, if anything is.
      `weights` are all that its signatures for devices read, if it is a
      SavedModel.
    """
    kind = kind_of(artefact)
    if artefact.is_dir():
        size = sum(p.stat().st_size for p in artefact.rglob("*") if p.is_file())
        run, variables = load_saved_model(artefact)
        signatures = list(variables)
        calls = [*calls, dataclasses.replace(calls[0], signature=DEFAULT)]
    else:
        size, variables = artefact.stat().st_size, {}
        run, signatures = load_tflite(artefact)
        calls = [call for call in calls if call.on_device]
    names = {call.signature for call in calls}
    if set(signatures) != names:
        found = ", ".join(sorted(signatures)) or "none"
        problem = f"signatures: {found}, not {', '.join(sorted(names))}"
        return Report(kind, size, problem=problem)
    errors = _errors(run, calls)
    before_timing()
    # The same one for both kinds, if devices have any.
    timed = next((call for call in calls if call.on_device), calls[0])
    on_device = {call.signature for call in calls if call.on_device}
    milliseconds, milliseconds_2 = _milliseconds(run, timed), None
    megabytes = _peak_megabytes()
    if artefact.is_file():
        run, _ = load_tflite(artefact, num_threads=2)
        milliseconds_2 = _milliseconds(run, timed)
    report = Report(
        kind,
        size,
        errors,
        TOLERANCES[kind].error if limit is None else limit,
        milliseconds,
        milliseconds_2,
        megabytes,
        _bytes_of(variables, on_device),
    )
    return dataclasses.replace(report, problem=_problem(report, artefact))


def kind_of(artefact: pathlib.Path) -> str:
    """Returns `saved_model`, or the quantization of a TFLite file."""
    return "saved_model" if artefact.is_dir() else artefact.stem


def outputs_of(artefact: pathlib.Path, call: Call, rows: int = 100) -> Arrays:
    """Returns what an artefact makes of a call, so many rows at a time."""
    load = load_saved_model if artefact.is_dir() else load_tflite
    run, _ = load(artefact)
    return in_pieces(functools.partial(run, call.signature), call.inputs, rows)


def operators(path: pathlib.Path) -> set[str]:
    """Returns the names of the operators that a TFLite file uses."""
    from ai_edge_litert import schema_py_generated as schema

    names = {
        value: name
        for name, value in vars(schema.BuiltinOperator).items()
        if not name.startswith("_")
    }
    model = schema.Model.GetRootAs(path.read_bytes())
    codes = map(model.OperatorCodes, range(model.OperatorCodesLength()))
    # Codes beyond 127 are in the newer field only.
    return {
        names[max(c.BuiltinCode(), c.DeprecatedBuiltinCode())] for c in codes
    }


def forbidden_operators(path: pathlib.Path) -> list[str]:
    """Returns the operators that keep a file from running everywhere."""
    return sorted(operators(path) & _FORBIDDEN)


def _errors(run: Runner, calls: Sequence[Call]) -> dict[str, float]:
    """The largest error of each signature."""
    errors = {}
    for call in calls:
        error = error_of(run(call.signature, call.inputs), call.outputs)
        # Unlike `max`, it keeps a NaN.
        larger = np.maximum(errors.get(call.signature, 0.0), error)
        errors[call.signature] = float(larger)
    return errors


def _problem(report: Report, artefact: pathlib.Path) -> str:
    if artefact.is_file() and (found := forbidden_operators(artefact)):
        return f"needs {', '.join(found)}, which not every device has"
    if broken := [name for name, e in report.errors.items() if math.isnan(e)]:
        return f"not finite: {', '.join(broken)}"
    if report.error > report.allowed:
        return (
            f"error {report.error:.1e} in {report.worst}, allowed"
            f" {report.allowed:.1e}"
        )
    return ""


def _milliseconds(run: Runner, call: Call) -> float:
    """Median time of a call with its first row."""
    inputs = {name: array[:1] for name, array in call.inputs.items()}
    times: list[float] = []
    while len(times) < 5 or (len(times) < 100 and sum(times) < 0.5):
        before = time.perf_counter()
        run(call.signature, inputs)
        times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def _peak_megabytes() -> float | None:
    """Largest resident size of this process, where the system tells it.

    (`ru_maxrss` is no less than that of the process that started this one.)
    """
    try:
        status = pathlib.Path("/proc/self/status").read_text()
    except OSError:
        return None
    (line,) = (s for s in status.splitlines() if s.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _bytes_of(variables: Mapping[str, list], signatures: set[str]) -> int:
    """The bytes of all variables of these signatures, each counted once."""
    found = {
        v.ref(): v for n in variables if n in signatures for v in variables[n]
    }
    return sum(v.dtype.size * v.shape.num_elements() for v in found.values())
