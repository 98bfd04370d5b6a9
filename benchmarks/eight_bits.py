"""Files of 8 bits: the converter's own beside those of litert-quantizer.

    python -m apps.gallery --zoo --steps=300
    python -m benchmarks.eight_bits --runs=runs/zoo --json=eight_bits.json

The converter rounds all that is computed, litert-quantizer convolutions and
matrices alone (export/write/tflite.py). Both take the same rows of the training
data for their ranges. Cost is what a file does worse than the SavedModel on the
test split (export/check/task.py); AUROC and ranks are of rows that no data are
like (export/check/outside.py), the largest difference from the SavedModel's and
the rank correlation with it. Each run is measured in a process of its own, for
a conversion can end its process; what is in `--json` is not measured again.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from absl import app, flags

from tfgen.files import write_text

FLAGS = flags.FLAGS
WAYS = ("converter", "products")


def measured(run: pathlib.Path, ways: Sequence[str]) -> dict[str, dict]:
    """Returns what each way has of bytes, milliseconds and costs."""
    import functools

    import tensorflow as tf

    from export import calls
    from export.check.checker import Checker
    from export.check.outside import outside_of
    from export.check.task import task_of
    from export.write import calibration, flatbuffer, saved_model, tflite
    from tfgen.capabilities import signatures
    from tfgen.example_inputs import example_inputs
    from tfgen.run import Run

    trained = Run.resume(run)
    model, task, outside = trained.model, task_of(trained), outside_of(trained)
    signed = signatures(model)
    on_device = {n: s for n, s in signed.items() if s.on_device}
    inputs = {n: [t.name for t in s.inputs] for n, s in on_device.items()}
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        server, ranges = top / "saved_model", top / "ranges.npz"
        saved_model.write_saved_model(signed, model.spec, server)
        rows_of = functools.partial(example_inputs, model)
        calls.write(top / "examples.npz", calls.compute(signed, rows_of))
        rows = calibration.training_rows(trained)
        rows = calibration.calibration(signed, rows_of, rows)
        calls.write(ranges, rows)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(server), signature_keys=list(inputs)
        )
        found = {}
        check = Checker(top / "examples.npz", server, top, task, outside)
        first = check.check(server)
        for way in ways:
            path = top / way / "int8.tflite"
            path.parent.mkdir()
            try:
                kind = "int8" if way == "converter" else "float32"
                content = tflite.converted(converter, kind, ranges)
                if way == "products":
                    content = tflite.products_alone(content, ranges)
                path.write_bytes(content)
            except Exception as error:  # of libraries that refuse a graph
                found[way] = {"problem": tflite.reason_of(error)}
                continue
            flatbuffer.compact(path, inputs)
            report = check.check(path)
            found[way] = {
                "bytes": report.bytes,
                "ms": report.milliseconds,
                "error": report.error if report.errors else None,
                "metric": report.metric,
                "cost": None
                if report.score is None
                else task.cost(report.score, first.score),
                "allowed": task and task.allowed,
                "auroc": max(
                    (abs(v - first.auroc[k]) for k, v in report.auroc.items()),
                    default=None,
                ),
                "ranks": report.ranks,
                "problem": report.problem,
            }
    return found


def in_a_process(run: pathlib.Path, ways: Sequence[str]) -> dict | None:
    """Returns `measured`; None if the process crashes."""
    command = [sys.executable, "-m", "benchmarks.eight_bits", f"--one={run}"]
    done = subprocess.run(
        [*command, *(f"--way={way}" for way in ways)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return None if done.returncode else json.loads(done.stdout.splitlines()[-1])


def line(name: str, found: dict[str, dict]) -> str:
    """A row of the table: each way's figures, the converter's first."""

    def both(field, form):
        values = [found[way].get(field) for way in WAYS]
        return " / ".join("-" if v is None else format(v, form) for v in values)

    metric = next((f["metric"] for f in found.values() if "metric" in f), "")
    problems = [
        f"{way}: {found[way]['problem']}"
        for way in WAYS
        if found[way]["problem"]
    ]
    cells = (
        name,
        both("bytes", ",d"),
        both("ms", ".3f"),
        metric,
        both("cost", ".2g"),
        both("auroc", ".3f"),
        both("ranks", ".3f"),
        "; ".join(problems),
    )
    return f"| {' | '.join(cells)} |"


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    if FLAGS.one:
        print(json.dumps(measured(pathlib.Path(FLAGS.one), FLAGS.way)))
        return
    path = pathlib.Path(FLAGS.json)
    found = json.loads(path.read_text()) if path.exists() else {}
    crashed = {way: {"problem": "the process ended"} for way in WAYS}
    for config in sorted(pathlib.Path(FLAGS.runs).glob("*/config.json")):
        run = config.parent
        if run.name not in found:
            # One that crashes does not take the other along.
            found[run.name] = in_a_process(run, WAYS) or {
                way: (in_a_process(run, [way]) or crashed)[way] for way in WAYS
            }
            write_text(path, json.dumps(found, indent=1))
        print(line(run.name, found[run.name]), flush=True)


if __name__ == "__main__":
    flags.DEFINE_string("runs", "runs/zoo", "Folder of runs.")
    flags.DEFINE_string("json", "eight_bits.json", "Results; it goes on there.")
    flags.DEFINE_string("one", None, "A run; prints its figures alone.")
    flags.DEFINE_multi_enum("way", [*WAYS], WAYS, "Of --one.")
    app.run(main)
