"""FID, KID and inception score by InceptionV3; needs inception=FILE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.evaluate.inception import Inception
from tfgen.measures import Options
from tfgen.measures.samples import SampleQuality
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("inception", "samples")

# What figures are called that are of InceptionV3.
_PUBLISHED = {
    "frechet_distance": "fid",
    "kernel_distance": "kid",
    "kernel_distance_std_error": "kid_std_error",
    "inception_score": "inception_v3_score",
}


def applies(model: Model, spec: DataSpec) -> bool:
    """Never by itself: it needs a file."""
    del model, spec
    return False


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns `fid`, `kid`, `kid_std_error` and `inception_v3_score`.

    Of the options it takes `inception` and `samples`.

    Raises:
      UserError: a file of other weights, no samples, or too few.
    """
    if not options.inception:
        raise UserError(
            "measure=inception: expected inception=FILE, Keras's"
            " InceptionV3 weights."
        )
    if not model.can("sample"):
        raise UserError(f"inception: {model.name} makes no samples.")
    spec = run.config.spec

    def make(weights):
        inception = Inception(weights, spec.shape, spec.levels)
        return SampleQuality(run.data, run.config, run.workdir, inception)

    quality = run.once("inception", options.inception, make)
    values = quality.measure(model, split, options.samples)
    return {_PUBLISHED[n]: v for n, v in values.items() if n in _PUBLISHED}
