"""Log-likelihood of tables: tfgen, nflows and Gaussian mixtures.

    python -m benchmarks.tables --runs=runs/tables \
      --diamonds=FOLDER/plotnine/data/diamonds.csv --python=../peers/bin/python

Diamonds are those of the Python package plotnine; breast cancer and wine those
of scikit-learn. All see the same split, all add noise between multiples, and
none sees the test split before the end. tfgen trains a Real NVP, a MAF and
spline couplings by their `auto` settings; nflows the same of as many layers and
units, for as many seconds of the processor (those of tfgen with its start); the
mixture is the best by validation of several numbers of Gaussians with full
covariances. `--model` and `--table` name fewer. Every run has a file of its own
in `--runs`, and one that has its file is not made again: the same command goes
on.
"""

import csv
import json
import math
import pathlib
import resource
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import app, flags

from benchmarks.bits_per_dim import once

DRAWS = 4  # of the noise, to test with
# Model -> how its files and rows end.
MODELS = {"real_nvp": "", "maf": "-maf", "neural_spline": "-neural_spline"}
TABLES = ("wine", "breast_cancer")
GAUSSIANS = (1, 2, 4, 8, 16, 32, 64)
FLAGS = flags.FLAGS


def write_table(data: str, path: pathlib.Path) -> None:
    """Writes a data set of scikit-learn as a CSV file."""
    from sklearn import datasets

    found = getattr(datasets, f"load_{data}")()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(found.feature_names)
        writer.writerows(found.data.tolist())


def write_arrays(table: pathlib.Path, path: pathlib.Path) -> None:
    """Writes standardized splits, and what is left to say of their units."""
    from tfgen.data.settings import DataConfig

    data = DataConfig(f"csv:{table}").load(seed=0)
    columns = data.spec.columns
    rows = [(c.mean, c.stddev, c.step) for c in columns]
    mean, stddev, step = np.transpose(rows)
    splits = {
        split: (fields["x"].astype(np.float64) - mean) / stddev
        for split, fields in data.source.splits.items()
    }
    slope = np.log(stddev).sum()
    np.savez(path, **splits, step=step / stddev, slope=slope)


