"""Time series of independent sources whose variances change, mixed by a net.

Section 5 of Hyvarinen & Morioka 2016 (arXiv:1605.06336): in each segment a
source is Laplace noise, independent over time, of a scale drawn from U(0, 1). L
square layers mix them, with leaky rectifiers between: one layer is linear.
`data.sources` and `data.segments` are 20 and 256 in the paper.
"""

from __future__ import annotations

import numpy as np

from tfgen.config import DataSpec, Field
from tfgen.data.keys import key
from tfgen.data.settings import DataConfig
from tfgen.data.source import ArraySource, split_arrays
from tfgen.errors import UserError

_SLOPE = 0.2  # of the rectifiers, below 0
_CANDIDATES = 1000  # matrices, of which a layer is one of the best quarter


def scales(
    seed: int,
    sources: int = DataConfig.sources,
    segments: int = DataConfig.segments,
) -> np.ndarray:
    """Returns the scale of each source in each segment, [segments, sources].

    Args:
      seed: of the data.
      sources: how many.
      segments: how many.
    """
    random = np.random.default_rng(key("mixed_sources", "scales", seed))
    return random.uniform(size=(segments, sources))


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
        x = x @ _matrix(random, sources.shape[1])
    return x


def _matrix(random: np.random.Generator, n: int) -> np.ndarray:
    """A matrix with columns of length 1 that is well enough conditioned.

    As in the authors' code (hmorioka/TCL).
    """
    A = random.uniform(-1, 1, (_CANDIDATES, n, n))
    A /= np.linalg.norm(A, axis=1, keepdims=True)
    conditions = np.linalg.cond(A)
    return A[np.argmax(conditions <= np.quantile(conditions, 0.25))]


def posterior(
    sources: np.ndarray, seed: int, segments: int = DataConfig.segments
) -> np.ndarray:
    """Returns log p(segment | sources), [N, segments], in nats.

    The mixing has an inverse: that is what the best classifier says of x.

    Args:
      sources: [N, sources].
      seed: of the data.
      segments: how many.
    """
    rates = 1 / scales(seed, sources.shape[1], segments)
    log_p = np.log(rates).sum(1) - np.abs(sources) @ rates.T
    return log_p - np.logaddexp.reduce(log_p, axis=1, keepdims=True)


def load(config: DataConfig, seed: int) -> ArraySource:
    """Draws a time series, ordered so that splits have all segments.

    Args:
      config: with `num_examples`, points in time of all splits together,
        `sources` and `segments`; its name ends with the number of layers.
      seed: of scales, sources and layers.

    Returns:
      `x`, the segment as `label`, and the field `sources`.

    Raises:
      UserError: too few points for each segment in every split.
    """
    N, S, T = config.num_examples, config.sources, config.segments
    if N < 10 * T:
        raise UserError(
            f"data.num_examples={N}: expected at least {10 * T}, ten in each"
            " segment."
        )
    random = np.random.default_rng(key("mixed_sources", "sources", seed))
    label = np.arange(N, dtype=np.int32) % T
    sources = random.laplace(size=(N, S))
    sources *= scales(seed, S, T)[label]
    x = mix(sources, int(config.name.rpartition("_")[2]), seed)
    return split_arrays(
        DataSpec((S,), num_classes=T, fields=(Field("sources", (S,)),)),
        {
            "x": x.astype(np.float32),
            "label": label,
            "sources": sources.astype(np.float32),
        },
    )
