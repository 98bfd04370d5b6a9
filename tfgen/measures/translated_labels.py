"""How good a classifier of y is that has only seen labels of x.

It learns translations of x with the labels of x, and is asked for those of y
(Liu et al. 2017, arXiv:1703.00848, section 4, of digits). Beside it one that
has learnt x itself, and one that has learnt y with its labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tfgen.config import DataSpec
from tfgen.data.loaded import first_of
from tfgen.errors import UserError
from tfgen.evaluate.classifier import train_classifier
from tfgen.measures import Options, translations
from tfgen.measures.translations import target
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 60_000  # training examples


def applies(model: Model, spec: DataSpec) -> bool:
    """Never by itself: it trains networks."""
    del model, spec
    return False


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns accuracies on y of the split, in [0, 1].

    `target_accuracy_translated` of the classifier of translations,
    `target_accuracy_source` of that of x, which must have the shape of y, and
    `target_accuracy_target` of that of y. Translations that are rounded.

    Raises:
      UserError: a model that does not translate, or data without labels or
        pairs.
    """
    del options
    spec = run.config.spec
    y = target(spec)
    known = translations.applies(model, spec) and y.paired != "never"
    if not (known and spec.num_classes):
        raise UserError(
            "measure=translated_labels: expected a model that translates, and"
            " data with labels, whose held-out pictures come in pairs."
        )
    splits = [
        first_of(run.data, name, run.config.train, _MOST)
        for name in ("train", "validation")
    ]
    held = first_of(run.data, split, run.config.train, _MOST)

    def translated(x):
        made = translations.apply(run, model, "translate", x)
        return np.clip(np.rint(made), 0, y.levels - 1)

    def source(x):
        return x * ((y.levels - 1) / (spec.levels - 1))

    inputs = {
        "translated": lambda examples: translated(examples["x"]),
        "target": lambda examples: examples["y"],
    }
    if spec.shape == y.shape:
        inputs["source"] = lambda examples: source(examples["x"])
    values = {}
    for name, of in inputs.items():
        learnt = [{"x": of(e), "label": e["label"]} for e in splits]
        classifier = train_classifier(
            *learnt, spec.num_classes, y.levels, progress=False
        )
        accuracy = classifier.accuracy(held["y"], held["label"])
        values[f"target_accuracy_{name}"] = accuracy
    return values
