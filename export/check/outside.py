"""Rows that no data are like, and whether a score still tells them apart.

Arithmetic of 8 bits cannot go below the worst value of its calibration, so that
noise may score like data, which no figure of the data shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import scipy.stats

from export.calls import Arrays, Call
from export.check.task import test_rows

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 500  # rows of a kind
_SEED = 2_016

# Signatures whose outputs have no bounds: of a model, the first that it has.
_SCORES = ("log_prob_with_noise", "log_prob", "energy", "elbo_with_noise")

# How far a file may be from the SavedModel.
RANKS = 0.05  # the rank correlation of all scores from 1
AUROC = 0.02  # of any kind of rows


@dataclasses.dataclass(frozen=True)
class Outside:
    """Rows of the data, and of kinds that are not.

    Attributes:
      call: of the signature that scores.
      score: the name of its output.
      kinds: name -> which rows of the call; the first are the data.
    """

    call: Call
    score: str
    kinds: Mapping[str, slice]

    def auroc(self, outputs: Arrays) -> dict[str, float]:
        """Returns kind -> how often a row of data has the better score."""
        scores = self._scores(outputs)
        data, *others = self.kinds
        n = self.kinds[data].stop
        found = {}
        for kind in others:
            part = scores[self.kinds[kind]]
            both = np.concatenate([scores[:n], part])
            ranks = scipy.stats.rankdata(both)[:n]
            found[kind] = float((ranks.mean() - (n + 1) / 2) / len(part))
        return found

    def rank_correlation(self, outputs: Arrays, others: Arrays) -> float:
        """Returns Spearman's, of the scores of all rows; 0 if all are equal."""
        a, b = self._scores(outputs), self._scores(others)
        if min(np.ptp(a), np.ptp(b)) == 0:
            return 0.0
        return float(scipy.stats.spearmanr(a, b).statistic)

    def _scores(self, outputs):
        """High where data are."""
        sign = -1 if self.score == "energy" else 1
        return np.nan_to_num(sign * np.float64(outputs[self.score]))


def outside_of(run: Run) -> Outside | None:
    """Returns rows for a model with a score, else None.

    That is a log-density, a bound of one, or an energy. A classifier, of
    sentence pairs say, has no score that says how likely an input is: its
    probabilities of rows that no data are like mean nothing in float32 either.
    Its files are judged by their accuracy (`task.py`).
    """
    from tfgen import capabilities  # it imports TensorFlow
    from tfgen.example_inputs import example_inputs

    signatures = capabilities.signatures(run.model)
    for name in _SCORES:
        if name in signatures and signatures[name].on_device:
            break
    else:
        return None
    rows = test_rows(run, _MOST)
    # A bound also reads noise of latents.
    rows = {**example_inputs(run.model, len(rows["x"]), _SEED), **rows}
    kinds = made_of(rows["x"], run.config.spec.levels)
    n = len(rows["x"])
    repeated = {
        k: np.tile(v, (len(kinds), *[1] * (v.ndim - 1)))
        for k, v in rows.items()
    }
    repeated["x"] = np.concatenate([*kinds.values()])
    places = {kind: slice(i * n, (i + 1) * n) for i, kind in enumerate(kinds)}
    call = Call.of(name, signatures[name], repeated)
    score = name.removesuffix("_with_noise")
    return Outside(call, score, places)


def made_of(x: np.ndarray, levels: int) -> dict[str, np.ndarray]:
    """Returns kind -> rows like x, [N, ...]; the first are x.

    Args:
      x: [N, ...]: whole gray levels, or real numbers.
      levels: number of gray levels; 0 for real numbers.
    """
    random = np.random.default_rng(_SEED)
    if not levels:
        low, high = x.min(0), x.max(0)
        spread = high - low
        return {
            "data": x,
            "shifted": x + spread / 2,
            "uniform": np.float32(random.uniform(low, high, x.shape)),
            "far": x + 3 * spread,
        }
    found = {"data": x, "inverted": levels - 1 - x}
    if x.ndim == 4:
        found["shifted"] = np.roll(x, x.shape[1] // 4, axis=(1, 2))
    noise = random.integers(0, levels, x.shape).astype(np.float32)
    return found | {"noise": noise, "blank": np.zeros_like(x)}
