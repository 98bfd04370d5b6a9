import pytest

from export.fresh_process import FreshProcess, ProcessError
from tests import jobs


def run(statement):
    """Runs a Python statement: timeit is a module that does that."""
    return FreshProcess("timeit", "-n1", "-r1", statement)


def test_it_waits_for_the_end_of_its_input():
    with run("import sys; print(repr(sys.stdin.read()))") as process:
        process.wait()
        assert process.printed()[0] == "''"


def test_a_failure_is_one_line():
    with run("print(1); raise ValueError('two\\nlines')") as process:
        with pytest.raises(ProcessError, match=r"^lines$"):
            process.wait()
        assert process.printed() == ["1"]


def test_a_crash_names_the_signal():
    with run("import os; os.kill(os.getpid(), 9)") as process:
        with pytest.raises(ProcessError, match=r"^the process was .* SIGKILL$"):
            process.wait()


def test_a_process_does_not_outlive_its_context():
    with run("import time; time.sleep(1000)") as process:
        inner = process._process
        assert inner.poll() is None
    assert inner.poll() == -9


def test_a_process_does_not_outlive_a_killed_parent(tmp_path):
    path = tmp_path / "pid"
    child = f"""
import pathlib
from tests import jobs
jobs.stay(pathlib.Path({str(path)!r}))
"""
    parent = f"""
from export.fresh_process import FreshProcess
FreshProcess("timeit", "-n1", "-r1", {child!r}).wait()
"""
    assert not jobs.outlives(parent, path)
