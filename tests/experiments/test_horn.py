import itertools

import numpy as np
import pytest

from tfgen.experiments import horn
from tfgen.experiments.horn import Conjecture, HornClause

RANDOM = np.random.default_rng(0)


def clauses(text):
    """Reads `ab>c bc>d`."""
    pairs = (word.split(">") for word in text.split())
    return [HornClause(frozenset(body), head) for body, head in pairs]


def of_all_subsets(theory, conjecture):
    """The minimal ones of which the goal follows."""

    def follows(part):
        known = set(conjecture.facts)
        for _ in part:
            for clause in part:
                if clause.body <= known:
                    known.add(clause.head)
        return conjecture.goal in known

    found = []
    for size in range(len(theory) + 1):
        for part in map(frozenset, itertools.combinations(theory, size)):
            if follows(part) and not any(way <= part for way in found):
                found.append(part)
    return {*found}


@pytest.mark.parametrize(
    "text, facts, goal, ways",
    [
        ("ab>c bc>d", "ab", "d", 1),
        ("ab>c bc>d ac>d", "ab", "d", 2),
        ("a>b b>a b>c c>b a>c", "a", "c", 2),
        ("a>b a>d d>b b>c bd>c", "a", "c", 4),
        ("a>b", "a", "z", 0),
        # Twice the same atom, of which there are two proofs.
        ("a>b ad>b b>c b>e ce>f", "ad", "f", 2),
    ],
)
def test_proofs_are_those_of_all_subsets(text, facts, goal, ways):
    theory, conjecture = clauses(text), Conjecture(frozenset(facts), goal)
    found = horn.proofs(theory, conjecture)
    assert found == of_all_subsets(theory, conjecture)
    assert len(found) == ways


def test_proofs_in_random_theories():
    for _ in range(30):
        theory = {
            HornClause(frozenset(RANDOM.choice([*"abcde"], 2, False)), head)
            for head in RANDOM.choice([*"abcdef"], 8)
        }
        theory = sorted(theory, key=str)
        conjecture = Conjecture(frozenset("ab"), "f")
        found = horn.proofs(theory, conjecture)
        assert found == of_all_subsets(theory, conjecture)


def test_each_axiom_has_a_decoy_of_the_same_symbols():
    theory = horn.theory(RANDOM)
    symbols = [clause.body | {clause.head} for clause in theory]
    heads = [clause.head for clause in theory]
    assert len({*theory}) == len(theory) >= 60
    for own, head in zip(symbols, heads):
        others = {h for s, h in zip(symbols, heads) if s == own}
        assert len(others) > 1 and head in own


def test_conjectures():
    theory = horn.theory(np.random.default_rng(1))
    found = horn.conjectures(RANDOM, theory, 40)
    assert len(found) == 40
    for conjecture, useful in found.items():
        assert len(conjecture.facts) == 4
        known = horn.closure(theory, conjecture.facts)
        usable = [c for c in theory if c.body <= known]
        assert conjecture.goal in known - conjecture.facts
        ways = of_all_subsets(usable, conjecture)
        assert min(map(len, ways)) >= 2
        needed = frozenset().union(*ways)
        assert needed == {c for c, u in zip(theory, useful) if u}
