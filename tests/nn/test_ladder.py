import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.nn import Ladder, randomize
from tfgen.nn.ladder import combine

pytestmark = pytest.mark.usefixtures("float64")

B, WIDTHS = 7, (6, 5, 4, 3)


def build():
    ladder = Ladder(6, (5, 4), 3)
    randomize(ladder.variables, 0.5, seed=0)
    return ladder


def inputs():
    random = np.random.default_rng(1)
    x = random.uniform(size=(B, WIDTHS[0]))
    return x, random.standard_normal((B, sum(WIDTHS)))


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def g(z, u, a):
    """Equation 2."""
    mu = a[0] * sigmoid(a[1] * u + a[2]) + a[3] * u + a[4]
    v = a[5] * sigmoid(a[6] * u + a[7]) + a[8] * u + a[9]
    return v * z + (1 - v) * mu


def test_equation_2():
    random = np.random.default_rng(0)
    z, u, a = (random.standard_normal((n, 4)) for n in (B, B, 10))
    np.testing.assert_allclose(
        combine(*map(tf.constant, (z, u, a))), g(z, u, a), **tolerances.EXACT
    )


def test_a_new_combinator_returns_nothing():
    """It begins to learn with a5 and a10, the only ones with a gradient."""
    (a, *_) = Ladder(4, (3,), 2).a
    np.testing.assert_array_equal(
        a, np.repeat([[v] for v in [0, 1, 0, 0, 0] * 2], 4, axis=1)
    )


def test_algorithm_1():
    """Encoder and decoder in NumPy, with the batch's statistics."""
    ladder = build()
    x, noise = inputs()

    def normalized(t):
        return (t - t.mean(0)) / np.sqrt(t.var(0) + 1e-4)

    n = np.split(noise, np.cumsum(WIDTHS)[:-1], axis=1)
    z = [x + n[0]]
    h = z[0]
    for i in range(3):
        z.append(normalized(h @ ladder.W[i].numpy()) + n[i + 1])
        h = z[-1] + ladder.beta[i].numpy()
        h = np.maximum(h, 0) if i < 2 else h
    u = np.exp(h) / np.exp(h).sum(1, keepdims=True)
    for i in (3, 2, 1, 0):
        z_hat = g(z[i], normalized(u), ladder.a[i].numpy())
        u = z_hat @ ladder.V[i - 1].numpy() if i else None

    logits, lateral = ladder.encode(x, tf.constant(noise), training=True)
    np.testing.assert_allclose(logits, h, **tolerances.EXACT)
    for got, expected in zip(lateral, z, strict=True):
        np.testing.assert_allclose(got, expected, **tolerances.EXACT)
    np.testing.assert_allclose(
        ladder.decode(logits, lateral, training=True),
        z_hat,
        **tolerances.EXACT,
    )
    np.testing.assert_allclose(
        ladder.energy(x, tf.constant(noise), training=True),
        ((x - z_hat) ** 2).sum(1),
        **tolerances.EXACT,
    )


def test_an_example_is_alone_after_training():
    """Running averages, no noise: the others of the batch do not matter."""
    ladder = build()
    x, _ = inputs()
    whole = ladder.encode(x)[0].numpy(), ladder.energy(x).numpy()
    part = ladder.encode(x[:2])[0].numpy(), ladder.energy(x[:2]).numpy()
    for a, b in zip(whole, part):
        np.testing.assert_allclose(a[:2], b, **tolerances.EXACT)


@pytest.mark.parametrize("observe", [False, True])
def test_only_what_is_observed_moves_the_averages(observe):
    ladder = build()
    x, noise = inputs()
    before = [v.numpy() for v in ladder.non_trainable_variables]
    ladder.encode(x, None, True, observe)
    ladder.energy(x, tf.constant(noise), True, observe)
    moved = [
        np.any(v.numpy() != value)
        for v, value in zip(ladder.non_trainable_variables, before)
    ]
    assert len(moved) == 3 * (3 + 4)  # mean, variance and count of every layer
    assert all(moved) if observe else not any(moved)
