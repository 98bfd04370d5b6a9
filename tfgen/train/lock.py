"""A workdir belongs to one process: a lock that outlives no process.

The operating system locks an open file, `.lock`, until the process closes it or
ends, however it ends. A child that outlives its parent holds nothing: programs
that Python starts do not get its open files, and a fork closes this one.
Between machines it works where the file system has such locks: NFS does, from
Linux.
"""

import contextlib
import datetime
import fcntl
import functools
import os
import pathlib
import shlex
import socket
import sys

from absl import logging

from tfgen.errors import UserError
from tfgen.files import remove_partials, writing

_NAME = ".lock"


class Lock(contextlib.AbstractContextManager):
    """Keeps all others out of a folder; its holder may enter again."""

    def __init__(self, folder: str | os.PathLike):
        """Locks nothing yet.

        Args:
          folder: made when it is locked; what killed processes left there half
            written is removed then.
        """
        self._folder = pathlib.Path(folder)
        self._depth = 0

    def __enter__(self):
        """Locks the folder.

        Raises:
          UserError: another process holds it, or it cannot be written.
        """
        if not self._depth:
            self._file = self._open()
        self._depth += 1
        return self

    def __exit__(self, *_):
        self._depth -= 1
        if not self._depth:
            with self._file, contextlib.suppress(OSError):
                self._remove_if_empty()

    def _remove_if_empty(self):
        """Leaves nothing of a command that failed before it wrote anything."""
        if os.listdir(self._folder) == [_NAME]:
            (self._folder / _NAME).unlink()
            for folder in self._made:
                folder.rmdir()

    def _open(self):
        path = self._folder / _NAME
        with contextlib.ExitStack() as stack:
            with writing(path):
                above = (self._folder, *self._folder.parents)
                self._made = [f for f in above if not f.exists()]
                self._folder.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(path.open("ab+", buffering=0))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"workdir={self._folder}: in use by {_holder(file)}; wait"
                    " until it ends, or name another workdir."
                ) from None
            except OSError as error:
                logging.warning(
                    "%s: the file system has no locks (%s); make sure that no"
                    " other process uses workdir=%s.",
                    path,
                    error.strerror,
                    self._folder,
                )
            else:
                if not path.exists():  # its holder failed and removed it
                    return self._open()
                remove_partials(self._folder)
            with writing(path):
                file.truncate(0)
                file.write(_description().encode())
            stack.pop_all()
        os.register_at_fork(after_in_child=file.close)
        return file


def alone(method):
    """Decorates a method to hold `self.lock` while it runs."""

    @functools.wraps(method)
    def locked(self, *args, **kwargs):
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


def _description() -> str:
    """This process, in one line."""
    now = datetime.datetime.now().astimezone()
    command = " ".join(shlex.join(sys.argv).split())
    return (
        f"process {os.getpid()} on {socket.gethostname()} since"
        f" {now:%Y-%m-%d %H:%M:%S %z} ({command:.300})\n"
    )


def _holder(file) -> str:
    """What the process that holds the lock wrote."""
    with contextlib.suppress(OSError):  # on SMB others cannot read it
        file.seek(0)
        line = file.readline(1000).decode(errors="replace").strip()
        if line:
            return line
    return "another process"
