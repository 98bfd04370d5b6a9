import keras
import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.evaluate.classifier import Classifier
from tfgen.experiments import deepsim, dgn_am
from tfgen.experiments.dgn_am import ascend
from tfgen.experiments.training import Splits

RANDOM = np.random.default_rng(3)


def test_of_linear_networks_it_is_the_closed_form():
    """Y* = clip(A'w / 2 lambda, 0, 3 sigma), whatever b is."""
    D, Z, decay = 7, 5, 0.9
    A, b = RANDOM.standard_normal((D, Z)), RANDOM.standard_normal(D)
    w, high = RANDOM.standard_normal(D), RANDOM.uniform(0.5, 2, Z)
    start = RANDOM.uniform(0, 1, (4, Z)) * high
    A_, b_, w_ = (tf.constant(a, tf.float32) for a in (A, b, w))

    def h(y):
        return tf.linalg.matvec(tf.linalg.matvec(A_, y) + b_, w_)

    y, value = ascend(h, start, high, decay=decay, steps=500)
    expected = np.clip(A.T @ w / (2 * decay), 0, high)
    assert 0 < np.sum((expected > 0) & (expected < high)) < Z
    np.testing.assert_allclose(y, np.tile(expected, (4, 1)), atol=2e-2)
    np.testing.assert_allclose(value, w @ (A @ expected + b), atol=5e-2)
    # Without lambda, a corner of the box.
    corner, _ = ascend(h, start, high, steps=500)
    np.testing.assert_allclose(
        corner, np.tile(np.where(A.T @ w > 0, high, 0), (4, 1)), atol=1e-3
    )


def test_each_stays_where_it_is_enough():
    def h(y):
        return tf.reduce_sum(y, (1, 2))

    start = np.zeros((3, 2, 2))
    enough = np.array([-1.0, 2.0, 100.0], np.float32)
    y, most = ascend(h, start, 1.0, enough, steps=50)
    reached = y.sum((1, 2))
    assert reached[0] == 0
    assert 2 <= reached[1] < 2.5
    np.testing.assert_allclose([reached[2], *most], 4, atol=1e-5)


def test_what_rows_ascend(monkeypatch):
    """Each class's logit, in a box, up to that of the class's own images."""
    keras.utils.set_random_seed(0)
    spec = DataSpec((8, 8, 1), 17, 3)
    label = np.arange(12) % 3
    x, train_x = RANDOM.integers(0, 17, (2, 12, 8, 8, 1)).astype(np.float32)
    data = Splits(spec, {"x": train_x}, {}, {"x": x, "label": label})
    networks = {seed: Classifier(spec.shape, 3, 17, seed) for seed in (5, 1005)}
    network, judge = networks.values()
    G = deepsim.DeePSiM((1.0, 1.0, 1.0), network, spec, inverts=True)
    calls = []

    def stays(activation, start, high, enough, decay=0.0):
        calls.append((activation, start, high, enough, decay))
        return start, activation(tf.constant(start, tf.float32)).numpy()

    def trained(terms, comparator, *_, inverts):
        assert terms == (1.0, 1.0, 1.0) and comparator is network and inverts
        return G

    monkeypatch.setattr(dgn_am, "COUNT", 2)
    monkeypatch.setattr(dgn_am.training, "splits", lambda _: data)
    monkeypatch.setattr(
        dgn_am.training, "classifier", lambda data, seed: networks[seed]
    )
    monkeypatch.setattr(dgn_am.deepsim, "trained", trained)
    monkeypatch.setattr(dgn_am, "ascend", stays)
    found = dgn_am.rows(5)

    logits = network.network(x, training=False)["logits"].numpy()
    own = [logits[label == k][:, k].mean() for k in range(3)]
    codes, pixels = calls
    stddev = network.features(train_x).std(axis=0)
    np.testing.assert_allclose(codes[2], 3 * stddev + 1e-6, rtol=1e-5)
    assert (codes[4], pixels[4], pixels[2]) == (dgn_am.DECAY, 0, 16)
    images = {
        "codes of G": G.decode(tf.constant(codes[1], tf.float32)).numpy(),
        "pixels": pixels[1].astype(np.float32),
    }
    for (activation, start, high, enough, _), (name, made) in zip(
        calls, images.items()
    ):
        assert (start >= 0).all() and (start <= high).all()
        np.testing.assert_allclose(enough, np.repeat(own, 2), rtol=1e-5)
        seen = network.network(made, training=False)["logits"].numpy()
        expected = seen[np.arange(6), [0, 0, 1, 1, 2, 2]]
        h = activation(tf.constant(start, tf.float32))
        np.testing.assert_allclose(h, expected, rtol=1e-4, atol=1e-5)
        gaps = made[:, None] - train_x
        nearest = np.sqrt(np.square(gaps).mean((2, 3, 4))).min(1).mean()
        figures = found[name]
        np.testing.assert_allclose(figures["nearest"], nearest, rtol=1e-3)
        np.testing.assert_allclose(figures["most"], expected.mean(), rtol=1e-4)
        right = judge.accuracy(made, np.array([0, 0, 1, 1, 2, 2]))
        assert figures["accuracy"] == right