def ours(
    runs: pathlib.Path, name: str, table: pathlib.Path, seed: int, model: str
) -> dict[str, Any]:
    """Trains and tests a model of tfgen."""
    workdir = runs / f"tfgen{MODELS[model]}-{name}-{seed}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    steps = [f"--steps={FLAGS.steps}"] if FLAGS.steps else []
    _python(
        sys.executable,
        "apps.train",
        f"--model={model}",
        f"--data=csv:{table}",
        f"--workdir={workdir}",
        f"--seed={seed}",
        *steps,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = [r.ru_utime + r.ru_stime for r in (before, after)]
    _python(
        sys.executable,
        "apps.evaluate",
        f"--workdir={workdir}",
        f"--draws={DRAWS}",
        "--measure=log_likelihood",
    )
    found = json.loads((workdir / "evaluation.json").read_text())
    network = json.loads((workdir / "config.json").read_text())["network"]
    return {
        "log_likelihood": found["log_likelihood"],
        "two_std_errors": found["log_likelihood_two_std_errors"],
        "processor_seconds": used[1] - used[0],
        "layers": network["couplings" if model == "real_nvp" else "layers"],
        "hidden": network["hidden"],
    }


def nflows(
    runs: pathlib.Path,
    name: str,
    arrays: pathlib.Path,
    seed: int,
    model: str,
    like: dict,
) -> dict[str, Any]:
    """Trains and tests a flow of nflows as large and as long as ours."""
    result = runs / f"nflows{MODELS[model]}-{name}-{seed}.raw.json"
    _python(
        FLAGS.python,
        "benchmarks.peers.tables_nflows",
        model,
        arrays,
        seed,
        like["processor_seconds"],
        like.get("layers", like.get("couplings")),  # as older files have it
        ",".join(map(str, like["hidden"])),
        result,
    )
    return json.loads(result.read_text())


def mixture(arrays: pathlib.Path, seed: int) -> dict[str, Any]:
    """Fits and tests mixtures of Gaussians."""
    from sklearn.mixture import GaussianMixture

    splits, step, slope = read(arrays)
    random = np.random.default_rng(seed)
    noisy = {n: x + step * random.random(x.shape) for n, x in splits.items()}
    most = len(splits["train"]) // (2 * splits["train"].shape[1])
    fitted = [
        GaussianMixture(k, reg_covar=1e-4, random_state=seed, max_iter=200).fit(
            noisy["train"]
        )
        for k in GAUSSIANS
        if k <= max(1, most)
    ]
    best = max(fitted, key=lambda m: m.score(noisy["validation"]))
    draws = [
        best.score_samples(splits["test"] + step * u)
        for u in noises(splits["test"].shape)
    ]
    return {**summary(draws, slope), "gaussians": best.n_components}


def read(arrays: pathlib.Path) -> tuple[dict[str, np.ndarray], Any, float]:
    """Returns splits, steps and slope of `write_arrays`."""
    with np.load(arrays) as file:
        found = dict(file)
    step, slope = found.pop("step"), float(found.pop("slope"))
    return found, step, slope


def noises(shape: tuple[int, ...]) -> list[np.ndarray]:
    """Returns the noise that all but tfgen are tested with."""
    random = np.random.default_rng(2016)
    return [random.random(shape) for _ in range(DRAWS)]


def summary(draws: Sequence[np.ndarray], slope: float) -> dict[str, float]:
    """Returns figures in the table's units of those of standardized rows."""
    values = np.mean(draws, axis=0)
    error = values.std(ddof=1) / math.sqrt(len(values))
    return {
        "log_likelihood": float(values.mean() - slope),
        "two_std_errors": float(2 * error),
    }


def _python(python, module, *arguments):
    command = [python, "-m", module, *map(str, arguments)]
    subprocess.run(command, check=True)


def compared(
    runs: pathlib.Path, name: str, table: pathlib.Path, seed: int
) -> dict[str, dict[str, Any]]:
    """Returns model -> result, each made if it has no file."""
    arrays = runs / f"{name}.npz"
    if not arrays.exists():
        write_arrays(table, arrays)

    def kept(model, make):
        return once(runs / f"{model}-{name}-{seed}.json", make)

    found = {"mixture": kept("mixture", lambda: mixture(arrays, seed))}
    for flow in FLAGS.model:
        end = MODELS[flow]
        mine = kept(
            f"tfgen{end}", lambda flow=flow: ours(runs, name, table, seed, flow)
        )
        found[f"tfgen{end}"] = mine
        if FLAGS.python:
            found[f"nflows{end}"] = kept(
                f"nflows{end}",
                lambda flow=flow, mine=mine: nflows(
                    runs, name, arrays, seed, flow, mine
                ),
            )
    return found


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    runs = pathlib.Path(FLAGS.runs).absolute()
    runs.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name in FLAGS.table:
        tables[name] = runs / f"{name}.csv"
        write_table(name, tables[name])
    if FLAGS.diamonds:
        tables["diamonds"] = pathlib.Path(FLAGS.diamonds).absolute()
    print("| data | model | test nats, mean | each seed | two std errors |")
    print("|---|---|---:|---|---:|")
    for name, table in tables.items():
        seeds = range(1, FLAGS.seeds + 1)
        rows = [compared(runs, name, table, seed) for seed in seeds]
        for model in rows[0]:
            values = [row[model]["log_likelihood"] for row in rows]
            error = np.mean([row[model]["two_std_errors"] for row in rows])
            each = ", ".join(f"{value:.3f}" for value in values)
            cells = name, model, f"{np.mean(values):.3f}", each, f"{error:.3f}"
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    flags.DEFINE_string("runs", "runs/tables", "Folder of runs and results.")
    flags.DEFINE_string("diamonds", None, "plotnine's diamonds.csv; or none.")
    flags.DEFINE_multi_enum("model", [*MODELS], [*MODELS], "Repeatable.")
    flags.DEFINE_list("table", [*TABLES], "Of scikit-learn; or none.")
    flags.DEFINE_integer("seeds", 3, "Of each.", lower_bound=1)
    flags.DEFINE_integer("steps", None, "Of tfgen. Default: those of auto.")
    flags.DEFINE_string("python", None, "That has nflows; none, no nflows.")
    app.run(main)
