import os
import pickle
import signal
import time

import pytest

from export.fresh_process import FreshProcess, ProcessError
from tests import jobs
from tfgen.errors import UserError
from tfgen.processes import each_in_a_process
from tfgen.train.signals import Interrupted


def answers(function, arguments, parallel):
    return list(each_in_a_process(function, arguments, parallel, jobs.prepare))


def test_each_job_has_a_process():
    found = answers(jobs.square, [2, 3, 4], parallel=2)
    assert sorted((job, square) for job, (square, _) in found) == [
        (2, 4),
        (3, 9),
        (4, 16),
    ]
    pids = {pid for _, (_, pid) in found}
    assert len(pids) == 3 and os.getpid() not in pids


def test_no_jobs():
    assert answers(jobs.square, [], parallel=2) == []


@pytest.mark.parametrize(
    "function, error, message",
    [
        (jobs.fail, UserError, "^set x=3: expected another.$"),
        (jobs.die, RuntimeError, "^a process ended with exit code -9 .killed"),
    ],
)
def test_failures_come_through(function, error, message):
    with pytest.raises(error, match=message):
        answers(function, [3], parallel=1)


def test_a_failure_lets_the_others_save(tmp_path):
    paths = [tmp_path / "fails", tmp_path / "waits"]
    began = time.monotonic()
    with pytest.raises(UserError, match="^no$"):
        answers(jobs.first_fails, paths, parallel=2)
    assert (tmp_path / "saved").exists()
    assert time.monotonic() - began < 55


def test_a_process_does_not_outlive_a_killed_parent(tmp_path):
    path = tmp_path / "pid"
    code = f"""
import pathlib
from export.fresh_process import FreshProcess, ProcessError
from tests import jobs
from tfgen.processes import each_in_a_process
path = pathlib.Path({str(path)!r})
list(each_in_a_process(jobs.stay, [path], 1, jobs.prepare))
"""
    assert not jobs.outlives(code, path)


def test_a_process_whose_parent_is_gone_already_ends():
    with pytest.raises(ProcessError, match="SIGKILL"):
        process = FreshProcess("tfgen.processes", "1", "timeit", "pass")
        with process:
            process.wait()


def test_a_stop_can_be_told_to_another_process():
    stopped = pickle.loads(pickle.dumps(Interrupted(signal.SIGTERM, 3)))
    assert str(stopped).startswith("stopped by SIGTERM at step 3; saved.")
    assert stopped.signum == signal.SIGTERM
