"""Compares artefacts with the Keras model, without the Keras model.

An artefact is a SavedModel's folder or a `.tflite` file; the examples are those
of its export.

Example:
  python -m export.check export/checks/real_nvp/1/examples.npz \
      export/saved_model/real_nvp/1 export/tflite/real_nvp/1/float32.tflite
"""

import argparse
import dataclasses
import json
import math
import pathlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from export import examples as examples_lib
from export.examples import Example
from export.table import Row, format_table
from export.tflite import forbidden_operators
from export.tolerances import TOLERANCES

Arrays = Mapping[str, np.ndarray]

# (signature, inputs) -> outputs.
Call = Callable[[str, Arrays], Arrays]


def error_of(actual: np.ndarray, expected: np.ndarray) -> float:
    """Returns the largest `|a - b| / max(1, |b|)`.

    It is infinite if shapes or types differ, and NaN if a difference is. What
    are not floating-point numbers must be equal.
    """
    if (actual.shape, actual.dtype) != (expected.shape, expected.dtype):
        return math.inf
    if not np.issubdtype(expected.dtype, np.floating):
        return 0.0 if np.array_equal(actual, expected) else math.inf
    b = expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.abs(actual - b) / np.maximum(1, np.abs(b))
    return float(np.max(difference, initial=0))


def check(artefact: pathlib.Path, examples: Sequence[Example]) -> Row:
    """Runs all examples on an artefact and measures it.

    Args:
      artefact: a SavedModel's folder or a `.tflite` file, named as in
        `TOLERANCES` (a folder is a SavedModel).
      examples: those for TFLite are chosen here.

    Returns:
      Its row; `problem` says what is wrong with it, if anything is.
    """
    if artefact.is_dir():
        kind, size = "saved_model", _bytes(artefact)
        call, signatures = _load_saved_model(artefact)
    else:
        kind, size = artefact.stem, artefact.stat().st_size
        examples = [e for e in examples if e.on_device]
        call, signatures = _load_tflite(artefact)
    errors: dict[str, float] = {}
    for example in examples:
        outputs = call(example.signature, example.inputs)
        error = _error_of_outputs(outputs, example.outputs)
        # The larger one, and NaN before any number.
        errors[example.signature] = float(
            np.maximum(errors.get(example.signature, 0.0), error)
        )
    row = Row(
        artefact=kind,
        signatures=signatures,
        bytes=size,
        errors=errors,
        tolerance=TOLERANCES[kind].error,
        milliseconds=_milliseconds(call, examples[0]),
    )
    return dataclasses.replace(row, problem=_problem(artefact, row, examples))


def _error_of_outputs(actual: Arrays, expected: Arrays) -> float:
    if set(actual) != set(expected):
        return math.inf
    return float(
        np.max([error_of(np.asarray(actual[n]), expected[n]) for n in expected])
    )


def _problem(artefact, row: Row, examples: Sequence[Example]) -> str:
    """Says why an artefact must not be shipped; empty if it may be."""
    names = {e.signature for e in examples}
    if set(row.signatures) != names:
        return f"has the signatures {row.signatures}, not {sorted(names)}"
    if artefact.is_file() and (found := forbidden_operators(artefact)):
        return f"needs {', '.join(found)}, which is not built in"
    for name, error in row.errors.items():
        if not error <= row.tolerance:
            return f"error {error:.1e} in {name} > {row.tolerance:.0e}"
    return ""


def _load_saved_model(folder: pathlib.Path) -> tuple[Call, list[str]]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))

    def call(signature, inputs):
        tensors = {name: tf.constant(a) for name, a in inputs.items()}
        outputs = loaded.signatures[signature](**tensors)
        return {name: output.numpy() for name, output in outputs.items()}

    names = [n for n in loaded.signatures if n != "serving_default"]
    return call, names


def _load_tflite(path: pathlib.Path) -> tuple[Call, list[str]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    names = list(interpreter.get_signature_list())
    runners = {n: interpreter.get_signature_runner(n) for n in names}
    return lambda signature, inputs: runners[signature](**inputs), names


def _milliseconds(call: Call, example: Example) -> float:
    """Median time of a call with the first row of an example."""
    inputs = {name: array[:1] for name, array in example.inputs.items()}
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 5 or (
        len(times) < 100 and time.perf_counter() - start < 1
    ):
        before = time.perf_counter()
        call(example.signature, inputs)
        times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def _bytes(folder: pathlib.Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def main() -> None:
    """Prints a table, or with --json the rows; exits with 1 on a problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("artefacts", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    examples = examples_lib.read(arguments.examples)
    rows = [check(path, examples) for path in arguments.artefacts]
    if arguments.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows]))
    else:
        print(format_table(rows))
        raise SystemExit(any(row.problem for row in rows))


if __name__ == "__main__":
    main()
