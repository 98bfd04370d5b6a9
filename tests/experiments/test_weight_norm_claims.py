import numpy as np
import pytest
import tensorflow as tf

from tfgen.data.settings import DataConfig
from tfgen.experiments import training
from tfgen.experiments import weight_norm as claims

RANDOM = np.random.default_rng(0)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(claims, "FEATURES", (3, 4))
    monkeypatch.setattr(claims, "LABELLED", 30)


@pytest.fixture(scope="module")
def digits():
    return training.splits(DataConfig("digits", dequantize=False))


@pytest.mark.parametrize("norm", claims.NORMS)
def test_the_first_batch_starts_every_layer(norm, small):
    """Outputs of mean 0 and variance 1, of normalized weights and of others."""
    network = claims.Network(norm, 5, 1e-3)
    x = RANDOM.uniform(-1, 1, (40, 8, 8, 1)).astype(np.float32)
    network(x)
    network(x, start=True)
    h, training_ = x, norm in (claims.MEAN_ONLY, claims.BATCH_NORM)
    for i, layer in enumerate([*network.convs, network.out]):
        if i == 1:
            h = h.reshape(40, 4, 2, 4, 2, -1).max((2, 4))
        h = h.mean((1, 2)) if layer is network.out else h
        y = layer(h, training=training_).numpy()
        axes = tuple(range(y.ndim - 1))
        np.testing.assert_allclose(y.mean(axes), 0, atol=1e-5)
        np.testing.assert_allclose(y.var(axes), 1, atol=2e-2)
        h = np.maximum(y, 0)


def test_normalized_weights_have_the_length_g(small):
    network = claims.Network(claims.WEIGHT, 5, 1e-3)
    x = RANDOM.uniform(-1, 1, (4, 8, 8, 1)).astype(np.float32)
    network(x)
    conv = network.convs[0]
    v = conv.v.numpy()
    w = v / np.sqrt(np.sum(v**2, (0, 1, 2))) * conv.g.numpy()
    expected = tf.nn.conv2d(x, w, 1, "SAME") + conv.bias
    np.testing.assert_allclose(conv(x), expected, atol=1e-5)


def test_few_images_have_labels(small, digits, monkeypatch):
    """Training sees no others; the best rate is that of the validation."""
    seen = []

    def train(network, batch, steps, size, seed, **_):
        found = batch(np.random.default_rng(seed), (steps, size))
        seen.append((network.rate, steps, found))
        return network

    monkeypatch.setattr(claims.training, "train", train)
    losses = dict(zip(claims.RATES, (0.3, 0.1, 0.2)))
    monkeypatch.setattr(claims, "nats", lambda net, *_: losses[net.rate])
    monkeypatch.setattr(claims, "NORMS", claims.NORMS[:1])
    claims.rows(0)
    rates = [(rate, steps) for rate, steps, _ in seen]
    assert rates == [
        *((rate, claims.STEPS) for rate in claims.RATES),
        (claims.RATES[1], claims.EARLY),
    ]
    known = {
        (x.tobytes(), int(y))
        for x, y in zip(
            claims._unit(digits.train["x"][:30], digits),
            digits.train["label"][:30],
        )
    }
    found = seen[0][2]
    shown = zip(found["x"].reshape(-1, 8, 8, 1), found["label"].ravel())
    assert {(x.tobytes(), int(y)) for x, y in shown} == known


def test_figures(small, digits):
    network = claims.Network(claims.PLAIN, 10, 1e-3)
    some = {name: value[:20] for name, value in digits.test.items()}
    logits = network(some["x"] / 8 - 1).numpy().astype(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    label = some["label"]
    expected = -np.log(p[np.arange(20), label]).mean()
    assert claims.nats(network, some, digits) == pytest.approx(expected, 1e-5)
    expected = np.mean(p.argmax(1) != label)
    assert claims.wrong(network, some, digits) == pytest.approx(expected)


def test_claims():
    order = [claims.MEAN_ONLY, claims.BATCH_NORM, claims.WEIGHT, claims.PLAIN]
    figures = {n: {"error": i, "early": i} for i, n in enumerate(order)}
    assert all(holds(figures) for holds in claims.CLAIMS.values())
    figures = {n: {"error": -i, "early": -i} for i, n in enumerate(order)}
    assert not any(holds(figures) for holds in claims.CLAIMS.values())
