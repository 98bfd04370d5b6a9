"""Labels of quantified sentences: how many things are of which kind.

All models up to a size are looked at: how many things are of the premise's
restrictor, of its scope, of the hypothesis's, …
"""

from __future__ import annotations

import functools

import numpy as np

from tfgen.nli.grammar.english import QUANTIFIERS
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

EQUAL, NARROWER, WIDER, APART, FREE = (
    "equal",
    "narrower",
    "wider",
    "apart",
    "free",
)
# Elements of each kind that models have at most. Numbers up to three and "most"
# tell no more of them apart; a test compares with larger models.
MOST_OF_A_KIND = 4


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
    if quantifier == "at_least":
        return both >= int(number)
    if quantifier == "more_than":
        return both > int(number)
    if quantifier == "at_most":
        return both <= int(number)
    if quantifier == "fewer_than":
        return both < int(number)
    if quantifier == "exactly":
        return both == int(number)
    return {
        "every": both == first,
        "all": both == first,
        "some": both >= some,
        "no": both == 0,
        "not_all": both < first,
        "most": 2 * both > first,
    }[name]


NAMES = (*QUANTIFIERS, "some_not")
# Which of (premise's, hypothesis's) an element may be of.
_REGIONS = {
    EQUAL: ((0, 0), (1, 1)),
    NARROWER: ((0, 0), (0, 1), (1, 1)),
    WIDER: ((0, 0), (1, 0), (1, 1)),
    APART: ((0, 0), (1, 0), (0, 1)),
    FREE: ((0, 0), (1, 0), (0, 1), (1, 1)),
}


@functools.cache
def quantifier_table(
    most_of_a_kind: int = MOST_OF_A_KIND,
) -> dict[tuple[str, str, str, str], int | None]:
    """Returns the labels of all pairs of quantified sentences.

    "Some dogs" is taken for at least one, and for at least two (where a plural
    speaks of two or more): where the two readings disagree, a pair has no
    label.

    Returns:
      (quantifier of the premise, of the hypothesis, restrictor of the premise
      against the hypothesis's, scope likewise) -> label or None.
    """
    readings = [_one_reading(some, most_of_a_kind) for some in (1, 2)]
    first, second = readings
    return {k: v if second[k] == v else None for k, v in first.items()}


def _one_reading(some: int, most_of_a_kind: int) -> dict:
    labels = {}
    for restrictor in (EQUAL, NARROWER, WIDER):
        for scope in (EQUAL, NARROWER, WIDER, APART):
            kinds = [
                (r, s)
                for r in _REGIONS[restrictor]
                for s in _REGIONS[scope]
                if r != (0, 0)
            ]
            models = np.stack(
                np.meshgrid(
                    *[np.arange(most_of_a_kind + 1)] * len(kinds),
                    indexing="ij",
                ),
                -1,
            ).reshape(-1, len(kinds))
            truths = []
            for side in (0, 1):
                in_r = np.array([r[side] for r, _ in kinds])
                in_both = np.array([r[side] * s[side] for r, s in kinds])
                first, both = models @ in_r, models @ in_both
                # What is spoken of exists.
                models_ok = first >= some
                truths.append(
                    (
                        models_ok,
                        np.stack(
                            [_truth(name, both, first, some) for name in NAMES]
                        ),
                    )
                )
            fit = truths[0][0] & truths[1][0]
            p = truths[0][1][:, fit].astype(np.float32)
            h = truths[1][1][:, fit].astype(np.float32)
            can_hold, can_fail = p @ h.T > 0, p @ (1 - h).T > 0
            for i, j in np.ndindex(can_hold.shape):
                if not can_hold[i, j]:
                    label = CONTRADICTION
                else:
                    label = NEUTRAL if can_fail[i, j] else ENTAILMENT
                if not (can_hold[i, j] or can_fail[i, j]):
                    label = None  # the premise is never true
                labels[NAMES[i], NAMES[j], restrictor, scope] = label
    return labels
