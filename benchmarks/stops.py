"""Stops what is done with a trained run, at moments spread over its time.

A signal must end the command with one line and 128 + its number; nothing half
done may be left (SIGKILL may leave it, until the next start), and no process.

Example:
  python -m benchmarks.stops
  python -m benchmarks.stops --commands=export --signals=SIGKILL --moments=20
"""

import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from absl import app, flags

ROOT = pathlib.Path(__file__).parents[1]
BEGIN = 2.0  # seconds, in which Python starts
COMMANDS = {
    "evaluate": ("apps.evaluate", "--workdir={}/run"),
    "sample": ("apps.sample", "--workdir={}/run"),
    "export": ("apps.export", "--workdir={}/run"),
    "publish": ("apps.export", "--workdir={}/run", "--publish={}/serving"),
    "reproduce": (
        "apps.reproduce",
        "--table=bigan_1",
        "--preset=tiny",
        "--seeds=1",
        "--workdir={}/table",
    ),
}


def start(folder: pathlib.Path, command: Sequence[str]) -> subprocess.Popen:
    """Starts a command in a session of its own."""
    module, *arguments = (part.format(folder) for part in command)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def session(leader: int) -> Iterator[int]:
    """Yields the processes of a session that have not ended."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            yield int(path.parent.name)


def stop(
    trained: pathlib.Path, command: Sequence[str], signum: int, after: float
) -> list[str]:
    """Returns what was wrong; ["ended"] if the command was faster."""
    problems = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(trained, folder / "run")
        with start(folder, command) as process:
            try:
                process.wait(after)
                return ["ended"]
            except subprocess.TimeoutExpired:
                process.send_signal(signum)
            error = process.communicate()[1].splitlines() or [""]
        if process.returncode == 0:  # all was done, but for Python's own end
            return ["ended"]
        time.sleep(1)
        for pid in session(process.pid):
            problems.append(f"process {pid} is left")
        killed = signum == signal.SIGKILL
        if process.returncode != (-signum if killed else 128 + signum):
            problems.append(f"exit code {process.returncode}")
        if not killed:
            if "Traceback" in " ".join(error):
                problems.append("traceback")
            if not error[-1].startswith("stopped by"):
                problems.append(error[-1])
            found = (p.name for p in folder.rglob("*") if "partial" in p.name)
            problems.extend(f"{name} is left" for name in found)
        exported = folder / "run" / "export"
        versions = {
            part: {
                re.sub(r".*/", "", str(p)) for p in exported.glob(f"{part}/*/*")
            }
            for part in ("saved_model", "checks")
        }
        if not killed and versions["saved_model"] != versions["checks"]:
            problems.append("half an export is left")
    return problems


def main(argv: Sequence[str]) -> None:
    """Prints a table, and below it what was wrong."""
    del argv
    wrong = []
    print("| command | signal | stopped | not as it should be |")
    print("|---|---|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        trained = pathlib.Path(name, "run")
        train = ("apps.train", "--preset=tiny", "--steps=4", "--workdir={}/run")
        start(pathlib.Path(name), train).communicate()
        for command in flags.FLAGS.commands:
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                shutil.copytree(trained, pathlib.Path(folder, "run"))
                whole = start(pathlib.Path(folder), COMMANDS[command])
                _, error = whole.communicate()
            if whole.returncode:
                raise SystemExit(f"{command}: {error}")
            seconds = time.monotonic() - began - BEGIN
            for signame in flags.FLAGS.signals:
                stopped, bad = 0, 0
                for i in range(count := flags.FLAGS.moments):
                    after = BEGIN + seconds * (i + 0.5) / count
                    signum = signal.Signals[signame]
                    found = stop(trained, COMMANDS[command], signum, after)
                    if found != ["ended"]:
                        stopped += 1
                        bad += bool(found)
                        wrong += [
                            f"{command}, {signame} after {after:.1f} s: {what}"
                            for what in found
                        ]
                print(
                    f"| {command} | {signame} | {stopped} | {bad} |", flush=True
                )
    print(*wrong, sep="\n")


if __name__ == "__main__":
    flags.DEFINE_list("commands", list(COMMANDS), "Of these, with commas.")
    flags.DEFINE_list("signals", ["SIGTERM", "SIGINT", "SIGKILL"], "Signals.")
    flags.DEFINE_integer("moments", 10, "Stops of each command by each signal.")
    app.run(main)
