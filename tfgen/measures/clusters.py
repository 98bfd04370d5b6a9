"""How well categories learnt without labels match the labels, and k-means'.

It is for codes that are one of K categories, without labels: those of an `aae`
with `categories`, of a `pixelgan`, and the first of an `infogan`. Each category
counts as the label that most of it have, in one half of the examples; the other
half is measured. If a split has less than 1,000 examples, all splits together
are used.

`matched_accuracy` gives each category one label and each label one category, by
the best pairs of all these examples (Chen et al. 2016, arXiv:1606.03657).

k-means finds as many clusters in the pixels of the training split, and is
measured in the same way.

What deviates: Makhzani et al. 2015 (arXiv:1511.05644, section 6) give a
category the label of one example, of which the encoder is the surest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data.loaded import first_of, gather
from tfgen.measures import Options, codes
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_STARTS = 10  # of k-means


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether a code is a category, which is no label, and there are labels."""
    named = model.can("classify") or not spec.num_classes
    return model.can("encode") and bool(_category(model)) and not named


def _category(model):
    """The names of latents that are categories."""
    return [n for n, z in model.latents.items() if z.prior == "categorical"]


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns accuracies in [0, 1], and how many categories are in use.

    Returns:
      `cluster_accuracy` and `matched_accuracy`; `clusters_found`, categories
      that are the most probable of an example at least;
      `cluster_accuracy_k_means` and `matched_accuracy_k_means`.
    """
    del options
    if not applies(model, run.config.spec):
        return {}
    name, *_ = _category(model)
    (K,) = model.latents[name].shape

    def batches():
        for batch, code in codes.encoded(run, model, split):
            category = tf.argmax(code[name], axis=1)
            x = tf.reshape(batch["x"], [len(category), -1])
            yield {"x": x, "category": category, "label": batch["label"]}

    x, category, label = gather(batches(), codes.MOST).values()
    seen = first_of(run.data, "train", run.config.train, codes.MOST)["x"]
    from sklearn.cluster import KMeans

    k_means = KMeans(min(K, len(seen)), n_init=_STARTS, random_state=0)
    k_means.fit(seen.reshape(len(seen), -1))
    of_k_means = k_means.predict(x)
    return {
        "cluster_accuracy": accuracy(category, label),
        "matched_accuracy": matched_accuracy(category, label),
        "clusters_found": float(len(np.unique(category))),
        "cluster_accuracy_k_means": accuracy(of_k_means, label),
        "matched_accuracy_k_means": matched_accuracy(of_k_means, label),
    }


def accuracy(category: np.ndarray, label: np.ndarray) -> float:
    """Returns how often a category's label is right, in [0, 1].

    Args:
      category: [N] int; the first half gives each its label.
      label: [N] int; the second half is measured.
    """
    half = len(label) // 2
    counts = _counts(category[:half], label[:half], category.max() + 1)
    guess = counts.argmax(axis=1)[category[half:]]
    # A category of which the first half has nothing is wrong.
    known = counts.sum(axis=1)[category[half:]] > 0
    return float(np.mean(known & (guess == label[half:])))


def matched_accuracy(category: np.ndarray, label: np.ndarray) -> float:
    """Returns how often the label is that of its category, in [0, 1].

    Args:
      category: [N] int.
      label: [N] int.
    """
    from scipy.optimize import linear_sum_assignment

    counts = _counts(category, label, category.max() + 1)
    pairs = linear_sum_assignment(counts, maximize=True)
    return float(counts[pairs].sum() / len(label))


def _counts(category, label, K):
    """How many examples have each category and label, [K, C]."""
    counts = np.zeros((K, label.max() + 1), int)
    np.add.at(counts, (category, label), 1)
    return counts
