"""What tests cost: their own time on processors, whatever else runs."""

import collections
import contextlib
import os
import pathlib

import pytest

from tfgen import registry


class Costs:
    """Show processor seconds of tests, files, and models in conformance.

    What stands for a trait is its file's, not the model's; nor is what sets a
    process up.
    """

    def __init__(self):
        self._before = 0.0
        self._groups = {
            name: collections.Counter() for name in ("test", "file", "model")
        }

    def pytest_runtest_logstart(self):
        self._before = _processor_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item):
        """Puts onto a report what this phase of the test cost, and its model.

        Setting up a shared fixture is a phase of the first test that has it.
        """
        report = yield
        now = _processor_seconds()
        params = item.callspec.params if hasattr(item, "callspec") else {}
        report.cost = now - self._before, str(params.get("name"))
        self._before = now
        return report

    def pytest_runtest_logreport(self, report):
        # Of a process that crashed nothing is known.
        seconds, name = getattr(report, "cost", (0.0, None))
        file, _, test = report.location
        self._groups["test"][f"{file}::{test}"] += seconds
        self._groups["file"][file] += seconds
        conformance = file.startswith("tests/conformance/")
        if conformance and name in registry.MODELS and report.when == "call":
            self._groups["model"][name] += seconds

    def pytest_terminal_summary(self, terminalreporter):
        for name, costs in self._groups.items():
            terminalreporter.section(f"processor seconds by {name}")
            for key, seconds in costs.most_common(
                100 if name == "test" else None
            ):
                terminalreporter.write_line(f"{seconds:8.2f}  {key}")
        total = self._groups["file"].total()
        terminalreporter.write_line(f"{total:8.2f}  all tests")


def _processor_seconds():
    """This process's so far, and that of its descendants."""

    def ticks(process):
        stat = (process / "stat").read_text().rpartition(")")[2].split()
        total = sum(map(int, stat[11:15]))  # its own, and of ended children
        for children in process.glob("task/*/children"):
            found = []
            with contextlib.suppress(OSError):  # the thread has just ended
                found = children.read_text().split()
            for child in found:
                with contextlib.suppress(OSError):  # it has just ended
                    total += ticks(pathlib.Path("/proc", child))
        return total

    return ticks(pathlib.Path("/proc/self")) / os.sysconf("SC_CLK_TCK")
