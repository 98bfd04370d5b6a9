"""EBGAN's grid search: brief trainings of many settings, a score for each.

Zhao et al. 2017, arXiv:1609.03126, section 4.1. Models are scored by I', the
modified inception score of their samples, by a classifier trained on the data.

workdir/
  ebgan_grid/classifier.npz     what samples are scored by
  ebgan_grid/<settings>.json    score of one configuration
  ebgan_grid.csv, .md           all scores; shares of good models
  ebgan_grid.png                histograms as in the paper's figure 2
  ebgan_grid_optimizers.png     as in figure 3
"""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfgen import experiment, grid
from tfgen.errors import UserError
from tfgen.evaluate.classifier import Classifier
from tfgen.evaluate.inception_score import modified_inception_score
from tfgen.evaluate.intervals import accuracy_interval
from tfgen.grid import Configuration
from tfgen.processes import each_in_a_process
from tfgen.sample_quality import CLASSIFIER, SampleQuality
from tfgen.train.files import write_text
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps
from tfgen.train.strategy import make_strategy
from tfgen.viz.scores import score_histograms

Scores = Mapping[Configuration, float]

GOOD = 0.8  # of the best score, from which a model counts as good
_SAMPLES = 1_000  # of each model
_IN_A_PROCESS = 12  # configurations: starting TensorFlow takes as long as one
# Few enough that a model costs seconds; --steps makes it more.
_TRAIN = (
    "train.steps=600",
    "train.batch_size=64",
    "train.steps_per_call=50",
    "train.jit_compile=false",  # compiling takes longer than training
)


class Job(NamedTuple):
    """Some configurations, for one process.

    Attributes:
      configurations: in this order.
      folder: of the grid.
      data: name.
      overrides: of all.
      side: of the images, in pixels.
      strategy: name of where to train.
    """

    configurations: tuple[Configuration, ...]
    folder: pathlib.Path
    data: str
    overrides: tuple[str, ...]
    side: int
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

    Returns:
      The shares of good models, which are also written as Markdown.

    Raises:
      UserError: data without labels, or settings that the grid sets itself.
    """
    began = time.monotonic()
    workdir = pathlib.Path(workdir)
    for override in overrides:
        if override.strip().startswith("network."):
            raise UserError(
                f"--set {override}: the grid sets the network; leave it out."
            )
    folder, data = workdir / grid.NAME, data or "digits"
    any_model = experiment.start(folder, "gan", None, data, overrides)
    quality = SampleQuality(any_model.data, any_model.config, folder)
    quality.classifier  # noqa: B018  All processes need it, so it comes first.
    common = Job(
        (),
        folder,
        data,
        (*_TRAIN, *overrides),
        any_model.config.spec.shape[0],
        strategy,
    )
    drawn = [
        c for f, count in counts.items() for c in grid.draw(f, count, seed)
    ]
    scores = {c: _scored(common, c) for c in drawn}
    todo = [c for c in drawn if scores[c] is None]
    say(f"{len(drawn)} models, of which {len(drawn) - len(todo)} are done")
    # Both families from the beginning: a search may be cut short.
    todo = random.Random(seed).sample(todo, len(todo))
    jobs = [
        common._replace(configurations=tuple(todo[i : i + _IN_A_PROCESS]))
        for i in range(0, len(todo), _IN_A_PROCESS)
    ]
    for _, part in each_in_a_process(run, jobs, parallel):
        scores |= part
        done = sum(score is not None for score in scores.values())
        say(f"[{time.monotonic() - began:5.0f} s] {done} of {len(drawn)}")
    return report(workdir, scores)


def run(job: Job) -> Scores:
    """Trains each configuration and writes its score."""
    classifier = Classifier.load(job.folder / CLASSIFIER)
    strategy = make_strategy(job.strategy)
    scores = {}
    for configuration in job.configurations:
        settings = _settings(job, configuration)
        made = experiment.start(
            job.folder, configuration.family.lower(), None, job.data, settings
        )
        model = train_briefly(made, strategy)
        score = score_of(model, classifier) if model else 0.0
        scores[configuration] = score
        values = {"score": score, "overrides": settings}
        write_text(_path(job, configuration), json.dumps(values) + "\n")
        keras.backend.clear_session()
    return scores


def train_briefly(
    run: experiment.Experiment, strategy: tf.distribute.Strategy
) -> keras.Model | None:
    """Returns the trained model; None if a loss is not finite.

    Without validation and checkpoints, which would cost more than the training.

    Args:
      run: its settings and data; nothing is written to its folder.
      strategy: where to train.
    """
    config = run.config.train
    with strategy.scope():
        model = run.build_model()
        optimizers = {}
        for name, player in model.players().items():
            optimizers[name] = make_optimizer(player.optimizer, config.steps)
            optimizers[name].build(player.variables)
    train_steps = make_train_steps(
        model, optimizers, config.batch_size, strategy, config.jit_compile
    )
    batches = run.data.train_batches(config, model.noise())
    # Traced by hand: TensorFlow takes the same function of many models for one
    # that is traced too often.
    train_steps = train_steps.get_concrete_function(batches.element_spec)
    for batch in batches:
        losses = train_steps(batch)
        if not all(np.isfinite(loss).all() for loss in losses.values()):
            return None
    return model


def score_of(model: keras.Model, classifier: Classifier) -> float:
    """Returns I' of samples; 0 if they are not finite."""
    shape = (_SAMPLES, *model.latent_shape)
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    x = model.sample(tf.constant(noise)).numpy()
    if not np.isfinite(x).all():
        return 0.0
    return modified_inception_score(classifier.probabilities(x))


