import errno
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from tfgen.errors import UserError
from tfgen.files import partial_of
from tfgen.train import lock
from tfgen.train.lock import Lock

# A process as others see it: it has locked, written its line, and goes on.
HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
file.write(sys.argv[2])
file.flush()
print(flush=True)
time.sleep(600)
"""


def hold(folder, line):
    """Starts a process that holds the lock of a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder / ".lock", line],
        stdout=subprocess.PIPE,
    )
    process.stdout.readline()
    return process


def kill(process):
    with process:
        process.send_signal(signal.SIGKILL)


def refusal(folder):
    """What who comes second is told."""
    with pytest.raises(UserError) as error:
        Lock(folder).__enter__()
    return str(error.value)


def free(folder):
    """Whether who comes next gets the lock."""
    try:
        with Lock(folder):
            return True
    except UserError:
        return False


def test_the_second_is_told_who_holds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "set", "a=b\nc d"])
    with Lock(tmp_path / "new"):
        told = refusal(tmp_path / "new")
    assert re.fullmatch(
        re.escape(
            f"workdir={tmp_path / 'new'}: in use by process {os.getpid()} on"
            f" {socket.gethostname()} since "
        )
        + r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}"
        + re.escape(
            " (train.py set 'a=b c d'); wait until it ends, or name another"
            " workdir."
        ),
        told,
    )


def test_its_holder_may_enter_again(tmp_path):
    lock = Lock(tmp_path)
    with lock:
        with lock:
            assert not free(tmp_path)
        assert not free(tmp_path)
    assert free(tmp_path)


def test_an_error_leaves_nothing_of_it(tmp_path):
    with pytest.raises(KeyboardInterrupt), Lock(tmp_path / "new" / "run"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt), Lock(tmp_path):
        (tmp_path / "config.json").touch()
        raise KeyboardInterrupt
    assert {p.name for p in tmp_path.iterdir()} == {"config.json", ".lock"}


def test_a_file_that_was_removed_locks_nothing(tmp_path, monkeypatch):
    flock, calls = fcntl.flock, []

    def removed_first(file, kind):
        calls.append(kind)
        if len(calls) == 1:  # between opening and locking
            (tmp_path / ".lock").unlink()
        flock(file, kind)

    monkeypatch.setattr(fcntl, "flock", removed_first)
    with Lock(tmp_path):
        assert not free(tmp_path)
    assert len(calls) == 3


@pytest.mark.parametrize(
    "line, named",
    [
        (
            "process 7 on alpha since noon (x)\n",
            "process 7 on alpha since noon",
        ),
        ("", "another process;"),
        ("one\ntwo\n", "one;"),
    ],
    ids=["described", "not_yet_described", "lines"],
)
def test_a_killed_process_holds_nothing(tmp_path, line, named):
    process = hold(tmp_path, line)
    told = refusal(tmp_path)
    assert f": in use by {named}" in told and "\n" not in told
    kill(process)
    with Lock(tmp_path):
        assert f"process {os.getpid()} on" in (tmp_path / ".lock").read_text()
        assert (tmp_path / ".lock").read_text().count("\n") == 1


def test_a_child_that_outlives_its_parent_holds_nothing(tmp_path):
    with Lock(tmp_path):
        child = subprocess.Popen(["sleep", "600"], close_fds=False)
    try:
        assert free(tmp_path)
    finally:
        kill(child)


# TensorFlow has threads, of which a fork gets none.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_nor_does_one_that_was_forked(tmp_path):
    reader, writer = os.pipe()
    with Lock(tmp_path):
        child = os.fork()
        if not child:
            os.write(writer, b"x")
            time.sleep(600)
            os._exit(0)
        os.read(reader, 1)
        assert not free(tmp_path)
    try:
        assert free(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)


def test_what_killed_processes_left_is_removed(tmp_path):
    kept = {
        "config.json",
        "checkpoints/last-0000000001/state.json",
        "my.partial",
    }
    left = [
        partial_of(tmp_path / "config.json"),
        partial_of(tmp_path / "checkpoints/last-0000000002") / "state.json",
        partial_of(tmp_path / "export/gan")
        / "saved_model/gan/1/saved_model.pb",
        # As older versions called them.
        tmp_path / "checkpoints/best-partial/state.json",
        tmp_path / "export/.partial-gan/checks/x",
    ]
    for path in [*left, *(tmp_path / name for name in kept)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    process = hold(tmp_path, "")
    assert not free(tmp_path)  # they may be the other's
    assert all(path.exists() for path in left)
    kill(process)
    with Lock(tmp_path):
        pass
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")}
    assert {p for p in found if (tmp_path / p).is_file()} == {*kept, ".lock"}
    assert "export" in found and not [p for p in found if "partial-" in p]


def test_a_file_system_without_locks_is_told_of(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    lines = []
    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(
        lock.logging, "warning", lambda f, *a: lines.append(f % a)
    )
    other = partial_of(tmp_path / "config.json")
    other.touch()
    with Lock(tmp_path), Lock(tmp_path):
        pass
    assert lines == 2 * [
        f"{tmp_path / '.lock'}: the file system has no locks (No locks"
        " available); make sure that no other process uses"
        f" workdir={tmp_path}."
    ]
    assert other.exists()  # it may be another's


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    told = refusal(tmp_path / "file" / "run")
    assert told.startswith(
        f"cannot write {tmp_path / 'file' / 'run' / '.lock'} (Not a"
    )
