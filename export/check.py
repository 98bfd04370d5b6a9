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
from collections.abc import Callable, Sequence

import numpy as np

from export import examples as examples_lib
from export.examples import Arrays, Example
from export.table import Row, format_table
from export.tflite import forbidden_operators
from export.tolerances import TOLERANCES

DEFAULT = "serving_default"

# (signature, inputs) -> outputs.
Call = Callable[[str, Arrays], Arrays]


def check(
    artefact: pathlib.Path,
    examples: Sequence[Example],
    before_timing: Callable[[], object] = lambda: None,
) -> Row:
    """Runs all examples on an artefact and measures it.

    Args:
      artefact: the folder of a SavedModel, or a `.tflite` file named after its
        quantization.
      examples: those for TFLite are chosen here.
      before_timing: called between the comparison and the measurement of time.

    Returns:
      Its row; `problem` says what is wrong with it, if anything is.
    """
    if artefact.is_dir():
        kind, size = "saved_model", _bytes(artefact)
        call, signatures = _load_saved_model(artefact)
        default = dataclasses.replace(examples[0], signature=DEFAULT)
        examples = [*examples, default]
    else:
        kind, size = artefact.stem, artefact.stat().st_size
        call, signatures = _load_tflite(artefact)
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
    limit = TOLERANCES[kind].error
    row = Row(kind, size, errors, limit, _milliseconds(call, examples[0]))
    return dataclasses.replace(row, problem=_problem(row, artefact))


def _problem(row: Row, artefact: pathlib.Path) -> str:
    if artefact.is_file() and (found := forbidden_operators(artefact)):
        return f"needs {', '.join(found)}, which not every device has"
    if broken := [name for name, e in row.errors.items() if math.isnan(e)]:
        return f"not finite: {', '.join(broken)}"
    error = row.errors[row.worst]
    if error > row.allowed:
        return f"error {error:.1e} in {row.worst}, allowed {row.allowed:.1e}"
    return ""


def _load_saved_model(folder: pathlib.Path) -> tuple[Call, list[str]]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))

    def call(signature, inputs):
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        outputs = loaded.signatures[signature](**tensors)
        return {n: examples_lib.to_array(v) for n, v in outputs.items()}

    return call, list(loaded.signatures)


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
    while len(times) < 5 or (len(times) < 100 and sum(times) < 0.5):
        before = time.perf_counter()
        call(example.signature, inputs)
        times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def _bytes(folder: pathlib.Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def main() -> None:
    """Prints a table; exits with 1 if an artefact has a problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the rows as JSON, and wait for the end of the standard"
        " input before time is measured",
    )
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("artefacts", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    examples = examples_lib.read(arguments.examples)
    if arguments.json:
        rows = [check(p, examples, sys.stdin.read) for p in arguments.artefacts]
        print(json.dumps([dataclasses.asdict(row) for row in rows]))
    else:
        rows = [check(path, examples) for path in arguments.artefacts]
        print(format_table(rows))
        sys.exit(any(row.problem for row in rows))


if __name__ == "__main__":
    main()
