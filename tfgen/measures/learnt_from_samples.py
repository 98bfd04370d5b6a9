"""How well a classifier trained on samples alone recognises the data.

It is the GAN-train of Shmelkov et al. 2018, arXiv:1807.09499, of any model that
draws images of a class: samples that miss a part of the data teach nothing of
it. There are as many as training examples, with their labels. The network is
that of `samples`; `label_accuracy_data` is what it learns from the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfgen.config import DataSpec
from tfgen.data.loaded import gather
from tfgen.evaluate.classifier import train_classifier
from tfgen.measures import Options
from tfgen.measures.label_accuracy import check
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 60_000  # samples


def applies(model: Model, spec: DataSpec) -> bool:
    """Never by itself: it trains a network."""
    del model, spec
    return False


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `learnt_from_samples_accuracy`, of the split, in [0, 1].

    Raises:
      UserError: a model or data without.
    """
    del options
    spec = run.config.spec
    check(model, spec, "learnt_from_samples")
    quality = run.sample_quality

    def samples(split):
        count = min(run.data.size(split), _MOST)
        return gather(
            {"x": quality.resized(x), "label": given["label"]}
            for x, given in quality.drawn(model, count, split)
        )

    classifier = train_classifier(
        samples("train"),
        samples("validation"),
        spec.num_classes,
        spec.levels,
        progress=False,
    )
    data = gather(run.held_out(model, split), _MOST)
    accuracy = classifier.accuracy(data["x"], data["label"])
    return {"learnt_from_samples_accuracy": accuracy}
