"""Two processes on this machine train one model."""

import json
import signal
import socket
import time

import numpy as np
import pytest

from tests.apps import command
from tests.train import game

ARGUMENTS = (
    "--preset=tiny",
    "--data=moons",
    "--set=num_examples=200",
    "--set=evaluate_every=10",
    "--set=log_every=10",
    "--set=checkpoint_every=10",
    "--set=ema_decay=0.5",
    "--set=optimizer.clip_norm=1",
)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_workers(workdirs, *arguments):
    """Starts a process for each workdir; the first is the chief."""
    ports = free_ports(len(workdirs))
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    return [
        command.start(
            "tests.train.report_weights",
            f"--workdir={workdir}",
            "--strategy=multi_worker",
            *ARGUMENTS,
            *arguments,
            TF_CONFIG=json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": i}}
            ),
        )
        for i, workdir in enumerate(workdirs)
    ]


def finish(processes):
    """Returns exit code, output and errors of each."""
    return [command.finish(process) for process in processes]


@pytest.mark.slow
def test_two_workers_stop_resume_and_end_as_one(tmp_path):
    two, one = tmp_path / "two", tmp_path / "one"

    # One worker is told to stop: both do, at the same step.
    processes = start_workers([two, two], "--steps=100000")
    while not game.folders(two) and processes[0].poll() is None:
        time.sleep(0.01)
    processes[1].send_signal(signal.SIGTERM)
    results = finish(processes)
    step = game.folders(two)[-1]
    for code, out, error in results:
        assert code == 143, error
        assert error[-1].startswith(f"stopped by SIGTERM at step {step}; saved")
        assert out == results[0][1]  # the same weights

    # Both go on from there.
    steps = step + 30
    results = finish(start_workers([two, two], f"--steps={steps}"))
    for code, out, error in results:
        assert code == 0, error
        assert out[0].startswith(f"{steps} steps; best validation")
        assert out == results[0][1]
    # The chief alone writes: each line is there once.
    seen = [r["step"] for r in game.records(two) if "loss_flow" in r]
    assert seen == sorted(set(seen))
    assert game.folders(two)[-1] == steps

    # The same as one process.
    code, _, error = command.run_here(
        "apps.train", f"--workdir={one}", *ARGUMENTS, f"--steps={steps}"
    )
    assert code == 0, error
    expected = game.checkpoint(one)
    for name, value in game.checkpoint(two).items():
        np.testing.assert_allclose(
            value, expected[name], rtol=1e-3, atol=1e-3, err_msg=name
        )


@pytest.mark.slow
def test_workers_must_share_their_workdir(tmp_path):
    code, _, _ = command.run_here(
        "apps.train", f"--workdir={tmp_path / 'a'}", *ARGUMENTS, "--steps=10"
    )
    assert code == 0
    results = finish(
        start_workers([tmp_path / "a", tmp_path / "b"], "--steps=20")
    )
    for code, _, error in results:
        assert code == 2
        assert "the workers see other checkpoints; name a folder" in error[-1]
