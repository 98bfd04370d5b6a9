"""Bits per dimension of tfgen, nflows and normflows after the same time.

    python -m benchmarks.bits_per_dim --runs=runs/bits --minutes=15 \
      --data=photographs --data=npz:mnist.npz --python=../peers/bin/python

Every run has a file of its own in `--runs`, and one that has its file is not
made again: the same command goes on. tfgen has three seeds of each `--model`, a
peer one. tfgen's steps are what fits into the time at the speed of a brief run
before; its time is that of the whole process, the peers' begins with their
first step.
"""

import functools
import itertools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from absl import app, flags

from benchmarks import write_digits

PEERS = ("nflows", "normflows")
BRIEF = 60  # steps that say how fast tfgen is
DRAWS = 4  # of the dequantization, to test with

FLAGS = flags.FLAGS


def once(path: pathlib.Path, run: Callable[[], dict[str, Any]]) -> dict:
    """Returns the result in a file, which is made if it is not there."""
    if not path.exists():
        result = run()
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(result, indent=1) + "\n")
        partial.rename(path)
    return json.loads(path.read_text())


def preset(data: str) -> str:
    """Returns the preset of tfgen for the data; files are of MNIST."""
    return "mnist" if data.startswith("npz:") else data


def train(
    workdir: str | pathlib.Path,
    model: str,
    data: str,
    seed: int,
    steps: int,
    log: int = 100,
) -> None:
    """Trains tfgen in a process of its own."""
    settings = [
        f"train.seed={seed}",
        f"train.steps={steps}",
        f"train.log_every={log}",
    ]
    command = ["apps.train", f"--model={model}", f"--preset={preset(data)}"]
    command += [f"--data={data}", *(f"--set={s}" for s in settings)]
    _python(sys.executable, *command, f"--workdir={workdir}")


def ours(
    workdir: pathlib.Path, model: str, data: str, seed: int, seconds: float
) -> dict[str, Any]:
    """Returns the result of a run of tfgen, of about so many seconds."""
    shutil.rmtree(workdir, ignore_errors=True)  # of a run that was stopped
    with tempfile.TemporaryDirectory() as folder:
        train(folder, model, data, seed, BRIEF, log=20)
        lines = (pathlib.Path(folder) / "metrics.jsonl").read_text()
    rates = re.findall(r'"steps_per_second": ([\d.]+)', lines)
    # A tenth of the time is left for start, compilation and validation.
    steps = max(BRIEF, int(0.9 * seconds * float(rates[-1])))
    began = time.monotonic()
    train(workdir, model, data, seed, steps)
    seconds = time.monotonic() - began
    _python(
        sys.executable,
        "apps.evaluate",
        f"--workdir={workdir}",
        f"--draws={DRAWS}",
    )
    found = json.loads((workdir / "evaluation.json").read_text())
    return {
        "seconds": seconds,
        "steps": steps,
        "test_bits_per_dim": found["bits_per_dim"],
    }


def peers(
    runs: pathlib.Path, data: str, library: str, python: str, seconds: float
) -> dict[str, Any]:
    """Returns the result of a run of a peer."""
    arrays = runs / f"{_plain(data)}.npz"
    if not arrays.exists():
        write_digits.write(arrays, data)
    result = runs / f"{library}-{_plain(data)}.raw.json"
    _python(
        python,
        "benchmarks.digits",
        f"--data={arrays}",
        f"--library={library}",
        f"--seconds={seconds}",
        f"--draws={DRAWS}",
        f"--json={result}",
    )
    return json.loads(result.read_text())


def _python(python, module, *arguments):
    subprocess.run([python, "-m", module, *arguments], check=True)


def _plain(data):
    return re.sub(r"\W+", "-", pathlib.Path(data).stem)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    runs, seconds = pathlib.Path(FLAGS.runs), 60 * FLAGS.minutes
    runs.mkdir(parents=True, exist_ok=True)
    rows = []
    for data in FLAGS.data:
        for seed, model in itertools.product(
            range(1, FLAGS.seeds + 1), FLAGS.model
        ):
            workdir = runs / f"{model}-{_plain(data)}-{seed}"
            run = functools.partial(ours, workdir, model, data, seed, seconds)
            found = once(workdir.with_suffix(".json"), run)
            rows.append((data, f"{model}, seed {seed}", found))
        for peer in PEERS if FLAGS.python else ():
            run = functools.partial(
                peers, runs, data, peer, FLAGS.python, seconds
            )
            found = once(runs / f"{peer}-{_plain(data)}.json", run)
            rows.append((data, peer, found))
    print(
        "| data | run | seconds | steps | bits/dim |\n|---|---|---:|---:|---:|"
    )
    for data, name, found in rows:
        bits = found["test_bits_per_dim"]
        cells = data, name, f"{found['seconds']:.0f}", found["steps"]
        print(f"| {' | '.join(map(str, cells))} | {bits:.3f} |")


if __name__ == "__main__":
    flags.DEFINE_string("runs", "runs/bits", "Folder of runs and results.")
    flags.DEFINE_multi_string("data", ["photographs"], "By tfgen's name.")
    flags.DEFINE_multi_string("model", ["real_nvp", "glow"], "Of tfgen.")
    flags.DEFINE_float("minutes", 15, "Of each training.", lower_bound=0.01)
    flags.DEFINE_integer("seeds", 3, "Of tfgen.", lower_bound=1)
    flags.DEFINE_string(
        "python", None, "The peers' interpreter; none, no peer."
    )
    app.run(main)
