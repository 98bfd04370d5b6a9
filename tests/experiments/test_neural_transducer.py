import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.experiments import neural_transducer as transducer
from tfgen.experiments.neural_transducer import (
    BLOCKS,
    END,
    FOUND,
    KNOWN,
    MOST,
    NEVER,
    OFFLINE,
    SUM,
)

RANDOM = np.random.default_rng(0)
BATCH = transducer.sums(np.random.default_rng(5), (3,))
X, Y, LENGTH, COUNTS = (BATCH[n] for n in ("x", "y", "length", "counts"))


def made(way):
    keras.utils.set_random_seed(0)
    model = transducer.Transducer(way, units=6)
    for weight in model.trainable_variables:
        weight.assign(2 * weight)
    return model


@pytest.fixture(scope="module")
def models():
    return {way: made(way) for way in (FOUND, SUM, KNOWN, OFFLINE)}


def alignments(length):
    """How many symbols each block writes, of all ways."""
    for counts in itertools.product(range(MOST + 1), repeat=BLOCKS):
        if sum(counts) == length:
            yield counts


@functools.cache
def write_of(model):
    return tf.function(model.write)


def of_alignment(model, known, y, counts):
    """log p of a string and an alignment, symbol by symbol."""
    write = write_of(model)
    state, total, y = tf.zeros((1, model.units)), 0.0, iter(y)
    for block, count in zip(known, counts):
        symbols = [next(y) for _ in range(count)]
        for before, after in itertools.pairwise([END, *symbols, END]):
            log_p, state = write(tf.constant([int(before)]), block[None], state)
            total += float(log_p[0, int(after)])
    return total


def all_of(model, i):
    """log p of each alignment of an example."""
    known, y = model.read(X)[i], Y[i, : LENGTH[i]]
    return {
        counts: of_alignment(model, known, y, counts)
        for counts in alignments(LENGTH[i])
    }


def test_what_is_found_is_an_alignment_and_no_better_than_the_best(models):
    """States depend on the path: the one that is found may not be the best."""
    found = models[FOUND].log_prob(X, Y, LENGTH).numpy()
    for i, log_p in enumerate(found):
        every = np.array([*all_of(models[FOUND], i).values()])
        assert len(every) > 1
        assert np.abs(every - log_p).min() < 1e-4
        assert log_p <= every.max() + 1e-4


def test_without_a_path_it_is_exact(models):
    """The best of all, and the sum over all."""
    for way, of in ((FOUND, np.max), (SUM, np.logaddexp.reduce)):
        model = made(way)
        recurrent = model.cell.trainable_variables[1]
        recurrent.assign(tf.zeros_like(recurrent))
        # The update gate is 0, so that a state is of its input alone.
        kernel, bias = (model.cell.trainable_variables[i] for i in (0, 2))
        kernel.assign(kernel * np.repeat([0.0, 1, 1], 6).astype(np.float32))
        low = np.zeros(bias.shape, np.float32)
        low[:, :6] = -50
        bias.assign(low)
        found = model.log_prob(X, Y, LENGTH).numpy()
        for i, log_p in enumerate(found):
            every = np.array([*all_of(model, i).values()])
            np.testing.assert_allclose(log_p, of(every), rtol=1e-5)


def test_a_known_alignment_is_the_one_that_counts(models):
    found = models[KNOWN].per_example_losses(BATCH, True)["model"].numpy()
    for i, nats in enumerate(found):
        counts = tuple(np.diff(COUNTS[i], prepend=0))
        log_p = all_of(models[KNOWN], i)[counts]
        np.testing.assert_allclose(nats, -log_p, rtol=1e-5)


def test_one_block_of_all_writes_at_the_end(models):
    model = models[OFFLINE]
    last = model.encoder(model.digits(X))[:, -1:]
    np.testing.assert_array_equal(model.read(X), last)
    found = model.log_prob(X, Y, LENGTH).numpy()
    for i, log_p in enumerate(found):
        expected = of_alignment(model, last[i], Y[i, : LENGTH[i]], [LENGTH[i]])
        np.testing.assert_allclose(log_p, expected, rtol=1e-5)


