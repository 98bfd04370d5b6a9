"""Runs the apps on disks that are full or read-only, and on wrong files.

Workdir or published folder lie on a small `tmpfs`. After a run with room, the
same command gets a share of what that one wrote. It must end with one line that
names a file, leave nothing half-written, and do its work when there is room
again. Needs root, which mounts.

    python -m benchmarks.disk_full
    python -m benchmarks.disk_full --only=publish
"""

import contextlib
import multiprocessing
import os
import pathlib
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from absl import app, flags

from tfgen.processes import start_tensorflow

_ONLY = flags.DEFINE_string("only", "", "Cases whose names begin so.")
_SHARES = (0.0, 0.3, 0.6, 0.9)
_GAME = ("--model=gan", "--preset=tiny")
_FLOW = (
    *("--model=real_nvp", "--preset=tiny", "--data=moons"),
    *("--set=num_examples=200", "--steps=8"),
)


class Case(NamedTuple):
    """A command whose files lie on the small disk.

    Attributes:
      app: name of the module in `apps`.
      arguments: {run} is the workdir, {disk} the disk, {game} a trained game.
      takes_out: file of the workdir that the command must make anew.
      begins_with: whether the workdir holds the trained game.
    """

    app: str
    arguments: tuple[str, ...]
    takes_out: str = ""
    begins_with: bool = True


_RUN = "--workdir={run}"
CASES = {
    "train": Case("train", (_RUN, *_FLOW), begins_with=False),
    "classifier": Case("evaluate", (_RUN,), takes_out="classifier.npz"),
    "evaluate": Case("evaluate", (_RUN,)),
    "sample": Case("sample", (_RUN,)),
    "export": Case("export", (_RUN, "--quantize=float32", "--quantize=int8")),
    "publish": Case(
        "export",
        ("--workdir={game}", "--quantize=float32", "--publish={disk}/serving"),
    ),
}
# What is in the place of what: a file of a folder, a folder of a file.
WRONG = [
    ("train", "checkpoints", "file"),
    ("train", "logs", "file"),
    ("train", "metrics.jsonl", "folder"),
    ("train", "config.json", "folder"),
    ("evaluate", "config.json", "folder"),
    ("evaluate", "classifier.npz", "folder"),
    ("evaluate", "evaluation.json", "folder"),
    ("sample", "samples", "file"),
    ("sample", "samples/samples.png", "folder"),
    ("export", "export", "file"),
    ("export", "export/saved_model", "file"),
    ("export", "export/saved_model/gan", "file"),
    ("export", "export/tflite", "file"),
    ("publish", "serving", "file"),
    ("publish", "serving/models", "file"),
    ("publish", "serving/models/gan", "file"),
    ("publish", "serving/models.config", "folder"),
    ("publish", "serving/.lock", "folder"),
    ("publish", "serving/docker-compose.yml", "folder"),
]


class Disk:
    """A mounted `tmpfs` of 64 MiB."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self._ballast = path / "ballast"

    def used(self) -> int:
        """Bytes."""
        disk = os.statvfs(self.path)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize

    def leave(self, size: int) -> None:
        """Fills the disk up to so many bytes."""
        disk = os.statvfs(self.path)
        free = disk.f_bfree * disk.f_frsize
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - size))

    def make_room(self) -> None:
        """Takes back what `leave` did."""
        self._ballast.unlink(missing_ok=True)

    def remount(self, mode: str) -> None:
        """Makes it read-only, "ro", or not, "rw"."""
        command = ["mount", "-o", f"remount,{mode}", str(self.path)]
        subprocess.run(command, check=True)


@contextlib.contextmanager
def mounted() -> Iterator[Disk]:
    """A new disk, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        tmpfs = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]
        subprocess.run(tmpfs, check=True)
        try:
            yield Disk(pathlib.Path(folder))
        finally:
            subprocess.run(["umount", folder], check=True)


class Trial:
    """Makes what a case begins with, and runs its command."""

    def __init__(self, disk: Disk, game: pathlib.Path, name: str):
        self.disk, self.case = disk, CASES[name]
        self._run, self._game = disk.path / "run", game
        if self.case.begins_with and "{run}" in str(self.case.arguments):
            shutil.copytree(game, self._run)
            (self._run / (self.case.takes_out or "none")).unlink(True)

    def __call__(self) -> tuple[int, list[str]]:
        """Returns the exit code and the lines of the errors."""
        places = {"run": self._run, "disk": self.disk.path, "game": self._game}
        return call(
            self.case.app, *(a.format(**places) for a in self.case.arguments)
        )


