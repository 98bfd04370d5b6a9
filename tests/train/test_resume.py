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
    "--steps=1500",
    "--set=steps_per_call=4",
    "--set=log_every=50",
    "--set=evaluate_every=250",
    "--set=checkpoint_every=30",
    "--set=ema_decay=0.9",
    "--set=optimizer.schedule=cosine",
    "--set=optimizer.clip_norm=1",
)


def newest(workdir):
    """Returns the step of the newest checkpoint; 0 without one."""
    return max(game.folders(workdir), default=0)


def stop_after(workdir, step, signum):
    """Trains, and sends a signal once a checkpoint of `step` or later is there.

    Returns:
      Exit code, output and errors.
    """
    process = command.start("apps.train", f"--workdir={workdir}", *ARGUMENTS)
    while process.poll() is None:
        if newest(workdir) >= step:
            process.send_signal(signum)
            break
        time.sleep(0.01)
    return command.finish(process)


@pytest.mark.slow
def test_a_training_that_is_stopped_ends_as_one_that_is_not(tmp_path):
    cut, whole = tmp_path / "cut", tmp_path / "whole"

    code, _, _ = stop_after(cut, 30, signal.SIGKILL)
    assert code == -signal.SIGKILL
    for step, signum in ((100, signal.SIGTERM), (400, signal.SIGINT)):
        before = game.folders(cut)[-1]
        code, out, error = stop_after(cut, step, signum)
        assert code == 128 + signum and not out
        saved = game.folders(cut)[-1]
        assert before < saved < 1500
        assert error[-1] == (
            f"stopped by {signal.Signals(signum).name} at step {saved}; saved."
            " The same command resumes."
        )
        assert all(line.startswith("step ") for line in error[:-1])

    for workdir in (cut, whole):
        code, out, _ = command.run_here(
            "apps.train", f"--workdir={workdir}", *ARGUMENTS
        )
        assert code == 0 and out[0].startswith("1500 steps; best validation")
    game.assert_same_training(cut, whole)
    steps = [r["step"] for r in game.records(cut) if "loss_flow" in r]
    assert steps == sorted(set(steps)) and len(steps) == 30


@pytest.mark.slow
def test_a_workdir_in_use_is_nobody_elses_until_its_process_is_gone(tmp_path):
    arguments = [f"--workdir={tmp_path}", *ARGUMENTS]
    first = command.start("apps.train", *arguments, "--steps=1000000")
    try:
        while first.poll() is None and not newest(tmp_path) >= 60:
            time.sleep(0.01)
        for app, others in {
            "train": [*ARGUMENTS, "--steps=4"],
            "evaluate": [],
            "sample": [],
            "export": [],
        }.items():
            code, out, (line,) = command.run_here(
                f"apps.{app}", f"--workdir={tmp_path}", *others
            )
            assert (code, out) == (2, [])
            assert f": in use by process {first.pid} on " in line
            assert f"apps/train.py --workdir={tmp_path}" in line
    finally:
        first.kill()
        command.finish(first)
    seen = [r["step"] for r in game.records(tmp_path) if "loss_flow" in r]
    assert seen and seen == sorted(set(seen))
    step = newest(tmp_path) + 100
    code, out, _ = command.run_here("apps.train", *arguments, f"--steps={step}")
    assert code == 0 and out[0].startswith(f"{step} steps; best validation")
    assert not list(tmp_path.rglob("*.partial"))
