import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data import sprites
from tfgen.experiments import mathieu
from tfgen.experiments.training import Splits

RANDOM = np.random.default_rng(0)
SPEC = DataSpec((4, 4, 1), 17, 3)
SIZES = {"S": 2, "Z": 3, "width": 8}


def batch(n=5):
    images = {
        name: RANDOM.integers(0, 17, (n, 4, 4, 1)).astype(np.float32)
        for name in ("x", "same", "other")
    }
    noise = {
        name: RANDOM.standard_normal((n, 3)).astype(np.float32)
        for name in ("epsilon", "prior")
    }
    label = {"other_label": RANDOM.integers(0, 3, n)}
    return {n: tf.constant(v) for n, v in {**images, **noise, **label}.items()}


def test_the_losses():
    """Term by term, in NumPy but for the networks."""
    model = mathieu.Disentangler(SPEC, 0.5, **SIZES)
    b = batch()
    losses = model.per_example_losses(b, True)
    (s, m, v), (s_1, *_), (s_2, *_) = (
        [code.numpy() for code in model.encode(b[name])]
        for name in ("x", "same", "other")
    )
    z = m + np.exp(v) * b["epsilon"].numpy()
    x, x_2 = (b[name].numpy().reshape(5, 16) / 8 - 1 for name in ("x", "other"))
    loss = 0.5 * (m**2 + np.exp(2 * v) - 1 - 2 * v).sum(1)
    for code in (s, s_1):
        loss += np.square(model.decode(code, z).numpy() - x).sum(1)
    label = np.eye(3, dtype=np.float32)[b["other_label"].numpy()]

    def D(y):
        return model.discriminator(np.concatenate([y, label], 1)).numpy()

    game = 0
    for code in (z, b["prior"].numpy()):
        fake = D(model.decode(s_2, code).numpy())
        loss += 0.5 * np.log1p(np.exp(-fake))
        game += np.log1p(np.exp(-D(x_2))) + np.log1p(np.exp(fake))
    np.testing.assert_allclose(losses["autoencoder"], loss, rtol=1e-4)
    np.testing.assert_allclose(losses["D"], game, rtol=1e-4)


def test_pairs_share_the_label(monkeypatch):
    """And other images are any."""
    x = np.repeat(np.arange(12), 16).reshape(12, 4, 4, 1).astype(np.float32)
    label = np.arange(12) % 3
    seen = {}

    def train(model, batch, *_):
        seen.update(batch(RANDOM, (10, 50)))

    monkeypatch.setattr(mathieu.training, "train", train)
    data = Splits(SPEC, {"x": x, "label": label}, {}, {})
    mathieu.trained(data, 0, 50, weight=1.0, **SIZES)
    first, same, other = (
        seen[name][..., 0, 0, 0].astype(int) for name in ("x", "same", "other")
    )
    np.testing.assert_array_equal(label[first], label[same])
    assert {*zip(first.ravel(), same.ravel())} == {
        (i, j) for i in range(12) for j in range(12) if i % 3 == j % 3
    }
    np.testing.assert_array_equal(seen["other_label"], label[other])
    assert 0.25 < np.mean(label[first] == label[other]) < 0.42


def test_the_centre_of_a_shape():
    n, side = 8, 32
    factors = {
        name: RANDOM.integers(0, count, n)
        for name, count in sprites.FACTORS.items()
    }
    label = np.zeros(n, int)  # squares
    x = sprites.draw(label, factors, side).astype(np.float64)
    low, high = 0.3, 0.7
    expected = [
        side * (low + (high - low) * factors[f"place_{axis}"] / 15) - 0.5
        for axis in "yx"
    ]
    found = mathieu.centres(x)
    np.testing.assert_allclose(found, np.stack(expected, 1), atol=0.15)


def test_figures_of_codes_that_are_known():
    """Label in the first pixel, style in the second row."""
    label = np.arange(60) % 3
    x = RANDOM.uniform(1, 9, (2, 60, 4, 4, 1)).astype(np.float32)
    x[:, :, 0, 0, 0] = label
    factors = {"factors": np.zeros(60)}
    train, test = ({"x": part, "label": label} for part in x)
    made = []

    class Codes:
        def encode(self, x):
            s, z = tf.one_hot(x[:, 0, 0, 0], 3), tf.constant(x[:, 1, :, 0])
            return s, z, None

        def images(self, s, z):
            image = np.ones((60, 4, 4, 1), np.float32)
            image[:, 0, 0, 0] = s.argmax(1)
            image[:, 1, :, 0] = z
            made.append(image)
            return tf.constant(image)

    class Judge:
        def accuracy(self, images, label):
            return np.mean(images[:, 0, 0, 0] == label)

    data = Splits(SPEC, train, {}, test | factors)
    found = mathieu.figures(Codes(), data, Judge(), 0)
    assert found["label_s"] == found["swapped"] == 1
    assert found["label_z"] < 0.7
    # Style is that of the image whose place it keeps.
    np.testing.assert_array_equal(made[0][:, 1], x[1][:, 1])
    assert (made[0][:, 0, 0, 0] != label).any()
    r = [
        np.corrcoef(a, b)[0, 1]
        for a, b in zip(mathieu.centres(x[1]).T, mathieu.centres(made[0]).T)
    ]
    expected = (r[0] ** 2 + r[1] ** 2) / 2
    np.testing.assert_allclose(found["style"], expected)
    assert {
        *mathieu.figures(Codes(), Splits(SPEC, train, {}, test), Judge(), 0)
    } == {"label_s", "label_z", "swapped"}