def test_it_never_looks_ahead(models):
    model, other = models[FOUND], X.copy()
    other[:, 6:] = (other[:, 6:] + 1) % 10
    moved = np.abs(model.read(X) - model.read(other)).max((0, 2)) > 0
    assert moved.tolist() == [False, False, True, True]


def test_strings_without_an_alignment(models):
    """Nine symbols do not go into four blocks of two."""
    y = np.zeros((3, 9), np.int32)
    log_p = models[FOUND].log_prob(X, y, np.full(3, 9, np.int32))
    assert (log_p.numpy() < NEVER / 2).all()


@pytest.mark.parametrize("way", [FOUND, OFFLINE])
def test_what_is_written_is_likeliest_at_each_place(models, way):
    model = models[way]
    known = model.read(X)
    for i, pairs in enumerate(model.written(X)):
        state, pairs = tf.zeros((1, model.units)), list(pairs)
        for b in range(model.blocks):
            before, count = END, 0
            while True:
                log_p, state = model.write(
                    tf.constant([before]), known[i, b][None], state
                )
                before = int(np.argmax(log_p))
                if before == END or count == model.most:
                    break
                assert pairs.pop(0) == (before, b)
                count += 1
        assert not pairs


def test_sums():
    batch = transducer.sums(RANDOM, (30,))
    for x, y, n, counts in zip(
        *(batch[k] for k in ("x", "y", "length", "counts"))
    ):
        text = [str(sum(x[i : i + 3])) for i in range(0, 12, 3)]
        assert "".join(map(str, y[:n])) == "".join(text)
        assert counts.tolist() == np.cumsum([len(t) for t in text]).tolist()
        assert n == counts[-1] and not y[n:].any()


def test_figures_of_what_is_right_and_what_is_late():
    right = [
        [(int(y), int(np.sum(counts <= k))) for k, y in enumerate(row[:n])]
        for row, n, counts in zip(Y, LENGTH, COUNTS)
    ]
    assert transducer.figures(right, BATCH, BLOCKS) == {
        "symbols": 0,
        "sequences": 0,
        "delay": 0,
        "aligned": 1,
    }
    late = [[(y, 0) for y, _ in pairs] for pairs in right]
    late[0] = late[0][1:]
    found = transducer.figures(late, BATCH, 1)
    assert found["symbols"] == 1 / LENGTH.sum()
    assert found["sequences"] == 1 / 3
    late = transducer.figures(late[1:], {n: v[1:] for n, v in BATCH.items()}, 1)
    blocks = np.concatenate([[b for _, b in pairs] for pairs in right[1:]])
    np.testing.assert_allclose(late["delay"], 3 * (3 - blocks).mean())


@pytest.mark.parametrize(
    "a, b, changes",
    [("", "abc", 3), ("abc", "abc", 0), ("abc", "axcd", 2), ("ab", "ba", 2)],
)
def test_distance(a, b, changes):
    assert transducer.distance(a, b) == transducer.distance(b, a) == changes


def test_rows(monkeypatch):
    learnt = []

    def train(model, *_):
        learnt.append(model.way)
        return model

    monkeypatch.setattr(transducer.training, "train", train)
    monkeypatch.setattr(transducer, "TESTED", 5)
    found = transducer.rows(0)
    assert [*found] == learnt == [row.name for row in transducer.TABLE.rows]
    for figures in found.values():
        assert {*figures} == {*transducer.TABLE.figures}


def test_claims():
    found = {way: {"symbols": 0.1} for way in (KNOWN, OFFLINE)}
    found[FOUND] = {"symbols": 0.1, "delay": 0.5}
    assert all(holds(found) for holds in transducer.CLAIMS.values())
    found[FOUND] = {"symbols": 0.2, "delay": 4.0}
    assert not any(holds(found) for holds in transducer.CLAIMS.values())
