"""How many samples of a class look like it, to the data's own classifier.

It is the GAN-test of Shmelkov et al. 2018, arXiv:1807.09499, of any model that
draws images of a class. The classifier is that of `samples`; what it says of
the data is the most that can be hoped for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.loaded import gather
from tfgen.errors import UserError
from tfgen.evaluate.classifier import SMALLEST
from tfgen.evaluate.summary import MOST
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("samples", "cache_dir")


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether it can be measured, and samples are what the model learns by."""
    return model.trains_samples and _can_be(model, spec)


def _can_be(model, spec):
    """Whether the model draws images of a class."""
    images = len(spec.shape) == 3 and min(spec.shape[:2]) >= SMALLEST
    return images and model.can("sample") and "label" in model.conditions


def check(model: Model, spec: DataSpec, measure: str) -> None:
    """Raises `UserError` unless the model draws images of a class."""
    if not _can_be(model, spec):
        raise UserError(
            f"measure={measure}: expected a model that draws images of a"
            f" class, of at least {SMALLEST}x{SMALLEST} pixels."
        )


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns shares in [0, 1].

    Of the options it takes `samples`.

    Returns:
      `label_accuracy`, of samples with the labels of the split;
      `label_accuracy_data`, of the split itself.

    Raises:
      UserError: a model or data without.
    """
    check(model, run.config.spec, "label_accuracy")
    quality = run.sample_quality
    count = options.samples or min(run.data.size(split), MOST)
    right = [
        quality.classifier.accuracy(quality.resized(x), given["label"]) * len(x)
        for x, given in quality.drawn(model, count, split)
    ]
    data = gather(run.held_out(model, split), MOST)
    return {
        "label_accuracy": float(np.sum(right)) / count,
        "label_accuracy_data": quality.classifier.accuracy(
            data["x"], data["label"]
        ),
    }