def report(workdir: pathlib.Path, scores: Scores) -> str:
    """Writes table, scores and histograms; returns the table."""
    text = format_summary(scores)
    write_text(workdir / f"{grid.NAME}.md", text + "\n")
    write_text(workdir / f"{grid.NAME}.csv", format_csv(scores))
    score_histograms(workdir / f"{grid.NAME}.png", by_layers(scores))
    score_histograms(
        workdir / f"{grid.NAME}_optimizers.png",
        by_optimizers(scores),
        columns=3,
    )
    return text


def format_summary(scores: Scores) -> str:
    """Returns the share of good models of each family, in Markdown."""
    threshold = GOOD * max(scores.values())
    lines = [
        f"| family | models | I' above {threshold:.2f} | 95 % | best I' | of |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for family in grid.FAMILIES:
        own = {c: s for c, s in scores.items() if c.family == family}
        if not own:
            continue
        good = sum(score > threshold for score in own.values())
        low, high = accuracy_interval(good, len(own))
        best = max(own, key=own.get)
        lines.append(
            f"| {family} | {len(own)} | {good / len(own):.1%} | {low:.1%} to"
            f" {high:.1%} | {own[best]:.2f} | {best.name} |"
        )
    return "\n".join(lines)


def format_csv(scores: Scores) -> str:
    """Returns a line for each configuration."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*Configuration._fields, "score"])
    writer.writerows([*c, score] for c, score in scores.items())
    return text.getvalue()


def by_layers(scores: Scores) -> dict[str, dict[str, list[float]]]:
    """Returns the panels of figure 2: all, and those of few layers."""
    return {
        title: _families(
            {
                c: score
                for c, score in scores.items()
                if max(c.layers_g, c.layers_d) <= most
            }
        )
        for most, title in (
            (5, "all"),
            (4, "nLayer[GD] <= 4"),
            (3, "nLayer[GD] <= 3"),
        )
    }


def by_optimizers(scores: Scores) -> dict[str, dict[str, list[float]]]:
    """Returns the panels of figure 3: GANs apart, all EBGANs in each."""
    parts: dict[str, dict] = {}
    for c in sorted(scores):
        if c.family == "GAN":
            title = f"D {c.optimizer_d}, G {c.optimizer_g}, {c.learning_rate:g}"
            parts.setdefault(title, {})[c] = scores[c]
    every = {c: s for c, s in scores.items() if c.family == "EBGAN"}
    return {
        title: _families(every | part) for title, part in sorted(parts.items())
    }


def _families(scores: Scores) -> dict[str, list[float]]:
    return {
        family: [s for c, s in scores.items() if c.family == family]
        for family in grid.FAMILIES
    }


def _settings(job: Job, configuration: Configuration) -> list[str]:
    return [*job.overrides, *grid.overrides(configuration, job.side)]


def _path(job: Job, configuration: Configuration) -> pathlib.Path:
    return job.folder / f"{configuration.name}.json"


def _scored(job: Job, configuration: Configuration) -> float | None:
    """The score, if it was made with the same settings."""
    try:
        values = json.loads(_path(job, configuration).read_text())
        if values["overrides"] == _settings(job, configuration):
            return float(values["score"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None
