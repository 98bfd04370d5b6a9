"""Kills trainings with SIGKILL: each must end as one that nobody killed.

    python -m benchmarks.kills --runs=50
    python -m benchmarks.kills --models=wgan:moons

A run of a `tiny` preset is killed one to three times, and started again with
the same settings until it ends. Half of the kills come at any moment, the
others when a checkpoint is half written; there is one every other step. In the
end all files below `checkpoints/`, and the figures of `metrics.jsonl` but for
speeds, have to be those of an uninterrupted run, bit by bit.

Each training is a process of its own, forked of one that has imported
TensorFlow.
"""

import contextlib
import filecmp
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from absl import app, flags

from tfgen.registry import MODELS

_RUNS = flags.DEFINE_integer("runs", 50, "Of all models together.", 1)
_MODELS = flags.DEFINE_list(
    "models",
    "gan:moons,wgan:moons,bigan:moons,ebgan:moons,real_nvp:moons,ladder:digits,"
    "inner_attention:nli_grammar,cycle_gan:inverted_digits",
    "Which on what data; they take turns.",
)
_STEPS = flags.DEFINE_integer("steps", 60, "Of each run.", 4)
_SEED = flags.DEFINE_integer("seed", 0, "Of the moments.")
_SETTINGS = (
    "train.steps_per_call=2",
    "train.checkpoint_every=2",
    "train.evaluate_every=10",
)
_MOST = 3  # kills of one run

context = multiprocessing.get_context("forkserver")
Process = context.Process


def train(model: str, workdir: pathlib.Path, steps: int) -> None:
    """What a process does; what it says goes to `<workdir>.log`."""
    log = os.open(f"{workdir}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    from tfgen.run import Run
    from tfgen.train.strategy import make_strategy

    name, _, data = model.partition(":")
    settings = [*_SETTINGS, f"train.steps={steps}"]
    run = Run.start(workdir, name, "tiny", data, settings)
    run.train(make_strategy("cpu"))


def start(model: str, workdir: pathlib.Path) -> Process:
    process = Process(target=train, args=(model, workdir, _STEPS.value))
    process.start()
    return process


def end(process: Process, model: str, workdir: pathlib.Path) -> None:
    """Waits for a process that nobody kills."""
    process.join()
    if process.exitcode:
        log = pathlib.Path(f"{workdir}.log").read_text()
        raise RuntimeError(f"{model} ended with {process.exitcode}: {log}")


def killed(
    model: str, workdir: pathlib.Path, seconds: float, moments: random.Random
) -> Iterator[bool]:
    """Trains; yields for each kill whether a checkpoint was half written."""
    for _ in range(moments.randint(1, _MOST)):
        process = start(model, workdir)
        wait(process, workdir, moments.uniform(0, seconds), moments)
        process.kill()
        process.join()
        if process.exitcode == 0:  # it was faster
            return
        yield half_written(workdir)
    end(start(model, workdir), model, workdir)


def wait(
    process: Process,
    workdir: pathlib.Path,
    seconds: float,
    moments: random.Random,
) -> None:
    """Returns when the process is to be killed, or has ended."""
    until = time.monotonic() + seconds
    while process.is_alive() and time.monotonic() < until:
        time.sleep(0.001)
    in_writing = moments.random() < 0.5
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        while in_writing and process.is_alive():
            # Nothing is written while it is looked at.
            os.kill(process.pid, signal.SIGSTOP)
            if half_written(workdir):
                return
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(moments.uniform(0, 0.005))


def half_written(workdir: pathlib.Path) -> bool:
    return any((workdir / "checkpoints").glob(".*.partial"))


def same(one: pathlib.Path, other: pathlib.Path) -> bool:
    """Whether two workdirs hold the same training, bit by bit."""

    def files(workdir):
        found = (workdir / "checkpoints").rglob("*")
        return sorted(p.relative_to(workdir) for p in found if p.is_file())

    def figures(workdir):
        lines = (workdir / "metrics.jsonl").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        return [
            {n: v for n, v in record.items() if n != "steps_per_second"}
            for record in records
        ]

    _, *different = filecmp.cmpfiles(one, other, files(one), shallow=False)
    return (
        files(one) == files(other)
        and not any(different)
        and figures(one) == figures(other)
    )


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    models = _MODELS.value
    modules = [MODELS[model.partition(":")[0]].module_name for model in models]
    context.set_forkserver_preload(["tfgen.run", *modules])
    moments = random.Random(_SEED.value)
    rows = {model: [0, 0, 0, 0] for model in models}
    seconds = {}
    Process().start()  # the first waits for TensorFlow
    with tempfile.TemporaryDirectory() as folder:
        for i in range(_RUNS.value):
            model = models[i % len(models)]
            whole, cut = (
                pathlib.Path(folder, model),
                pathlib.Path(folder, "cut"),
            )
            if model not in seconds:
                began = time.monotonic()
                end(start(model, whole), model, whole)
                seconds[model] = time.monotonic() - began
            while not (
                kills := list(killed(model, cut, seconds[model], moments))
            ):
                shutil.rmtree(cut)  # it was faster
            found = 1, len(kills), sum(kills), same(whole, cut)
            print(i + 1, model, *found[1:], file=sys.stderr, flush=True)
            rows[model] = [a + b for a, b in zip(rows[model], found)]
            shutil.rmtree(cut)
    rows["all"] = [sum(column) for column in zip(*rows.values())]
    print("| model and data | runs | kills | of them in writing | identical |")
    print("|---|---:|---:|---:|---:|")
    for model, row in rows.items():
        print(f"| {model} | {' | '.join(map(str, row))} |")
    sys.exit(rows["all"][0] != rows["all"][3])


if __name__ == "__main__":
    app.run(main)
