"""Times trainings of an older commit beside those of this tree.

    python -m benchmarks.before_after --before=6a0d71c^

Each training is a process of its own: `apps.train` (or `apps.snli`) of either
tree with the same settings. Both are started, and then one at a time goes on
for a few seconds while the other is stopped, so that what else the machine does
meets both. The rate is all steps by all seconds of a tree, without its
compilation. The default is the commit before models had a contract.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from absl import app, flags

ROOT = pathlib.Path(__file__).parents[1]
# Name -> app, its arguments, steps between two lines of metrics.jsonl.
TRAININGS = {
    "two moons": ("apps.train", ("--model=real_nvp", "--data=moons"), 100),
    "gan": ("apps.train", ("--model=gan", "--preset=digits"), 100),
    "dcgan": ("apps.train", ("--model=dcgan", "--preset=digits"), 20),
    "inner attention": ("apps.snli", ("--mode=train",), 20),
}
NEVER = 10**7  # steps

_BEFORE = flags.DEFINE_string("before", "6a0d71c^", "Commit to compare with.")
_TURNS = flags.DEFINE_integer("turns", 20, "Of each tree.", 2)
_SECONDS = flags.DEFINE_float("seconds", 3.0, "Of a turn.", 0.1)
_TRAININGS = flags.DEFINE_list("trainings", list(TRAININGS), "Which.")


class Training:
    """A training that stands still, but for its turns."""

    def __init__(self, tree: pathlib.Path, name: str, workdir: pathlib.Path):
        module, arguments, every = TRAININGS[name]
        self.metrics = workdir / "metrics.jsonl"
        settings = (
            f"--set=train.steps={NEVER}",
            f"--set=train.log_every={every}",
            f"--set=train.evaluate_every={NEVER}",
            f"--set=train.checkpoint_every={NEVER}",
        )
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", module, *arguments, *settings),
                f"--workdir={workdir}",
            ],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def compile(self) -> None:
        """Waits for the first steps."""
        while self.step() == 0:
            if self.process.poll() is not None:
                sys.exit(f"{' '.join(self.process.args)}: ended with no step")
            time.sleep(0.1)
        self._signal(signal.SIGSTOP)

    def step(self) -> int:
        """Returns the last that is on record, 0 before there is one."""
        with contextlib.suppress(FileNotFoundError):
            lines = self.metrics.read_text().split("\n")[:-1]
            return json.loads(lines[-1])["step"] if lines else 0
        return 0

    def turn(self, seconds: float) -> int:
        """Goes on for so long; returns how many steps."""
        before = self.step()
        self._signal(signal.SIGCONT)
        time.sleep(seconds)
        self._signal(signal.SIGSTOP)
        return self.step() - before

    def end(self) -> None:
        """Kills it."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self.process.pid, number)


def rates(trees: Sequence[pathlib.Path], name: str) -> list[float]:
    """Returns steps/s of each tree.

    Args:
      trees: checkouts.
      name: in `TRAININGS`.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        trainings = []
        for i, tree in enumerate(trees):
            trainings.append(Training(tree, name, pathlib.Path(folder, str(i))))
            stack.callback(trainings[-1].end)
            trainings[-1].compile()
        steps = [0] * len(trees)
        for turn in range(-1, _TURNS.value):  # one to warm up
            for i, training in enumerate(trainings):
                made = training.turn(_SECONDS.value)
                steps[i] += made * (turn >= 0)
        return [s / (_TURNS.value * _SECONDS.value) for s in steps]


@contextlib.contextmanager
def checkout(commit: str) -> Iterator[pathlib.Path]:
    """Yields a folder with the tree of a commit."""
    git = ["git", "-C", ROOT, "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder, "before")
        add = [*git, "add", "-q", "--detach", tree, commit]
        subprocess.run(add, check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", tree], check=True)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    print("| training | before | now | now / before |")
    print("|---|---:|---:|---:|")
    with checkout(_BEFORE.value) as before:
        for name in _TRAININGS.value:
            old, new = rates((before, ROOT), name)
            row = f"{old:.1f} | {new:.1f} | {new / old:.3f}"
            print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    app.run(main)
