import os
import signal
import threading
import time

import pytest

from tests.apps import command
from tfgen.processes import unwind_on_sigterm
from tfgen.train.launch import launch


def run(*ends, grace=120.0):
    """Workers that end so; returns the code, and how long it took."""
    began = time.monotonic()
    code = launch("tests.train.pretend", ends, len(ends), grace)
    return code, time.monotonic() - began


def test_each_line_has_its_worker(capfd):
    assert run("0", "0", "0")[0] == 0
    out, error = (sorted(text.splitlines()) for text in capfd.readouterr())
    assert out == [f"[{i}] worker {i} of 3" for i in range(3)]
    assert error == [f"[{i}] ready" for i in range(3)]


@pytest.mark.parametrize(
    "end, code, said",
    [
        ("3", 3, "ended with exit code 3"),
        ("dies", 137, "was ended by SIGKILL"),
    ],
)
def test_who_fails_ends_the_others(capfd, end, code, said):
    found, seconds = run("saves", end)
    assert found == code and seconds < 120
    out, error = capfd.readouterr()
    assert f"worker 1 {said}; all stop.\n" in error
    # Python may not have come as far as to save.
    assert out.count("saved") <= 1


def test_who_does_not_stop_is_killed(capfd):
    code, seconds = run("hangs", "dies", grace=0.5)
    assert code == 137 and seconds < 120
    error = capfd.readouterr().err
    assert "worker 0 has not stopped after 0.5 s: killed." in error


def test_a_signal_reaches_all(capfd):
    kept = signal.getsignal(signal.SIGTERM)
    unwind_on_sigterm()
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt, match="stopped by SIGTERM"):
            run("saves", "saves")
    finally:
        signal.signal(signal.SIGTERM, kept)
    assert capfd.readouterr().out.count("saved") == 2


def test_workers_train_with_the_flags_of_the_app(monkeypatch):
    """What they do then, test_workers.py says."""
    asked = []
    monkeypatch.setattr(
        "tfgen.train.launch.launch", lambda *args: asked.append(args) or 3
    )
    flags = ["--preset=tiny", "--set", "train.steps=4", "--workdir=x"]
    found = command.run_here("apps.launch", "--workers", "4", *flags)
    assert found == (3, [], [])
    flags.append("--strategy=multi_worker")
    assert asked == [("apps.train", flags, 4, 60)]


def test_the_strategy_is_given():
    found = command.run_here("apps.launch", "--workdir=x", "--strategy=cpu")
    assert found == (2, [], ["error: --strategy=cpu: it is multi_worker."])
