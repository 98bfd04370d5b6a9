import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.experiments import deepmath, horn
from tfgen.experiments.horn import Conjecture, HornClause

RANDOM = np.random.default_rng(0)


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
    clauses = [
        HornClause(frozenset("ba"), "c"),
        HornClause(frozenset("x"), "y"),
    ]
    found = deepmath.characters(clauses)
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
    random = np.random.default_rng(0)
    made = [*horn.conjectures(random, horn.theory(random), 80)]
    # Where two of the same facts would be parted.
    learnt = max(i for i in range(70) if made[i].facts == made[i - 1].facts)
    monkeypatch.setattr(deepmath, "LEARNT", learnt)
    monkeypatch.setattr(deepmath, "TESTED", 80 - learnt)
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
    names = deepmath.NEAREST, deepmath.OFTEN, deepmath.CHANCE
    ranks = [found[name]["rank"] for name in names]
    assert ranks == sorted(ranks) and ranks[2] - ranks[1] > 0.1
    assert found[deepmath.SHARED]["rank"] < ranks[2]


def test_claims():
    found = {row.name: {"rank": 0.5} for row in deepmath.TABLE.rows}
    found[deepmath.CNN] = {"rank": 0.4}
    assert all(holds(found) for holds in deepmath.CLAIMS.values())
    found[deepmath.CNN] = {"rank": 0.6}
    assert not any(holds(found) for holds in deepmath.CLAIMS.values())
