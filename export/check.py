r"""Compares artefacts with the Keras model, without the Keras model.

An artefact is a SavedModel's folder or a `.tflite` file; the examples are those
of its export.

Example:
  python -m export.check \
      export/checks/real_nvp/1/examples.npz \
      export/saved_model/real_nvp/1 \
      export/tflite/real_nvp/1/float32.tflite
"""

import argparse
import dataclasses
import json
import math
import pathlib
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from export import examples as examples_lib
from export.examples import Arrays, Example
from export.runners import Call, load_saved_model, load_tflite
from export.table import Row, format_table
from export.tflite import forbidden_operators
from export.tolerances import TOLERANCES
from tfgen.errors import UserError

DEFAULT = "serving_default"


def check(
    artefact: pathlib.Path,
    examples: Sequence[Example],
    before_timing: Callable[[], object] = lambda: None,
    limit: float | None = None,
) -> Row:
    """Runs all examples on an artefact and measures it.

    Args:
      artefact: the folder of a SavedModel, or a `.tflite` file named after its
        quantization.
      examples: those for TFLite are chosen here.
      before_timing: called between the comparison and the measurement of time.
      limit: the largest error allowed; None is the kind's own.

    Returns:
      Its row; `problem` says what is wrong with it, if anything is. `weights`
      are all that its signatures for devices read, if it is a SavedModel.
    """
    if artefact.is_dir():
        kind, size = "saved_model", _bytes(artefact)
        call, variables = load_saved_model(artefact)
        signatures = list(variables)
        default = dataclasses.replace(examples[0], signature=DEFAULT)
        examples = [*examples, default]
    else:
        kind, size, variables = artefact.stem, artefact.stat().st_size, {}
        call, signatures = load_tflite(artefact)
        examples = [e for e in examples if e.on_device]
    names = {example.signature for example in examples}
    if set(signatures) != names:
        found = ", ".join(sorted(signatures)) or "none"
        problem = f"signatures: {found}, not {', '.join(sorted(names))}"
        return Row(kind, size, problem=problem)
    errors: dict[str, float] = {}
    for e in examples:
        error = examples_lib.error_of(call(e.signature, e.inputs), e.outputs)
        # Unlike `max`, it keeps a NaN.
        larger = np.maximum(errors.get(e.signature, 0.0), error)
        errors[e.signature] = float(larger)
    before_timing()
    # The same one for both kinds, if devices have any.
    timed = next((e for e in examples if e.on_device), examples[0])
    row = Row(
        kind,
        size,
        errors,
        TOLERANCES[kind].error if limit is None else limit,
        milliseconds=_milliseconds(call, timed),
        megabytes=_peak_megabytes(),
        weights=_bytes_of(
            variables, {e.signature for e in examples if e.on_device}
        ),
    )
    if artefact.is_file():
        call, _ = load_tflite(artefact, num_threads=2)
        row = dataclasses.replace(
            row, milliseconds_2=_milliseconds(call, timed)
        )
    return dataclasses.replace(row, problem=_problem(row, artefact))


def run(artefact: pathlib.Path, example: Example, rows: int = 100) -> Arrays:
    """Returns what an artefact makes of an example, so many rows at a time."""
    load = load_saved_model if artefact.is_dir() else load_tflite
    call, _ = load(artefact)
    count = len(next(iter(example.inputs.values())))
    parts = [
        call(
            example.signature,
            {n: array[i : i + rows] for n, array in example.inputs.items()},
        )
        for i in range(0, count, rows)
    ]
    return {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}


def _problem(row: Row, artefact: pathlib.Path) -> str:
    if artefact.is_file() and (found := forbidden_operators(artefact)):
        return f"needs {', '.join(found)}, which not every device has"
    if broken := [name for name, e in row.errors.items() if math.isnan(e)]:
        return f"not finite: {', '.join(broken)}"
    error = row.errors[row.worst]
    if error > row.allowed:
        return f"error {error:.1e} in {row.worst}, allowed {row.allowed:.1e}"
    return ""


def _milliseconds(call: Call, example: Example) -> float:
    """Median time of a call with the first row of an example."""
    inputs = {name: array[:1] for name, array in example.inputs.items()}
    times: list[float] = []
    while len(times) < 5 or (len(times) < 100 and sum(times) < 0.5):
        before = time.perf_counter()
        call(example.signature, inputs)
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


def _bytes(folder: pathlib.Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def _bytes_of(variables: Mapping[str, list], signatures: set[str]) -> int:
    """The bytes of all variables of these signatures, each counted once."""
    found = {
        v.ref(): v for n in variables if n in signatures for v in variables[n]
    }
    return sum(v.dtype.size * v.shape.num_elements() for v in found.values())


def _checked(path: pathlib.Path, *arguments) -> Row:
    """The row of `check`, also of what cannot be loaded."""
    try:
        return check(path, *arguments)
    except Exception as error:  # of whatever reads it
        reason = (str(error).strip().splitlines() or [""])[0]
        kind = "saved_model" if path.is_dir() else path.stem
        problem = f"cannot be run ({type(error).__name__}: {reason})"
        return Row(kind, problem=problem)


def main() -> None:
    """Prints a table; exits with 1 if an artefact has a problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the rows as JSON, and wait for the end of the standard"
        " input before time is measured",
    )
    parser.add_argument("--max_error", type=float)
    parser.add_argument(
        "--run",
        type=pathlib.Path,
        nargs=2,
        metavar=("INPUTS", "OUTPUTS"),
        help="also run these inputs, and write the outputs",
    )
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("artefacts", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    wait = sys.stdin.read if arguments.json else lambda: None
    try:
        examples = examples_lib.read(arguments.examples)
    except UserError as error:
        sys.exit(f"error: {error}")
    rows = [
        _checked(path, examples, wait, arguments.max_error)
        for path in arguments.artefacts
    ]
    if arguments.run:
        inputs, outputs = arguments.run
        (example,) = examples_lib.read(inputs)
        np.savez(outputs, **run(arguments.artefacts[-1], example))
    if arguments.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows]))
    else:
        print(format_table(rows))
        sys.exit(any(row.problem for row in rows))


if __name__ == "__main__":
    main()
