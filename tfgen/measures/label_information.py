"""How much a code says of the label, at least, in nats.

A classifier's bound of the mutual information (Barber & Agakov 2003, "The IM
algorithm", NIPS): `I(z; y) >= H(y) - E[-log r(y|z)]` for any r, here boosted
trees that learn from half of the examples and are measured on the other. What
they do not find is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from tfgen.config import DataSpec
from tfgen.measures import Options, codes
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether there are factors, among them the label."""
    return codes.has_factors(model, spec) and bool(spec.num_classes)


def information(
    z: np.ndarray, factors: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Returns `label_information` in nats, and `label_entropy`, the most.

    Args:
      z: [N, Z].
      factors: of which the `label` counts, [N] classes.
    """
    if codes.LABEL not in factors:
        return {}
    label = factors[codes.LABEL]
    from scipy.stats import entropy
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import log_loss

    half = len(z) // 2
    trees = HistGradientBoostingClassifier(max_iter=50, early_stopping=False)
    trees.fit(z[:half], label[:half])
    seen, held_out = trees.classes_, np.isin(label[half:], trees.classes_)
    y = label[half:][held_out]
    guess = trees.predict_proba(z[half:][held_out])
    # Of the labels that are measured: else a lucky half would know more.
    H = entropy(np.bincount(y))
    loss = log_loss(y, guess, labels=seen)
    return {
        "label_information": float(max(0.0, H - loss)),
        "label_entropy": float(H),
    }


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `information` of the code.

    Of a code of several latents, also `label_information_<latent>` of each.
    """
    del options
    found = codes.coded(run, model, split)
    if not found:
        return {}
    values = information(found.codes, found.factors)
    if values and len(found.latents) > 1:
        for name, z in found.latents.items():
            alone = information(z, found.factors)["label_information"]
            values[f"label_information_{name}"] = alone
    return values
