"""How good samples are: distances from the data, classes, modes, coverage.

They select the checkpoint of a game, whose loss says nothing of its samples.
Images are measured by a classifier that is trained on the data once; the
workdir keeps it, and the cache for other runs on the same data. Without labels,
they are measured by the features of the same network with its initial weights.
Points are measured as they are.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
import tqdm
from absl import logging

from tfgen.config import DataSpec, RunConfig
from tfgen.data import toys
from tfgen.data.keys import digest
from tfgen.data.loaded import Data, gather
from tfgen.errors import UserError
from tfgen.evaluate.classifier import (
    Classifier,
    Described,
    epochs_of,
    read_classifier,
    train_classifier,
    untrained_classifier,
)
from tfgen.evaluate.inception import Inception
from tfgen.evaluate.modes import gaussian_modes
from tfgen.evaluate.samples import FEWEST, point_metrics, sample_metrics
from tfgen.evaluate.summary import MOST, Summary
from tfgen.files import default_cache_dir, reason_of
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("samples", "cache_dir")

CLASSIFIER = "classifier.npz"  # its file in the workdir
_RECIPE = 2  # of the classifier; the cache holds others beside it
_MOST_LEARNT = 60_000  # examples a classifier is trained on: all of MNIST's
_MOST_BYTES = 1 << 29  # and as much of them, of which training makes copies
_BATCH = 500
_SEED = 2_014  # of the noise: every checkpoint is measured by the same

# What is wrong with samples. Games that end well have more of each figure from
# their first validation on; a WGAN, which is as bad as noise then, the second.
_COLLAPSED = 0.1  # share of the data's variance that samples have left
_DIVERGED = 10.0
_FEW = {"classes": 0.3, "modes": 0.25}  # shares of the data's, at most
_LEAST = {
    # Fresh examples of the data have 0.97; one example in 20 of them, many
    # times, 0.22; noise hardly any.
    "coverage": (0.2, "samples cover {} of the data's neighbourhoods"),
    # The data have 0.9; noise that features hardly tell from images, 0.1.
    "precision": (0.2, "{} of samples lie in the data's neighbourhoods"),
    # The data have 0.9. A ball reaches to a sample's third neighbour: it is
    # empty if each sample is there four times, however many differ.
    "recall": (0.05, "samples are alike: {} of the data lie between them"),
}


class SampleQuality:
    """Measures samples of models of one run."""

    def __init__(
        self,
        data: Data,
        config: RunConfig,
        workdir: str | os.PathLike,
        classifier: Classifier | Inception | None = None,
        cache_dir: str | os.PathLike | None = None,
    ):
        """Nothing is computed before it is asked for.

        Args:
          data: images or points.
          config: of the run.
          workdir: gets `classifier.npz`.
          classifier: what images are measured by, instead of that one.
          cache_dir: holds those of all data; None is `default_cache_dir`.
        """
        if classifier:
            self.__dict__["classifier"] = classifier
        self._data, self._config = data, config
        self._path = pathlib.Path(os.fspath(workdir)) / CLASSIFIER
        self._cache_dir = pathlib.Path(cache_dir or default_cache_dir())
        self._images = len(config.spec.shape) == 3
        self._real = functools.cache(self._summary_of_data)

    def check(self, *splits: str) -> None:
        """Raises `UserError` if a split has too few examples to measure by."""
        for split in splits:
            if (count := self._data.size(split)) < FEWEST:
                raise UserError(
                    f"data={self._config.data.name}: {count} examples in the"
                    f" {split} split; expected at least {FEWEST}, which samples"
                    " are measured by."
                )

    def measure(
        self, model: Model, split: str, samples: int | None = None
    ) -> dict[str, float]:
        """Returns figures of samples, compared with all examples of a split.

        Args:
          model: can `sample`; its conditions are those of the split.
          split: "train", "validation" or "test".
          samples: how many, at least `FEWEST`; None is as many as the split
            has, and at most `MOST`.

        Returns:
          Name -> figure; the first is a distance, lower is better. The last,
          `variance_ratio`, is the variance of samples over that of the data.
          Of data without labels there are no figures of classes. But for the
          Fréchet distance and the variance, they are of the first `MOST`
          examples and samples.

        Raises:
          UserError: images of less than 8 x 8 pixels, or too few examples.
        """
        count = samples or min(self._real(split).count, MOST)
        samples = (x for x, _ in self.drawn(model, count, split))
        return self._figures(samples, count, split)

    def of_samples(self, x: np.ndarray, split: str) -> dict[str, float]:
        """Returns figures of samples.

        Args:
          x: [N, ...], as the data have them.
          split: they are compared with.

        Returns:
          See `measure`.

        Raises:
          UserError: see `measure`.
        """
        batches = (x[i : i + _BATCH] for i in range(0, len(x), _BATCH))
        return self._figures(batches, len(x), split)

    def _figures(self, batches, count, split):
        real, generated = self._real(split), self._summary(batches, count)
        if not generated.finite:
            # There is no distance to what is no number; the run goes on.
            name = "frechet_distance" if self._images else "energy_distance"
            return {name: float("inf"), "variance_ratio": float("inf")}
        if self._images:
            values = sample_metrics(real, generated)
        else:
            points = generated.first.features
            values = point_metrics(real.first.features, points)
            values |= self._modes(points)
        return values | {"variance_ratio": generated.variance / real.variance}

    def drawn(
        self, model: Model, count: int, split: str
    ) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
        """Yields batches of samples and their conditions, always the same.

        Args:
          model: see `measure`.
          count: of all batches together.
          split: whose conditions they have.
        """
        random = np.random.default_rng(_SEED)
        given = {}
        if model.conditions:
            data = self._data.eval_batches(split, self._config.train)
            given = model.given(gather(data, count))
        for start in range(0, count, _BATCH):
            size = min(_BATCH, count - start)
            noise = random.standard_normal(
                (size, model.sample_noise), np.float32
            )
            # Beyond the end of the split it begins anew.
            own = {
                name: np.take(
                    values, range(start, start + size), 0, mode="wrap"
                )
                for name, values in given.items()
            }
            yield model.sample(tf.constant(noise), **own).numpy(), own

    def _summary(self, batches, count):
        """Of `count` images or points, in batches [B, ...]."""
        summary = Summary()
        with tqdm.tqdm(
            total=count, desc="Measuring", delay=5, leave=False, disable=None
        ) as progress:
            for x in batches:
                if self._images:
                    x = self.resized(x)
                    summary.add(x, self.classifier.describe(x))
                else:
                    summary.add(x, Described(x, None))
                progress.update(len(x))
        return summary

    def resized(self, x: np.ndarray) -> np.ndarray:
        """Returns images in the size of the data; a model's may be smaller."""
        size = self._config.spec.shape[:2]
        return x if x.shape[1:3] == size else tf.image.resize(x, size).numpy()

    def _modes(self, x):
        """Of a mixture: how many Gaussians are found, how many samples hit."""
        mixture = toys.MIXTURES.get(self._config.data.name)
        if not mixture:
            return {}
        counts, share = gaussian_modes(x, *mixture)
        return {
            "modes_found": float(np.sum(counts > 0)),
            "modes_in_data": float(len(counts)),
            "good_share": share,
        }

    def _summary_of_data(self, split):
        self.check(split)
        batches = self._data.eval_batches(split, self._config.train)
        images = (batch["x"].numpy() for batch in batches)
        return self._summary(images, self._data.size(split))

    def _to_learn_from(self, split, most=_MOST_LEARNT):
        size = np.dtype(np.float32).itemsize * self._config.spec.size
        # Noise of gray levels is the same in runs of all seeds.
        train = dataclasses.replace(self._config.train, seed=0)
        batches = self._data.eval_batches(split, train)
        return gather(batches, min(most, _MOST_BYTES // size))

    @functools.cached_property
    def classifier(self) -> Classifier:
        """What images are measured by; made of the data, if it is not yet.

        Raises:
          UserError: images of less than 8 x 8 pixels, or a full disk.
        """
        if held := self._held(self._path):
            return held
        classes = self._config.spec.num_classes
        train = self._to_learn_from("train", _MOST_LEARNT if classes else MOST)
        splits = [train]
        if classes:
            splits.append(self._to_learn_from("validation"))
        # It is a function of these arrays.
        fields = ("x", "label") if classes else ("x",)
        arrays = [split[field] for split in splits for field in fields]
        name = digest(_RECIPE, *self._kind, *arrays)
        cached = self._cache_dir / "classifiers" / f"{name}.npz"
        classifier = self._held(cached)
        if not classifier:
            classifier = self._made(splits, cached)
            try:
                classifier.save(cached)
            except UserError as error:
                logging.warning(
                    "%s Until then every run trains its own.", error
                )
        classifier.save(self._path)
        return classifier

    @property
    def _kind(self):
        spec = self._config.spec
        return spec.shape, spec.num_classes, spec.levels

    def _held(self, path):
        """Returns the saved classifier; None if missing or damaged."""
        if not path.exists():
            return None
        try:
            return read_classifier(path, *self._kind)
        except UserError as error:
            reason = reason_of(error, path)
            logging.warning("%s: %s; it is made anew.", path, reason)
            return None

    def _made(self, splits, path):
        shape = splits[0]["x"].shape
        _, classes, levels = self._kind
        if not classes:
            return untrained_classifier(splits[0]["x"], levels)
        print(
            "Training the classifier that samples are measured by:"
            f" {shape[0]:,} images, at most {epochs_of(shape)} epochs, up to"
            " two minutes on two cores. Runs on the same data will find it in"
            f" {path}.",
            file=sys.stderr,
            flush=True,
        )
        return train_classifier(*splits, classes, levels, progress=False)


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether a player learns from samples."""
    del spec
    return model.trains_samples


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns figures of samples; see `SampleQuality.measure`.

    Of the options it takes `samples`.

    Raises:
      UserError: no samples or too few, or images of less than 8 x 8 pixels.
    """
    if not model.can("sample"):
        raise UserError(f"measure=samples: {model.name} makes no samples.")
    return run.sample_quality.measure(model, split, options.samples)


def complaint(values: Mapping[str, float]) -> str | None:
    """Returns what these figures show to be wrong with samples, or None.

    Args:
      values: of `SampleQuality.measure`, of as many samples as examples; or
        others. A missing figure counts as good: data without labels have no
        classes, and models other than games have no samples.
    """
    ratio = values.get("variance_ratio", 1.0)
    if ratio < _COLLAPSED:
        return f"samples collapsed to {ratio:.2g} of the data's variance"
    if ratio > _DIVERGED:
        return f"samples diverged to {ratio:.2g} times the data's variance"
    for name, few in _FEW.items():
        found = values.get(f"{name}_found", 1.0)
        total = values.get(f"{name}_in_data", 1.0)
        if found <= few * total:
            return f"samples show {found:.0f} of {total:.0f} {name}"
    for name, (least, text) in _LEAST.items():
        # Samples on the way to narrow Gaussians are near to none of the data;
        # of these, modes say more.
        known = name != "recall" and "modes_found" in values
        if not known and (share := values.get(name, 1.0)) < least:
            return text.format(f"{100 * share:.0f} %")
    return None
