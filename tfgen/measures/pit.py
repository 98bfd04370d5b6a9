"""How uniform a flow's latents of data are by their prior's CDF (PIT).

The probability integral transform of Rosenblatt 1952, "Remarks on a
multivariate transformation": if a flow is right, the numbers F(z_d) of z = f(x)
are independent and uniform, where F is the prior's distribution function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

MOST = 5_000  # examples: D numbers of each are kept
_PANELS = 8
_KNOWN = ("normal", "logistic")


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model is a flow, of latents whose CDF is known."""
    del spec
    priors = {latent.prior for latent in model.latents.values()}
    flow = all(map(model.can, ("log_prob", "encode", "decode")))
    return flow and model.encodes_all and priors <= {*_KNOWN}


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns distances of F(z_d) from uniform numbers, over 5,000 examples.

    `pit_distance` is the mean over dimensions of Kolmogorov's distance,
    `pit_distance_if_right` what a right model's would be of as many examples.
    """
    del options
    if not applies(model, run.config.spec):
        return {}
    encode = run.once("pit", model, Transform)
    found = distances(encode(run.held_out(model, split)))
    return {
        "pit_distance": float(found[0].mean()),
        "pit_distance_if_right": found[1],
    }


class Transform:
    """F(z) of examples, by a function that is compiled once."""

    def __init__(self, model: Model):
        """Compiles nothing yet."""

        @tf.function(autograph=False, reduce_retracing=True)
        def encode(x, given):
            z = model.encode(x, **given)
            parts = z.values() if isinstance(z, Mapping) else [z]
            return tf.concat(
                [
                    tf.reshape(_cdf(latent.prior, z), [tf.shape(x)[0], -1])
                    for latent, z in zip(
                        model.latents.values(), parts, strict=True
                    )
                ],
                axis=1,
            )

        self._encode, self._given = encode, model.given

    def __call__(
        self, batches: Iterable[Mapping[str, tf.Tensor]]
    ) -> np.ndarray:
        """Returns numbers in [0, 1], [N, D], of the first `MOST` examples."""
        rows, count = [], 0
        for batch in batches:
            rows.append(self._encode(batch["x"], self._given(batch)).numpy())
            count += len(rows[-1])
            if count >= MOST:
                break
        return np.concatenate(rows)[:MOST]


def _cdf(prior: str, z: tf.Tensor) -> tf.Tensor:
    if prior == "logistic":
        return tf.sigmoid(z)
    return 0.5 * tf.math.erfc(-z / math.sqrt(2))


def distances(u: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns Kolmogorov's distance of each column from a uniform one.

    Args:
      u: [N, D] in [0, 1].

    Returns:
      The largest difference between the columns' distribution functions and
      the diagonal, [D]; and its expectation for N uniform numbers, by the limit
      of Stephens 1970, within 1 % for N > 1.
    """
    N = len(u)
    ordered = np.sort(u.astype(np.float64), axis=0)
    above = np.arange(1, N + 1)[:, None] / N - ordered
    largest = np.maximum(above, 1 / N - above).max(axis=0)
    root = math.sqrt(N)
    limit = math.sqrt(math.pi / 2) * math.log(2)
    return largest, limit / (root + 0.12 + 0.11 / root)


def panels(u: np.ndarray) -> dict[str, np.ndarray]:
    """Returns title -> numbers to draw: all, and some dimensions [N].

    They are all dimensions, or the farthest from uniform of many.

    Args:
      u: [N, D] in [0, 1].
    """
    found, expected = distances(u)
    D = u.shape[1]
    chosen = np.arange(D)
    if D >= _PANELS:
        chosen = np.argsort(-found)[: _PANELS - 1]
    return {
        f"all {D} numbers: {found.mean():.3f}, expected {expected:.3f}": u,
        **{f"z[{d}]: {found[d]:.3f}": u[:, d] for d in chosen},
    }
