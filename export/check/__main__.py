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
import pathlib
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export import calls as calls_lib
from export.check import artefact as artefact_lib
from export.report import Report, format_table
from tfgen.errors import UserError


def main() -> None:
    """Prints a table; exits with 1 if an artefact has a problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON; measure time when the standard input has ended",
    )
    parser.add_argument("--max_error", type=float)
    parser.add_argument(
        "--run",
        type=pathlib.Path,
        nargs=2,
        metavar=("INPUTS", "OUTPUTS"),
        help="also run these calls, and write the outputs of each",
    )
    parser.add_argument("examples", type=pathlib.Path)
    parser.add_argument("artefacts", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    wait = sys.stdin.read if arguments.json else lambda: None
    try:
        calls = calls_lib.read(arguments.examples)
    except UserError as error:
        sys.exit(f"error: {error}")
    for path in arguments.artefacts:
        if warning := _may(path):
            print(warning, file=sys.stderr)
    reports = [
        _measured(path, calls, wait, arguments.max_error)
        for path in arguments.artefacts
    ]
    if arguments.run:
        inputs, outputs = arguments.run
        path = arguments.artefacts[-1]
        for i, call in enumerate(calls_lib.read(inputs)):
            found = artefact_lib.outputs_of(path, call)
            np.savez(f"{outputs}{i}.npz", **found)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(report) for report in reports]))
    else:
        print(format_table(reports))
        sys.exit(any(report.problem for report in reports))


def _may(path: pathlib.Path) -> str:
    """What an artefact may do beside computing; "" if it only computes."""
    try:
        if path.is_dir():
            from export import operators  # and TensorFlow's formats

            return operators.warning(path)
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        codes = model.operatorCodes or ()
    except Exception:  # of whatever reads it; it is told when it is measured
        return ""
    custom = [
        c.customCode.decode("utf-8", "replace") for c in codes if c.customCode
    ]
    if not custom:
        return ""
    return (
        f"{path}: this file wants operators of its own ({', '.join(custom)}),"
        " which may do anything where a runtime has them; LiteRT has not."
    )


def _measured(path: pathlib.Path, *arguments) -> Report:
    """The report, also of what cannot be loaded."""
    try:
        return artefact_lib.measure(path, *arguments)
    except Exception as error:  # of whatever reads it
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        kind = artefact_lib.kind_of(path)
        return Report(kind, problem=f"cannot be run ({reason})")


if __name__ == "__main__":
    main()
