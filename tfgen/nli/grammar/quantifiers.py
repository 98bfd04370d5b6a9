"""Labels of quantified sentences, by counting things of each kind.

All models up to a size are looked at: how many things are of the premise's
restrictor, of its scope, of the hypothesis's, …
"""

from __future__ import annotations

import functools
import itertools
import operator

import numpy as np

from tfgen.nli.grammar.english import QUANTIFIERS
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

EQUAL, NARROWER, WIDER, APART = "equal", "narrower", "wider", "apart"
_COMPARISONS = {
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "fewer_than": operator.lt,
    "exactly": operator.eq,
}


def _truth(
    name: str, both: np.ndarray, first: np.ndarray, some: int
) -> np.ndarray:
    """Whether a quantifier holds.

    Args:
      name: of the quantifier, with "_not" if the scope is denied.
      both: [models] how many things are of the restrictor and the scope.
      first: [models] how many are of the restrictor.
      some: the least that "some" means.
    """
    if name.endswith("_not"):
        return _truth(name.removesuffix("_not"), first - both, first, some)
    quantifier, _, number = name.rpartition("_")
    if number.isdigit():
        return _COMPARISONS[quantifier](both, int(number))
    return {
        "every": both == first,
        "all": both == first,
        "some": both >= some,
        "no": both == 0,
        "not_all": both < first,
        "most": 2 * both > first,
    }[name]


NAMES = (*QUANTIFIERS, "some_not")
# Whether an element may be in (the premise's set, the hypothesis's).
_REGIONS = {
    EQUAL: ((0, 0), (1, 1)),
    NARROWER: ((0, 0), (0, 1), (1, 1)),
    WIDER: ((0, 0), (1, 0), (1, 1)),
    APART: ((0, 0), (1, 0), (0, 1)),
}


@functools.cache
def quantifier_table(
    most_of_a_kind: int = 4,
) -> dict[tuple[str, str, str, str], int | None]:
    """Returns the labels of all pairs of quantified sentences.

    "Some dogs" is read as at least one, and as at least two (a plural speaks of
    two or more). A pair on which the two readings disagree has no label.

    Args:
      most_of_a_kind: models have at most so many elements of each kind. Numbers
        up to three and "most" need no more.

    Returns:
      (quantifier of the premise, of the hypothesis, restrictor of the premise
      against the hypothesis's, scope likewise) -> label or None.
    """
    first, second = (_reading(some, most_of_a_kind) for some in (1, 2))
    return {k: v if second[k] == v else None for k, v in first.items()}


def _reading(some: int, most_of_a_kind: int) -> dict:
    labels = {}
    for restrictor, scope in itertools.product(_REGIONS, _REGIONS):
        if restrictor == APART:
            continue
        kinds = [
            (r, s)
            for r in _REGIONS[restrictor]
            for s in _REGIONS[scope]
            if r != (0, 0)
        ]
        sizes = [most_of_a_kind + 1] * len(kinds)
        models = np.indices(sizes).reshape(len(kinds), -1).T
        exists, truths = [], []
        for side in (0, 1):
            first = models @ np.array([r[side] for r, _ in kinds])
            both = models @ np.array([r[side] * s[side] for r, s in kinds])
            exists.append(first >= some)
            truths.append([_truth(name, both, first, some) for name in NAMES])
        # What is spoken of exists.
        p, h = np.array(truths, np.float32)[:, :, np.all(exists, axis=0)]
        can_hold, can_fail = p @ h.T > 0, p @ (1 - h).T > 0
        for i, j in np.ndindex(can_hold.shape):
            if can_hold[i, j]:
                label = NEUTRAL if can_fail[i, j] else ENTAILMENT
            else:  # None: the premise is never true
                label = CONTRADICTION if can_fail[i, j] else None
            labels[NAMES[i], NAMES[j], restrictor, scope] = label
    return labels
