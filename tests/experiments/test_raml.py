import functools
import itertools

import keras
import numpy as np
import pytest

from tfgen.experiments import raml, training

M, V, TAU = 4, 3, 0.8


def of_strings(m=M, v=V, tau=TAU):
    """String -> q(y | 0 ... 0; tau), of all of them."""
    strings = list(itertools.product(range(v), repeat=m))
    reward = np.array([-sum(c != 0 for c in y) for y in strings])
    q = np.exp(reward / tau)
    return dict(zip(strings, q / q.sum()))


def test_distances_are_those_of_all_strings():
    expected = np.zeros(M + 1)
    for y, q in of_strings().items():
        expected[np.count_nonzero(y)] += q
    found = raml.distances(M, V, TAU)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(found[0], 0.163, atol=5e-4)
    np.testing.assert_allclose(raml.copied(M, V, TAU)[0], 0.455, atol=5e-4)
    # At a low temperature, targets are true.
    np.testing.assert_allclose(raml.distances(M, V, 0.01)[0], 1)


def test_draws_are_of_q():
    of_d = raml.distances(3, V, TAU)
    y = np.zeros((30_000, 3), int)
    drawn = raml.draw(np.random.default_rng(0), y, of_d, V)
    assert drawn.min() == 0 and drawn.max() == V - 1
    for string, q in of_strings(3).items():
        share = (drawn == string).all(1).mean()
        assert abs(share - q) < 5 * np.sqrt(q / len(y))


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return raml.Reverser(0.1, units=6)


X = np.random.default_rng(0).integers(0, 8, (3, 8)).astype(np.int32)


def test_the_loss(model):
    y = X[:, ::-1].copy()
    logits = model.logits(X, y).numpy().astype(float)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    target = 0.9 * np.eye(8)[y] + 0.1 / 8
    loss = model.per_example_losses({"x": X, "y": y}, True)["model"]
    np.testing.assert_allclose(loss, -(target * log_p).sum((1, 2)), rtol=1e-5)


def test_symbols_depend_on_those_before(model):
    y = X[:, ::-1].copy()
    before = model.logits(X, y).numpy()
    y[:, 4] = (y[:, 4] + 1) % 8
    changed = np.abs(model.logits(X, y).numpy() - before).max((0, 2)) > 0
    assert changed.tolist() == [False] * 5 + [True] * 3


def test_what_is_read_counts(model):
    y = X[:, ::-1].copy()
    other = X.copy()
    other[:, 0] = (other[:, 0] + 1) % 8
    gap = np.abs(model.logits(X, y) - model.logits(other, y)).max(2)
    assert gap.min() > 0


def test_rows_learn_and_try_what_they_say(monkeypatch):
    """Targets are reversed, edited as often as the table says, never tried."""
    learnt, tried = [], []

    def train(model, batch, *_):
        made = batch(np.random.default_rng(0), (4000,))
        wrong = made["y"] != made["x"][:, ::-1]
        learnt.append((model.smoothing, wrong.sum(1).mean(), made["x"]))

    def likeliest(logits, shape):
        tried.append(logits.args[0])
        y = logits.args[0][:, ::-1].copy()
        y[0, 0] = (y[0, 0] + 1) % 8
        return y

    monkeypatch.setattr(raml.training, "train", train)
    monkeypatch.setattr(raml.training, "likeliest", likeliest)
    found = raml.rows(0)
    for (name, figures), (smoothing, edits, x), test in zip(
        found.items(), learnt, tried, strict=True
    ):
        assert smoothing == (0.1 if name == raml.SMOOTHING else 0.0)
        np.testing.assert_allclose(edits, figures["edits"], atol=0.1)
        assert figures["token_error"] == 1 / test.size
        assert figures["sequence_error"] == 1 / len(test)
        strings = ({row.tobytes() for row in rows} for rows in (x, test))
        assert len(test) == raml.TESTED
        assert len(set.intersection(*strings)) < 2


def test_writing_takes_the_best_given_its_own(model):
    y = training.likeliest(functools.partial(model.logits, X), X.shape)
    np.testing.assert_array_equal(model.logits(X, y).numpy().argmax(-1), y)


def test_claims():
    found = {name: {"token_error": 0.2} for name in raml._NAMES}
    found[raml.RAML.format(0.3)] = {"token_error": 0.1}
    assert all(holds(found) for holds in raml.CLAIMS.values())
    found[raml.RAML.format(0.3)] = {"token_error": 0.3}
    assert not any(holds(found) for holds in raml.CLAIMS.values())
