"""Runs the README's games and writes its tables of them.

    python -m benchmarks.games_on_digits --runs=runs/games
    python -m benchmarks.games_on_digits --data=npz:mnist_10k.npz  # MNIST's
    python -m benchmarks.games_on_digits --write   # README.md from the figures

A run that has an `evaluation.json` is not made again. The figures of all runs
are in `games_on_digits.json`, and `tests/benchmarks` holds the README against
that file.
"""

import json
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from absl import app, flags

from tfgen.evaluate.intervals import mean_interval

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "games_on_digits.json"
BEGIN, END = "<!-- games: {} -->\n", "<!-- end -->"

# Row -> what `apps.run` is asked for.
DIGITS = {
    "GAN": ["--model=gan"],
    "DCGAN": ["--model=dcgan"],
    "WGAN-GP": ["--model=wgan"],
    "BiGAN": ["--model=bigan"],
    "EBGAN-PT": ["--model=ebgan"],
}
TOY = {
    "EBGAN-PT": ["--model=ebgan", "--preset=toy"],
    "EBGAN": ["--model=ebgan", "--preset=toy", "--set=pull_away=0"],
}
# At most a quarter of an hour each on a core: the two that convolve have fewer
# steps than by themselves, and EBGAN the term that is off for other data.
MNIST = {
    "GAN": ["--model=gan"],
    "DCGAN": ["--model=dcgan", "--steps=1500"],
    "WGAN-GP": ["--model=wgan", "--steps=3000"],
    "BiGAN": ["--model=bigan"],
    "EBGAN-PT": ["--model=ebgan", "--set=pull_away=0.1"],
}
TABLES = {"digits": DIGITS, "toy": TOY}
# Heading -> figure of `evaluation.json`, digits after the point.
_OF_IMAGES = {
    "Fréchet distance": ("frechet_distance", 2),
    "precision": ("precision", 2),
    "recall": ("recall", 2),
    "coverage": ("coverage", 2),
    "classes": ("classes_found", 0),
}
COLUMNS = {
    "digits": _OF_IMAGES,
    "mnist": _OF_IMAGES,
    "toy": {
        "modes of 25": ("modes_found", 1),
        "near a mode": ("good_share", 2),
        "energy distance": ("energy_distance", 3),
        "recall": ("recall", 2),
    },
}

FLAGS = flags.FLAGS

Results = Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]


def measured(folder: pathlib.Path, arguments: Sequence[str]) -> dict[str, Any]:
    """Returns the test figures of a run, which is made if it is not there."""
    path = folder / "evaluation.json"
    if not path.exists():
        command = [sys.executable, "-m", "apps.run", f"--workdir={folder}"]
        subprocess.run([*command, *arguments], check=True, cwd=ROOT)
    return json.loads(path.read_text())


def run_all(
    folder: pathlib.Path, seeds: int, data: str | None
) -> dict[str, Any]:
    """Returns table -> row -> figures of each seed.

    Args:
      folder: of the workdirs.
      seeds: of each row.
      data: MNIST's, for its table alone.
    """
    of_data = {row: [*args, f"--data={data}"] for row, args in MNIST.items()}
    results = {}
    for table, rows in ({"mnist": of_data} if data else TABLES).items():
        names = [name for name, _ in COLUMNS[table].values()]
        results[table] = {}
        for row, arguments in rows.items():
            runs = [
                measured(
                    folder / f"{table}-{row.lower()}-{seed}",
                    [*arguments, f"--seed={seed}"],
                )
                for seed in range(seeds)
            ]
            results[table][row] = [
                {name: float(f"{run[name]:.4g}") for name in names}
                for run in runs
            ]
    return results


def markdown(results: Results, table: str) -> str:
    """Returns a table: means over seeds, and their 95 % intervals."""
    columns = COLUMNS[table]
    lines = [
        "| | " + " | ".join(columns) + " |",
        "|---" + "|---:" * len(columns),
    ]
    lines[1] += "|"
    for row, runs in results[table].items():
        cells = []
        for name, places in columns.values():
            mean, half = mean_interval([run[name] for run in runs])
            cell = f"{mean:.{places}f}"
            cells.append(f"{cell} ± {half:.{places}f}" if half else cell)
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def with_tables(text: str, results: Results) -> str:
    """Returns README.md's text with the tables of these results.

    Raises:
      ValueError: it has no place for one.
    """
    for table in results:
        begin = BEGIN.format(table)
        before, found, rest = text.partition(begin)
        _, end, after = rest.partition(END)
        if not (found and end):
            raise ValueError(f"README.md: no {begin.strip()} and {END}")
        text = before + begin + markdown(results, table) + end + after
    return text


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    results = json.loads(RESULTS.read_text())
    if not FLAGS.write:
        folder = pathlib.Path(FLAGS.runs)
        results |= run_all(folder, FLAGS.seeds, FLAGS.data)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    readme = ROOT / "README.md"
    readme.write_text(with_tables(readme.read_text(), results))


if __name__ == "__main__":
    flags.DEFINE_string("runs", "runs/games", "Folder of the workdirs.")
    flags.DEFINE_string("data", None, "MNIST as a file; only its table.")
    flags.DEFINE_integer("seeds", 3, "Of each row.", lower_bound=1)
    flags.DEFINE_bool("write", False, "Only write README.md.")
    app.run(main)
