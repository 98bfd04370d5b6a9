"""How many classes one Markov chain walks through.

A chain that mixes sees all of them; one that stays where it began, one. Classes
are those that the classifier of `samples` sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.evaluate.classifier import SMALLEST
from tfgen.evaluate.modes import classes_found
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_CHAINS, _SEED = 16, 2_014


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether it can be measured, and samples are what the model learns by."""
    return model.trains_samples and _can_be(model, spec)


def _can_be(model, spec):
    images = len(spec.shape) == 3 and min(spec.shape[:2]) >= SMALLEST
    return images and bool(spec.num_classes) and model.can("chain")


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `chain_classes`, the mean over 16 chains, and `chain_steps`.

    Chains are as long as those of samples, whatever the split is.

    Raises:
      UserError: a model without chains, or other data than images of classes.
    """
    del split, options
    if not _can_be(model, run.config.spec):
        raise UserError(
            "measure=chain_classes: expected a model whose samples end Markov"
            " chains, of images with labels, of at least"
            f" {SMALLEST}x{SMALLEST} pixels."
        )
    random = np.random.default_rng(_SEED)
    uniforms = random.random((_CHAINS, model.sample_noise), np.float32)
    chains = model.chain(tf.constant(uniforms)).numpy()
    classifier = run.sample_quality.classifier
    found = [classes_found(classifier.probabilities(x)) for x in chains]
    return {
        "chain_classes": float(np.mean(found)),
        "chain_steps": float(chains.shape[1] - 1),
    }
