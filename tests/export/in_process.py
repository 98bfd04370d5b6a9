"""What an export has other processes do, done in this one."""

import contextlib
import io
import os
import sys
import warnings
from unittest import mock

import export.check.__main__ as check_program
from export.write import tflite

_PROGRAMS = {
    "export.check": check_program.main,
    "export.write.tflite": tflite._serve,
}


class InProcess:
    """Stands in for `FreshProcess`: TensorFlow has been imported here."""

    def __init__(self, module, *arguments):
        self._main = _PROGRAMS[module]
        self._arguments = [module, *map(os.fspath, arguments)]
        self._out = io.StringIO()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        pass

    def wait(self):
        with (
            mock.patch.object(sys, "argv", self._arguments),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(self._out),
            warnings.catch_warnings(),
        ):
            # TensorFlow's converter uses an interpreter that it gives up.
            warnings.simplefilter("ignore")
            self._main()

    def printed(self):
        return self._out.getvalue().splitlines()


def in_process():
    """Within this context, an export starts no process and takes no time."""
    stack = contextlib.ExitStack()
    no_time = mock.patch("export.check.artefact._milliseconds", lambda *_: 1.0)
    stack.enter_context(no_time)
    # The converter looks for garbage, which takes longest where most tests
    # have run.
    stack.enter_context(mock.patch("gc.collect", lambda *_: 0))
    for module in ("export.check.checker", "export.write.tflite"):
        stack.enter_context(mock.patch(f"{module}.FreshProcess", InProcess))
    return stack
