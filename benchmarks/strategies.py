"""Trains and resumes with every mix of strategy, precision and XLA.

Each cell is two commands, of 4 steps and of 8, as a user gives them: both
train, or the first is refused in one line.

Example:
  python -m benchmarks.strategies
  python -m benchmarks.strategies --models=wgan --strategies=multi_worker_2
"""

import contextlib
import itertools
import json
import multiprocessing
import os
import pathlib
import runpy
import socket
import sys
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from absl import app, flags


class Strategy(NamedTuple):
    """A strategy's name, logical CPU devices, and processes."""

    name: str
    devices: int = 1
    workers: int = 1
    core_each: bool = False  # a worker has a core of its own


MODELS = {  # a flow, a game, a classifier of sentences
    "real_nvp": ("apps.train", "--model=real_nvp", "--data=moons"),
    "wgan": ("apps.train", "--model=wgan"),
    "inner_attention": ("apps.snli", "--mode=train"),
}
STRATEGIES = {
    "auto": Strategy("auto"),
    "cpu": Strategy("cpu"),
    "gpu": Strategy("gpu"),
    "mirrored_1": Strategy("mirrored"),
    "mirrored_2": Strategy("mirrored", devices=2),
    "multi_worker_1": Strategy("multi_worker"),
    "multi_worker_2": Strategy("multi_worker", workers=2),
}
SWITCHES = ("mixed_precision", "jit_compile")
SECONDS = 1000  # for one command

# Processes begin with TensorFlow imported, and nothing of it started.
FORK = multiprocessing.get_context("fork")


def command(strategy: Strategy, arguments: Sequence[str]) -> tuple[int, str]:
    """Returns the worst exit code of all workers, and its last line."""
    with contextlib.ExitStack() as stack:
        ports = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(strategy.workers)
        ]
        hosts = [f"127.0.0.1:{p.getsockname()[1]}" for p in ports]
    with tempfile.TemporaryDirectory() as folder:
        outputs = [pathlib.Path(folder, str(i)) for i in range(len(hosts))]
        processes = [
            FORK.Process(target=work, args=(strategy, arguments, hosts, i, out))
            for i, out in enumerate(outputs)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(SECONDS)
            process.kill()
            process.join()
        ends = [
            (process.exitcode, out.read_text().strip().splitlines())
            for process, out in zip(processes, outputs)
        ]
    code, lines = max(ends, key=lambda end: abs(end[0]))
    return code, lines[-1] if lines else ""


def work(strategy, arguments, hosts, index, output):
    """The command, in its own process."""
    import tensorflow as tf

    descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if strategy.core_each:
        os.sched_setaffinity(0, {index % os.cpu_count()})
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * strategy.devices,
    )
    task = {"type": "worker", "index": index}
    cluster = {"worker": hosts}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
    module, *sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__")


def cell(model: str, strategy: Strategy, switches: Sequence[str]) -> str:
    """Returns what came of training and going on."""
    with tempfile.TemporaryDirectory() as workdir:
        arguments = [
            *MODELS[model],
            "--preset=tiny",
            f"--workdir={workdir}",
            f"--strategy={strategy.name}",
            *(f"--{name}" for name in switches),
        ]
        for steps in (4, 8):
            code, line = command(strategy, [*arguments, f"--steps={steps}"])
            if code == 2 and line.startswith("error: ") and steps == 4:
                return f"refused: {line.removeprefix('error: ')}"
            found = sorted(pathlib.Path(workdir, "checkpoints").glob("last-*"))
            if code or not found or not found[-1].name.endswith(f"{steps:05}"):
                return f"FAILED at {steps} steps: exit code {code}, {line}"
    return "trains, resumes"


def main(argv: Sequence[str]) -> None:
    """Prints a table, a row for each mix."""
    del argv
    import tensorflow  # noqa: F401  Once, for all processes.

    import tfgen.nli.pair_classifier  # noqa: F401

    print(f"| model | strategy | {' | '.join(SWITCHES)} | result |")
    print("|---|---|---|---|---|", flush=True)
    for model, name, on in itertools.product(
        flags.FLAGS.models,
        flags.FLAGS.strategies,
        itertools.product((False, True), repeat=len(SWITCHES)),
    ):
        switches = list(itertools.compress(SWITCHES, on))
        result = cell(model, STRATEGIES[name], switches)
        marks = " | ".join("on" if x else "off" for x in on)
        print(f"| {model} | {name} | {marks} | {result} |", flush=True)


if __name__ == "__main__":
    flags.DEFINE_list("models", list(MODELS), "Of these, separated by commas.")
    flags.DEFINE_list("strategies", list(STRATEGIES), "Of these, too.")
    app.run(main)
