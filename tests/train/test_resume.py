"""Kills real processes: what they leave is gone on with bit by bit."""

import signal
import time

import pytest

from tests.apps import command
from tests.train import game

# All that has a state: moving averages, a schedule, momentum, running
# averages, and calls that the intervals do not divide.
ARGUMENTS = (
    "--preset=tiny",
    "--data=moons",
    "--set=schedule_steps=400",
    "--set=steps_per_call=4",
    "--set=log_every=50",
    "--set=evaluate_every=70",
    "--set=checkpoint_every=30",
    "--set=ema_decay=0.9",
    "--set=optimizer.schedule=cosine",
    "--set=optimizer.clip_norm=1",
)


def newest(workdir):
    """Returns the step of the newest checkpoint; 0 without one."""
    return max(game.folders(workdir), default=0)


def started(workdir):
    """A training that would go on, when it has saved once more."""
    before = newest(workdir)
    process = command.Fork(
        "apps.train", f"--workdir={workdir}", *ARGUMENTS, "--steps=1000000"
    )
    while process.poll() is None and newest(workdir) == before:
        time.sleep(0.01)
    return process


def assert_nobody_else_may_use_it(workdir, pid):
    for app, arguments in {
        "train": ARGUMENTS,
        "evaluate": (),
        "sample": (),
        "export": (),
    }.items():
        code, out, (line,) = command.run_here(
            f"apps.{app}", f"--workdir={workdir}", *arguments
        )
        assert (code, out) == (2, [])
        assert f": in use by process {pid} on " in line
        assert f"apps/train.py --workdir={workdir}" in line


@pytest.mark.slow
def test_a_training_that_is_stopped_ends_as_one_that_is_not(tmp_path):
    cut, whole = tmp_path / "cut", tmp_path / "whole"

    process = started(cut)
    process.send_signal(signal.SIGSTOP)  # it holds its workdir even so
    assert_nobody_else_may_use_it(cut, process.pid)
    process.kill()
    assert process.finish()[0] == -signal.SIGKILL

    for signum in (signal.SIGTERM, signal.SIGINT):
        before = newest(cut)
        process = started(cut)
        process.send_signal(signum)
        code, out, error = process.finish()
        assert code == 128 + signum and not out
        saved = newest(cut)
        assert before < saved
        assert error[0] == f"resumed at step {before} of 1000000"
        assert error[1].startswith("WARNING: train.steps=1000000: ")
        assert error[2] == "compiling"
        assert all(line.startswith("step ") for line in error[3:-1])
        assert error[-1] == (
            f"stopped by {signal.Signals(signum).name} at step {saved}; saved."
            " The same command resumes."
        )

    steps = newest(cut) + 80
    for workdir in (cut, whole):
        code, out, _ = command.run_here(
            "apps.train", f"--workdir={workdir}", *ARGUMENTS, f"--steps={steps}"
        )
        assert code == 0 and out[0].startswith(f"{steps} steps; best validat")
    game.assert_same_training(cut, whole)
    logged = [r["step"] for r in game.records(cut) if "loss_flow" in r]
    assert logged == sorted(set(logged)) and len(logged) >= steps // 50
    assert not list(tmp_path.rglob("*.partial"))
