"""How the page completes pictures: by an encoder, without gradients.

That is a search without steps from one start, see `tfgen.projection`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from export import calls

if TYPE_CHECKING:
    from tfgen.model import Model
    from tfgen.run import Run

_CHECKED = 2  # completions that the page compares with Keras's
_SEARCH = (
    "run.complete(x, mask) does it in Python; an export with"
    " complete=true, on servers"
)


def reason_against(model: Model, here: Collection[str]) -> str:
    """Returns why the page completes none of the model's pictures, or "".

    Args:
      model: of pictures.
      here: the signatures of the page's file.
    """
    if model.can("complete"):
        return (
            "the model's own way is for Python, run.complete(x, mask), and"
            " servers"
        )
    if "decode" not in here:
        return "the model decodes no latents"
    if not (model.encodes_all and "encode" in here):
        return (
            "without an encoder of all latents it takes gradients, which"
            f" LiteRT.js has not; {_SEARCH}"
        )
    if model.can("log_prob") and model.latent_size == model.spec.size:
        return (
            "the encoder is the decoder's inverse and gives back whatever is in"
            f" the hole; {_SEARCH}, by gradients"
        )
    return ""


def completion(
    run: Run, here: Collection[str], rows: calls.Arrays
) -> dict[str, Any] | None:
    """Returns what the page reads; None where examples are no pictures.

    Args:
      run: trained.
      here: the signatures of the page's file.
      rows: test examples.
    """
    from tfgen import projection

    model, spec = run.model, run.config.spec
    if len(spec.shape) != 3 or spec.words or not model.latents:
        return None
    if reason := reason_against(model, here):
        return {"reason": reason}
    few = calls.spread(rows, _CHECKED)
    x, count = few["x"], len(few["x"])
    noise = np.random.default_rng(0).standard_normal(
        (count, model.latent_size), np.float32
    )
    latents = dict(zip(model.latents, map(np.asarray, model.prior(noise))))
    mask = projection.mask_of("center", spec.shape, count)
    given = model.given(few)
    inputs = {"x": x, **given}
    below = np.nextafter(np.float32(spec.levels), np.float32(0))
    made = projection.complete(
        model, projection.BY_ENCODER, x, mask, noise, **given
    )
    return {
        "passes": projection.PASSES,
        "range": [0.0, float(below)] if spec.levels else None,
        "checks": [
            {
                "inputs": {n: v[i].tolist() for n, v in inputs.items()},
                "hidden": (mask[i, ..., 0] == 0).ravel().tolist(),
                "latents": {n: z[i].tolist() for n, z in latents.items()},
                "x": np.asarray(made)[i].tolist(),
            }
            for i in range(count)
        ],
    }
