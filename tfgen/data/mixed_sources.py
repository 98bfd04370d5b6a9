"""Time series of independent sources whose variances change, mixed by a net.

Section 5 of Hyvarinen & Morioka 2016 (arXiv:1605.06336): in each of 64 segments
a source is Laplace noise, independent over time, of a scale drawn from U(0, 1).
L square layers mix them, with leaky rectifiers between: one layer is linear.
"""

from __future__ import annotations

import numpy as np

from tfgen.config import DataSpec, Field
from tfgen.data.keys import key
from tfgen.data.source import ArraySource, split_arrays
from tfgen.errors import UserError

SOURCES, SEGMENTS = 5, 64
_SLOPE = 0.2  # of the rectifiers, below 0
_CANDIDATES = 1000  # matrices, of which a layer is one of the best quarter


def scales(seed: int) -> np.ndarray:
    """Returns the scale of each source in each segment, [segments, sources].

    Args:
      seed: of the data.
    """
    random = np.random.default_rng(key("mixed_sources", "scales", seed))
    return random.uniform(size=(SEGMENTS, SOURCES))


def mix(sources: np.ndarray, layers: int, seed: int) -> np.ndarray:
    """Returns what is observed of sources, each [N, sources].

    Args:
      sources: [N, sources].
      layers: L.
      seed: of the data.
    """
    random = np.random.default_rng(key("mixed_sources", "mix", seed))
    x = sources
    for layer in range(layers):
        if layer:
            x = np.where(x > 0, x, _SLOPE * x)
        x = x @ _matrix(random)
    return x


def _matrix(random: np.random.Generator) -> np.ndarray:
    """A matrix with columns of length 1 that is well enough conditioned.

    As in the authors' code (hmorioka/TCL).
    """
    A = random.uniform(-1, 1, (_CANDIDATES, SOURCES, SOURCES))
    A /= np.linalg.norm(A, axis=1, keepdims=True)
    conditions = np.linalg.cond(A)
    return A[np.argmax(conditions <= np.quantile(conditions, 0.25))]


def posterior(sources: np.ndarray, seed: int) -> np.ndarray:
    """Returns log p(segment | sources), [N, segments], in nats.

    The mixing has an inverse: that is what the best classifier says of x.

    Args:
      sources: [N, sources].
      seed: of the data.
    """
    rates = 1 / scales(seed)
    log_p = np.log(rates).sum(1) - np.abs(sources) @ rates.T
    return log_p - np.logaddexp.reduce(log_p, axis=1, keepdims=True)


def load(name: str, num_examples: int, seed: int) -> ArraySource:
    """Draws a time series, ordered so that splits have all segments.

    Args:
      name: ends with the number of layers.
      num_examples: points in time, all splits together.
      seed: of scales, sources and layers.

    Returns:
      `x`, the segment as `label`, and the field `sources`.

    Raises:
      UserError: too few points for each segment in every split.
    """
    if num_examples < 10 * SEGMENTS:
        raise UserError(
            f"data.num_examples={num_examples}: expected at least"
            f" {10 * SEGMENTS}, ten in each segment."
        )
    random = np.random.default_rng(key("mixed_sources", "sources", seed))
    label = np.arange(num_examples, dtype=np.int32) % SEGMENTS
    sources = random.laplace(size=(num_examples, SOURCES))
    sources *= scales(seed)[label]
    x = mix(sources, int(name.rpartition("_")[2]), seed)
    return split_arrays(
        DataSpec(
            (SOURCES,),
            num_classes=SEGMENTS,
            fields=(Field("sources", (SOURCES,)),),
        ),
        {
            "x": x.astype(np.float32),
            "label": label,
            "sources": sources.astype(np.float32),
        },
    )
