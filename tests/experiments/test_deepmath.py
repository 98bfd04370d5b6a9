import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.experiments import deepmath
from tfgen.experiments.deepmath import Clause, Conjecture

RANDOM = np.random.default_rng(0)


def clauses(text):
    """Reads `ab>c bc>d`."""
    pairs = (word.split(">") for word in text.split())
    return [Clause(frozenset(body), head) for body, head in pairs]


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
    found = deepmath.proofs(theory, conjecture)
    assert found == of_all_subsets(theory, conjecture)
    assert len(found) == ways


def test_proofs_in_random_theories():
    for _ in range(30):
        theory = {
            Clause(frozenset(RANDOM.choice([*"abcde"], 2, False)), head)
            for head in RANDOM.choice([*"abcdef"], 8)
        }
        theory = sorted(theory, key=str)
        conjecture = Conjecture(frozenset("ab"), "f")
        found = deepmath.proofs(theory, conjecture)
        assert found == of_all_subsets(theory, conjecture)


def test_each_axiom_has_a_decoy_of_the_same_symbols():
    theory = deepmath.theory(RANDOM)
    symbols = [clause.body | {clause.head} for clause in theory]
    heads = [clause.head for clause in theory]
    assert len({*theory}) == len(theory) >= 60
    for own, head in zip(symbols, heads):
        others = {h for s, h in zip(symbols, heads) if s == own}
        assert len(others) > 1 and head in own


def test_conjectures():
    theory = deepmath.theory(np.random.default_rng(1))
    found = deepmath.conjectures(RANDOM, theory, 40)
    assert len(found) == 40
    for conjecture, useful in found.items():
        assert len(conjecture.facts) == 4
        known = deepmath.closure(theory, conjecture.facts)
        usable = [c for c in theory if c.body <= known]
        assert conjecture.goal in known - conjecture.facts
        ways = of_all_subsets(usable, conjecture)
        assert min(map(len, ways)) >= 2
        needed = frozenset().union(*ways)
        assert needed == {c for c, u in zip(theory, useful) if u}


def test_the_rank_of_the_last_one_needed():
    scores = np.array([[0.9, 0.1, 0.8, 0.5], [0.2, 0.2, 0.1, 0.3]])
    useful = np.array([[1, 0, 0, 1], [1, 0, 0, 0]], bool)
    # The third of four; one of two that share the second place.
    found = deepmath.worst_ranks(scores, useful)
    np.testing.assert_allclose(found, [0.75, 0.75])
    assert (deepmath.worst_ranks(useful, useful) == useful.mean(1)).all()


def test_shared_symbols():
    found = deepmath.shares(["abc?d", "x?y"], ["ab>d", "ab>z"])
    np.testing.assert_allclose(found, [[3 / 4, 2 / 5], [0, 0]])


def test_characters():
    found = deepmath.characters(clauses("ba>c") + [Clause(frozenset("x"), "y")])
    assert bytes(found[0].tolist()) == b"ab>c\0\0"
    assert bytes(found[1].tolist()) == b"x>y\0\0\0"
    assert str(Conjecture(frozenset("dbca"), "k")) == "abcd?k"


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_pair_is_read_apart_and_judged_together(recurrent):
    keras.utils.set_random_seed(0)
    model = deepmath.Selector(recurrent, units=5)
    goal = deepmath.characters(["abcd?k", "efgh?a", "abcd?k"])
    axiom = deepmath.characters(["ab>c", "ab>c", "ac>b"])
    useful = np.array([1, 0, 1], np.float32)
    batch = {"goal": goal, "axiom": axiom, "useful": useful}
    logits = model.logits(goal, axiom).numpy().astype(float)
    vectors = np.hstack(
        [model.readers["goal"](goal), model.readers["axiom"](axiom)]
    )
    (W, b, V, c) = (w.numpy() for w in model.both.weights)
    expected = np.maximum(vectors @ W + b, 0) @ V + c
    np.testing.assert_allclose(logits, expected[:, 0], rtol=1e-4, atol=1e-6)
    assert len({*logits.round(6)}) == 3
    p = 1 / (1 + np.exp(-logits))
    expected = -np.log(np.where(useful, p, 1 - p))
    loss = model.per_example_losses(batch, True)["selector"]
    np.testing.assert_allclose(loss, expected, rtol=1e-4)
    scores = deepmath._scores(model, goal[:2], axiom[[0, 2]])
    np.testing.assert_allclose(scores[0], logits[[0, 2]], rtol=1e-4)
    np.testing.assert_allclose(scores[1, 0], logits[1], rtol=1e-4)
    # All weights learn, those of both readers.
    with tf.GradientTape() as tape:
        losses = model.per_example_losses(batch, True)
    slopes = tape.gradient(losses, model.trainable_variables)
    assert all(slope is not None for slope in slopes)
    assert len(slopes) == (2 * 4 if recurrent else 2 * 5) + 4


def test_half_of_a_batch_is_useful():
    useful = RANDOM.random((6, 9)) < 0.2
    goals, axioms = np.arange(6), np.arange(9)
    batch = deepmath._pairs(goals, axioms, useful)(RANDOM, (40, 50))
    right = useful[batch["goal"], batch["axiom"]]
    np.testing.assert_array_equal(right, batch["useful"])
    assert 0.45 < right.mean() < 0.55
    pairs = {*zip(batch["goal"].ravel(), batch["axiom"].ravel())}
    assert len(pairs) == 54


def test_no_facts_of_a_test_are_learnt(monkeypatch):
    """And of scores that are right, ranks are least."""
    monkeypatch.setattr(deepmath, "LEARNT", 60)
    monkeypatch.setattr(deepmath, "TESTED", 20)
    seen = []
    pairs = deepmath._pairs

    def kept(goals, axioms, useful):
        seen.append(goals)
        return pairs(goals, axioms, useful)

    def scores(model, goals, axioms):
        seen.append(goals)
        return np.zeros((len(goals), len(axioms)))

    monkeypatch.setattr(deepmath, "_pairs", kept)
    monkeypatch.setattr(deepmath, "_scores", scores)
    monkeypatch.setattr(deepmath.training, "train", lambda *_, **__: None)
    found = deepmath.rows(0)
    learnt, test = ({bytes(row[:4].tolist()) for row in s} for s in seen[:2])
    assert learnt and test and not learnt & test
    assert 0.5 < found[deepmath.CHANCE]["rank"] < 0.9
    assert found[deepmath.SHARED]["rank"] < found[deepmath.CHANCE]["rank"]


def test_claims():
    found = {row.name: {"rank": 0.5} for row in deepmath.TABLE.rows}
    found[deepmath.CNN] = {"rank": 0.4}
    assert all(holds(found) for holds in deepmath.CLAIMS.values())
    found[deepmath.CNN] = {"rank": 0.6}
    assert not any(holds(found) for holds in deepmath.CLAIMS.values())