def call(name: str, *arguments: str) -> tuple[int, list[str]]:
    """Returns an app's exit code and the lines of its errors."""
    with tempfile.TemporaryFile("w+") as errors:
        # TensorFlow is imported once, and started by each process.
        process = multiprocessing.get_context("fork").Process(
            target=_run, args=(name, arguments, errors.fileno())
        )
        process.start()
        process.join()
        errors.seek(0)
        return process.exitcode, errors.read().splitlines()


def _run(name: str, arguments: Sequence[str], errors: int) -> None:
    os.dup2(errors, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv = [name, *arguments]
    runpy.run_module(f"apps.{name}", run_name="__main__")


def judged(trial: Trial, what: str, mend: Callable[[], None]) -> bool:
    """Runs a command that should fail, and again when it should not.

    Args:
      trial: of the command.
      what: is wrong with the disk.
      mend: makes it right.

    Returns:
      Whether all is as it should be; a row of the table is printed.
    """
    code, lines = trial()
    errors = [line for line in lines if line.startswith("error: ")]
    left = [str(p) for p in trial.disk.path.rglob("*partial*")]
    mend()
    again, _ = trial()
    good = not left and again == 0
    good &= code == 0 or (
        code == 2 and len(errors) == 1 and errors == lines[-1:]
    )
    line = (lines[-1] if code and lines else "").replace(
        str(trial.disk.path), "DISK"
    )
    cells = what, str(code), line, ", ".join(left) or "-", str(again)
    print(f"| {' | '.join(cells)} | {'yes' if good else 'NO'} |", flush=True)
    return good


def full(game: pathlib.Path, name: str) -> Iterator[bool]:
    """Yields what came of disks with too little room."""
    with mounted() as disk:
        trial = Trial(disk, game, name)
        before = disk.used()
        code, lines = trial()
        if code:
            raise RuntimeError(f"{name}: failed with room: {lines}")
        needed = disk.used() - before
    for share in _SHARES:
        with mounted() as disk:
            trial = Trial(disk, game, name)
            disk.leave(int(share * needed))
            what = f"{name}: {share:.0%} of {needed:,} bytes"
            yield judged(trial, what, disk.make_room)


def read_only(game: pathlib.Path, name: str) -> Iterator[bool]:
    """Yields what came of a disk that cannot be written."""
    with mounted() as disk:
        trial = Trial(disk, game, name)
        disk.remount("ro")
        yield judged(trial, f"{name}: read-only", lambda: disk.remount("rw"))


def wrong(
    game: pathlib.Path, name: str, path: str, kind: str
) -> Iterator[bool]:
    """Yields what came of a file in a folder's place, or the other way."""
    with mounted() as disk:
        trial = Trial(disk, game, name)
        home = disk.path if name == "publish" else disk.path / "run"
        place, kept = home / path, disk.path / "kept"
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            place.rename(kept)
        place.mkdir() if kind == "folder" else place.touch()

        def mend():
            place.rmdir() if kind == "folder" else place.unlink()
            if kept.exists():
                kept.rename(place)

        yield judged(trial, f"{name}: {path} is a {kind}", mend)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    if os.geteuid():
        raise app.UsageError("only root may mount a tmpfs.")
    start_tensorflow(debug=False)
    names = [name for name in CASES if name.startswith(_ONLY.value)]
    with tempfile.TemporaryDirectory() as folder:
        game = pathlib.Path(folder) / "game"
        code, lines = call("train", f"--workdir={game}", *_GAME)
        if code:
            raise RuntimeError(f"no game to begin with: {lines}")
        print("| what | code | last line | left | with room | good |")
        print("|---|---|---|---|---|---|")
        good: list[bool] = []
        for name in names:
            good += full(game, name)
            good += read_only(game, name)
        for name, path, kind in WRONG:
            if name in names:
                good += wrong(game, name, path, kind)
    print(f"{sum(good)} of {len(good)} as they should be")
    sys.exit(not all(good))


if __name__ == "__main__":
    app.run(main)
