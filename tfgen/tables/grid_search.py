"""EBGAN's grid search: brief trainings of many settings, a score for each.

Zhao et al. 2017, arXiv:1609.03126, section 4.1. Models are scored by I', the
modified inception score of their samples, by a classifier trained on the data.

workdir/
  ebgan_grid/config.json        whose data are the grid's
  ebgan_grid/classifier.npz     what samples are scored by
  ebgan_grid/<settings>.json    score of one configuration
  ebgan_grid/best/<settings>/   the best of each family until there is a better
                                one: a run to draw from, evaluate and export
  ebgan_grid.csv, .md           all scores; shares of good models
  ebgan_grid.png                histograms as in the paper's figure 2
  ebgan_grid_optimizers.png     as in figure 3
  ebgan_grid_best.png           samples of the best, as in figure 4
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfgen import saved_config
from tfgen.config import DataSpec, RunConfig, convert, flatten
from tfgen.errors import UserError
from tfgen.evaluate.classifier import Classifier, read_classifier
from tfgen.evaluate.inception_score import modified_inception_score
from tfgen.files import read_or_warn, write_text
from tfgen.measures.samples import CLASSIFIER
from tfgen.pictures import Drawing, sheet
from tfgen.processes import each_in_a_process
from tfgen.run import Run
from tfgen.tables import grid
from tfgen.tables.grid import Configuration
from tfgen.tables.grid_report import (
    SAMPLES,
    Scores,
    best,
    folder_of,
    report,
)
from tfgen.train.brief import train_briefly
from tfgen.train.checkpoint import Checkpoints, Progression
from tfgen.train.strategy import make_strategy
from tfgen.viz.images import write_png

_PRESET = "digits"  # what the grid does not set
_SAMPLES = 1_000  # of each model
_IN_A_PROCESS = 12  # configurations: starting TensorFlow takes as long as one
_TRAIN = (
    "train.batch_size=64",
    "train.steps_per_call=50",
    "train.jit_compile=false",  # compiling takes longer than training
)


class Trainings(NamedTuple):
    """Some configurations, for one process.

    Attributes:
      configurations: in this order.
      folder: of the grid.
      config: of any model on the grid's data.
      overrides: of all.
      strategy: name of where to train.
    """

    configurations: tuple[Configuration, ...]
    folder: pathlib.Path
    config: RunConfig
    overrides: tuple[str, ...]
    strategy: str


def search(
    workdir: str | os.PathLike,
    counts: Mapping[str, int],
    seed: int,
    data: str | None,
    overrides: Sequence[str],
    strategy: str,
    parallel: int,
    say: Callable[[str], None],
    cache_dir: str | None = None,
) -> str:
    """Trains and scores what is not scored yet.

    Args:
      workdir: a folder; scores that are there are not made again.
      counts: family -> how many of its configurations.
      seed: of the drawing; each training has the seed in `overrides`.
      data: images with labels; None is "digits".
      overrides: `name=value` strings, for every configuration.
      strategy: name of where to train, see `tfgen.train.strategy`.
      parallel: processes at a time.
      say: is told of progress.
      cache_dir: see `tfgen.run.Run`.

    Returns:
      The shares of good models, which are also written as Markdown.

    Raises:
      UserError: data without labels, settings that the grid sets itself, or a
        workdir with the grid of other data.
    """
    began = time.monotonic()
    workdir = pathlib.Path(workdir)
    for override in overrides:
        if override.strip().startswith(("network.", "*.")):
            raise UserError(
                f"{override}: the grid sets the network; leave it out."
            )
    folder = workdir / grid.NAME
    data = data or "digits"
    any_model = Run.start(folder, "gan", _PRESET, data, overrides)
    any_model.cache_dir = cache_dir
    if not any_model.config.spec.num_classes:
        raise UserError(
            f"data={data}: has no labels, which the grid's scores are made"
            " of; name images with labels."
        )
    with any_model.lock:
        _prepare(any_model, workdir)
        settings = (_steps(any_model.config.spec), *_TRAIN, *overrides)
        common = Trainings((), folder, any_model.config, settings, strategy)
        drawn = [
            c for f, count in counts.items() for c in grid.draw(f, count, seed)
        ]
        scores = {c: _scored(common, c) for c in drawn}
        _forget_lost(folder, scores)
        todo = [c for c in drawn if scores[c] is None]
        say(f"{len(drawn)} models, of which {len(drawn) - len(todo)} are done")
        # All families from the beginning: a search may be cut short.
        todo = random.Random(seed).sample(todo, len(todo))
        jobs = [
            common._replace(configurations=tuple(todo[i : i + _IN_A_PROCESS]))
            for i in range(0, len(todo), _IN_A_PROCESS)
        ]
        for _, part in each_in_a_process(run, jobs, parallel):
            scores |= part
            _keep_best(folder, scores)
            done = sum(score is not None for score in scores.values())
            say(f"[{time.monotonic() - began:5.0f} s] {done} of {len(drawn)}")
        return report(workdir, scores)


def _steps(spec: DataSpec) -> str:
    """As few as give samples that are more than noise; the user's come last."""
    return f"train.steps={600 if spec.shape[0] < 28 else 3000}"


