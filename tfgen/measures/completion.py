"""Whether images that a model completes keep their class.

For half of the height and width hidden in the centre, and for the bottom half;
see `tfgen/projection.py`. The classifier is that of `samples`. Beside a model
stand the nearest training image on the known pixels, and the mean of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen import projection
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

HIDDEN = "center", "bottom"
_BATCH = 60  # examples, each with several starts


def applies(model: Model, spec: DataSpec) -> bool:
    """Never by itself: a search takes a while."""
    return False


def ways(model: Model) -> dict[str, projection.Search | None]:
    """Returns how the model can complete: name -> search, None its own way."""
    if model.can("complete"):
        return {"own": None}
    if not model.can("decode"):
        return {}
    found = {"search": projection.Search(encoder=False)}
    if model.can("encode"):
        found["encoder"] = projection.BY_ENCODER
        found["both"] = projection.Search()
    return found


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns shares in [0, 1] and mean absolute errors in the hole, in levels.

    Of the options it takes `samples`: how many examples.

    Returns:
      `completion_<hidden>_<way>` and `completion_<hidden>_<way>_l1`; ways are
      those of the model, `neighbor` and `mean`.

    Raises:
      UserError: a model or data without.
    """
    spec = run.config.spec
    if (
        not ways(model)
        or not spec.num_classes
        or len(spec.shape) != 3
        or min(spec.shape[:2]) < SMALLEST
    ):
        raise UserError(
            "measure=completion: expected a model that completes or decodes,"
            f" and images with labels of at least {SMALLEST}x{SMALLEST} pixels."
        )
    count = options.samples or min(run.data.size(split), MOST)
    data = gather(run.held_out(model, split), count)
    others = gather(run.held_out(model, "train"), MOST)["x"]
    classifier = run.sample_quality.classifier
    completed = {
        "neighbor": lambda x, mask: _neighbors(others, x, mask),
        "mean": lambda x, mask: np.broadcast_to(others.mean(0), x.shape),
    } | {
        name: _by(model, search, data, run.config.train.seed)
        for name, search in ways(model).items()
    }
    figures = {}
    for hidden in HIDDEN:
        x = data["x"]
        mask = projection.mask_of(hidden, spec.shape, len(x))
        for way, complete in completed.items():
            made = np.where(mask > 0, x, complete(x * mask, mask))
            name = f"completion_{hidden}_{way}"
            figures[name] = classifier.accuracy(made, data["label"])
            error = np.abs(made - x)[mask == 0].mean()
            figures[f"{name}_l1"] = float(error)
    return figures


def _by(model, search, data, seed) -> Callable:
    """What a model completes of x [n, H, W, C] and its mask."""
    given = model.given(data)
    complete = tf.function(
        projection.method(model, "complete", search),
        autograph=False,
        reduce_retracing=True,
    )
    size = projection.noise_size(model, search)

    def apply(x, mask):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(len(x), size)).astype(np.float32)
        parts = []
        for i in range(0, len(x), _BATCH):
            part = slice(i, i + _BATCH)
            some = {name: value[part] for name, value in given.items()}
            made = complete(x[part], mask[part], noise=noise[part], **some)
            parts.append(made.numpy())
        return np.concatenate(parts)

    return apply


def _neighbors(others, x, mask):
    """The training image [n, H, W, C] nearest to each on what is known."""
    known = others * mask[0]  # the same of all
    flat = known.reshape(len(known), -1)
    distances = np.sum(flat**2, 1) - 2 * x.reshape(len(x), -1) @ flat.T
    return others[distances.argmin(axis=1)]
