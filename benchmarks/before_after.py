"""Times trainings of an older commit beside those of this tree.

    python -m benchmarks.before_after --before=6a0d71c^

Each training is a process of its own: `apps.train` (or `apps.snli`) of either
tree with the same settings, in turns. The rate is the median of the
`steps_per_second` in metrics.jsonl, the first of which holds the compilation
and is left out. The default is the commit before models had a contract.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from absl import app, flags

ROOT = pathlib.Path(__file__).parents[1]
# Name -> app, its arguments, steps.
TRAININGS = {
    "two moons": ("apps.train", ("--model=real_nvp", "--data=moons"), 4_000),
    "gan": ("apps.train", ("--model=gan", "--preset=digits"), 4_000),
    "dcgan": ("apps.train", ("--model=dcgan", "--preset=digits"), 800),
    "inner attention": ("apps.snli", ("--mode=train",), 400),
}

_BEFORE = flags.DEFINE_string("before", "6a0d71c^", "Commit to compare with.")
_REPEATS = flags.DEFINE_integer("repeats", 3, "Runs of each tree.", 1)
_TRAININGS = flags.DEFINE_list("trainings", list(TRAININGS), "Which.")


def rate(tree: pathlib.Path, name: str) -> float:
    """Trains in a new process and returns steps/s.

    Args:
      tree: a checkout.
      name: in `TRAININGS`.
    """
    module, arguments, steps = TRAININGS[name]
    settings = (
        f"--set=train.steps={steps}",
        f"--set=train.log_every={steps // 20}",
        f"--set=train.evaluate_every={steps}",
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(sys.executable, "-m", module, *arguments, *settings),
                f"--workdir={folder}/run",
            ],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree)},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        lines = pathlib.Path(folder, "run", "metrics.jsonl").read_text()
    rows = [json.loads(line) for line in lines.splitlines()]
    rates = [r["steps_per_second"] for r in rows if "steps_per_second" in r]
    return statistics.median(rates[1:])


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    with tempfile.TemporaryDirectory() as folder:
        before = pathlib.Path(folder, "before")
        git = ["git", "-C", ROOT, "worktree"]
        add = [*git, "add", "-q", "--detach", before, _BEFORE.value]
        subprocess.run(add, check=True)
        try:
            print("| training | before | now | now / before |")
            print("|---|---:|---:|---:|")
            for name in _TRAININGS.value:
                both = [
                    (rate(before, name), rate(ROOT, name))
                    for _ in range(_REPEATS.value)
                ]
                old, new = map(statistics.median, zip(*both, strict=True))
                row = f"{old:.1f} | {new:.1f} | {new / old:.3f}"
                print(f"| {name} | {row} |", flush=True)
        finally:
            subprocess.run([*git, "remove", "--force", before], check=True)


if __name__ == "__main__":
    app.run(main)