def _prepare(any_model: Run, workdir: pathlib.Path) -> None:
    """Makes its folder that of its data, and trains their classifier.

    Raises:
      UserError: the folder is of other data, or they have no labels.
    """
    folder, config = any_model.workdir, any_model.config
    if (folder / "config.json").exists():
        held = saved_config.read(folder)
        for part in ("data", "spec"):  # a name says more than a shape
            changed = {part: getattr(config, part)}
            new = dataclasses.replace(held, **changed)
            saved_config.check_same(held, new, workdir)
    else:
        # A classifier without a config.json may be of other data.
        (folder / CLASSIFIER).unlink(missing_ok=True)
    # All processes need it, so it comes first.
    any_model.sample_quality.classifier  # noqa: B018
    saved_config.write(folder, config)


def run(job: Trainings) -> Scores:
    """Trains each configuration and writes its score."""
    spec = job.config.spec
    classifier = read_classifier(
        job.folder / CLASSIFIER, spec.shape, spec.num_classes, spec.levels
    )
    strategy = make_strategy(job.strategy)
    scores = {}
    for configuration in job.configurations:
        kept = folder_of(job.folder, configuration)
        shutil.rmtree(kept, ignore_errors=True)  # of other settings
        made = Run.start(
            kept,
            configuration.model,
            _PRESET,
            job.config.data.name,
            _overrides(job, configuration),
        )
        with strategy.scope():
            model = made.build_model()
        train = made.config.train
        batches = made.data.train_batches(train, model.noise)
        finite = train_briefly(model, train, batches, strategy)
        score = score_of(model, classifier) if finite else 0.0
        scores[configuration] = score
        if best(scores).get(configuration.family) == configuration:
            _keep(made, model)
        values = {"score": score, "settings": _settings(job, configuration)}
        write_text(_path(job, configuration), json.dumps(values) + "\n")
        keras.backend.clear_session()
    return scores


def _keep(run: Run, model: keras.Model) -> None:
    """Writes weights and samples of a model."""
    saved_config.write(run.workdir, run.config)
    checkpoints = Checkpoints(
        run.workdir / "checkpoints", "best", 1, model=model.variables
    )
    steps = run.config.train.steps
    checkpoints.save(steps, dataclasses.asdict(Progression(steps)))
    picture = sheet(Drawing(run.data, run.config, model))
    write_png(run.workdir / SAMPLES, picture)


def _keep_best(folder: pathlib.Path, scores: Scores) -> None:
    """Removes models that are not the best of those with a score.

    Each process keeps the best of its own; others may be at work.
    """
    scored = {c for c in scores if scores[c] is not None}
    for configuration in scored.difference(best(scores).values()):
        shutil.rmtree(folder_of(folder, configuration), ignore_errors=True)


def _forget_lost(folder: pathlib.Path, scores: Scores) -> None:
    """Forgets scores of the best models whose weights were not kept."""
    for configuration in best(scores).values():
        if not (folder_of(folder, configuration) / SAMPLES).exists():
            scores[configuration] = None


def score_of(model: keras.Model, classifier: Classifier) -> float:
    """Returns I' of samples; 0 if they are not finite."""
    shape = (_SAMPLES, model.sample_noise)
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    x = model.sample(tf.constant(noise)).numpy()
    if not np.isfinite(x).all():
        return 0.0
    return modified_inception_score(classifier.probabilities(x))


def _overrides(job: Trainings, configuration: Configuration) -> list[str]:
    side = job.config.spec.shape[0]
    return [*job.overrides, *grid.overrides(configuration, side)]


def _settings(job: Trainings, configuration: Configuration) -> list[str]:
    """What a score is made with: the data, and all that is set."""
    config = job.config
    data = flatten(config.data, "data.") | flatten(config.spec, "spec.")
    named = [f"{name}={value}" for name, value in data.items()]
    return [*named, *_overrides(job, configuration)]


def _path(job: Trainings, configuration: Configuration) -> pathlib.Path:
    return job.folder / f"{configuration.name}.json"


def _scored(job: Trainings, configuration: Configuration) -> float | None:
    """The score, if it was made with the same settings."""

    def parse(values):
        same = values["settings"] == _settings(job, configuration)
        return convert(values["score"], float, "score") if same else None

    return read_or_warn(_path(job, configuration), parse)
