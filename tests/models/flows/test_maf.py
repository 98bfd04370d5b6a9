import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen import bijectors
from tfgen.config import DataSpec, Field
from tfgen.models.flows.maf import MAF, PRESETS, Config

POINTS = DataSpec((3,), num_classes=2)
SMALL = Config(layers=2, hidden=(9,), activation="tanh", batch_norm=False)

pytestmark = pytest.mark.usefixtures("float64")


def build(spec=POINTS, **options):
    model = MAF(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.3)
    return model


def test_density_is_that_of_the_paper():
    """Equations 2 to 5, number by number, in NumPy."""
    model, x = build(), checks.normal(5, 3).numpy()
    u, log_det = x, np.zeros(5)
    for network in model.networks:
        h = network(tf.constant(u)).numpy()
        alpha, mu = np.split(h, 2, axis=1)
        alpha = alpha / (1 + abs(alpha) / math.log(1000))
        u = (u - mu) * np.exp(-alpha)
        log_det -= alpha.sum(axis=1)
    normal = -0.5 * (u**2 + math.log(2 * math.pi)).sum(axis=1)
    np.testing.assert_allclose(
        model.log_prob(x), normal + log_det, **tolerances.EXACT
    )
    np.testing.assert_allclose(model.encode(x), u, **tolerances.EXACT)
    np.testing.assert_allclose(model.decode(u), x, **tolerances.EXACT)


def test_a_layer_is_that_of_tfp():
    """TFP maps noise to data; its log scale is alpha."""
    model, x = build(layers=1), checks.normal(5, 3)

    def shift_and_log_scale(y):
        alpha, mu = tf.split(model.networks[0](y), 2, axis=1)
        return mu, alpha / (1 + tf.abs(alpha) / math.log(1000))

    flow = tfp.bijectors.MaskedAutoregressiveFlow(shift_and_log_scale)
    normal = tfp.distributions.MultivariateNormalDiag(tf.zeros(3, tf.float64))
    density = tfp.distributions.TransformedDistribution(normal, flow)
    np.testing.assert_allclose(
        model.log_prob(x), density.log_prob(x), **tolerances.EXACT
    )


def test_layers_reverse_the_order():
    """x_1 comes first of all; of the next layer u_D does."""
    first, second = build().networks
    assert list(first.order) == [0, 1, 2]
    assert list(second.order) == [2, 1, 0]


def test_layers_in_random_orders():
    spec = DataSpec((9,))
    model = build(spec, order="random", layers=3)
    orders = [tuple(network.order) for network in model.networks]
    assert len({*orders, *(order[::-1] for order in orders)}) == 6
    again = build(spec, order="random", layers=3)
    assert [tuple(network.order) for network in again.networks] == orders
    # What comes first in the order of a layer depends on itself alone.
    layer = build(spec, order="random", layers=1)
    slopes = checks.jacobian(layer.encode, checks.normal(2, 9))
    for d, number in enumerate(layer.networks[0].order):
        seen = np.flatnonzero(abs(slopes[:, number]).max(axis=0))
        assert set(seen) <= set(layer.networks[0].order[: d + 1])
    x = checks.normal(5, 9)
    z = model.encode(x)
    np.testing.assert_allclose(model.decode(z), x, **tolerances.EXACT)


@pytest.mark.parametrize("layers", [1, 2])
def test_mixtures_are_those_of_tfp(layers):
    """MADE MoG, and a MAF MoG, whose base it is."""
    model, u = build(layers=layers, components=4), checks.normal(5, 3)
    x, log_det = u, 0.0
    if layers == 2:
        (layer, _) = model.flow.bijectors
        u, log_det = layer.forward_and_log_det(x)
    h = np.reshape(model.networks[-1](u), (5, 12, 3)).transpose(0, 2, 1)
    logits, mu, alpha = np.split(h, 3, axis=2)
    alpha = alpha / (1 + abs(alpha) / math.log(1000))
    density = tfp.distributions.MixtureSameFamily(
        tfp.distributions.Categorical(logits=logits),
        tfp.distributions.Normal(mu + np.linspace(-1, 1, 4), np.exp(alpha)),
    )
    expected = tf.reduce_sum(density.log_prob(u), axis=1) + log_det
    np.testing.assert_allclose(model.log_prob(x), expected, **tolerances.EXACT)
    z = model.encode(x)
    np.testing.assert_allclose(model.decode(z), x, **tolerances.EXACT)
    # By the latents, too.
    _, log_slope = model.flow.forward_and_log_det(x)
    np.testing.assert_allclose(
        model.latents["z"].log_prob(z) + log_slope,
        expected,
        **tolerances.EXACT,
    )


def test_mixtures_of_conditions_and_averages():
    """Batch normalization before the base; labels in all networks."""
    model = build(components=3, batch_norm=True, conditional=True)
    assert len(model.networks) == 3
    x, label = checks.normal(4, 3), tf.constant([0, 1, 1, 0])
    one, two = (model.log_prob(x, label=v) for v in (label, 1 - label))
    assert np.all(one != two)
    before = model.networks[1].mean.numpy()
    model.log_prob(x, label=label, training=True)
    assert np.all(model.networks[1].mean.numpy() != before)
    z = model.encode(x, label=label)
    np.testing.assert_allclose(
        model.decode(z, label=label), x, **tolerances.EXACT
    )


def test_batch_norm_has_the_statistics_of_the_training_set():
    """Each layer those of what the one before makes of its own batches."""
    model = build(batch_norm=True, conditional=True)
    one, norm, two, last = model.networks
    data = checks.normal(4, 6, 3)
    label = tf.constant([0, 1, 1, 0, 1, 0])
    condition = tf.one_hot(label, 2, dtype=tf.float64)
    affine = bijectors.Inverted(bijectors.Affine(bijectors.bounded))
    expected = np.zeros((2, 2, 3))
    for x in data:
        u = affine.forward_and_log_det(x, one(x, condition=condition))[0]
        moments = tf.nn.moments(u, 0)
        expected[0] += np.stack(moments) / 4
        u = (u - moments[0]) / tf.sqrt(moments[1] + norm.epsilon)
        u = affine.forward_and_log_det(u, two(u, condition=condition))[0]
        expected[1] += np.stack(tf.nn.moments(u, 0)) / 4
    for _ in range(2):  # what was before does not count
        model.settle(lambda: ({"x": x, "label": label} for x in data))
        for layer, found in zip((norm, last), expected):
            np.testing.assert_allclose(
                [layer.mean, layer.variance], found, **tolerances.EXACT
            )


def test_without_batch_norm_the_training_set_is_not_read():
    build().settle(lambda: pytest.fail("read"))


def test_density_on_the_plane_integrates_to_one():
    model = build(DataSpec((2,)), batch_norm=True)
    side = np.arange(-12, 12, 0.05) + 0.025
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(model.log_prob(points)).sum() * 0.05**2
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)


@pytest.mark.parametrize("size", [1, 3])
def test_every_number_depends_on_the_condition(size):
    spec = DataSpec((size,), fields=(Field("attributes", (2,)),))
    model = build(spec, conditional=True)
    x = checks.normal(1, size)
    u = [
        model.encode(x, attributes=tf.constant([a], tf.float64)).numpy()
        for a in ([0, 0], [1, 0], [0, 1])
    ]
    assert np.all(u[0] != u[1])
    assert np.all(u[0] != u[2])


def test_samples_follow_the_density():
    """E[f(x)] over samples and under the density by quadrature."""
    model = build(DataSpec((1,)))
    x = model.sample(checks.normal(100_000, 1)).numpy()[:, 0]
    grid = np.linspace(-15, 15, 4001)
    p = np.exp(model.log_prob(grid[:, None])) * (grid[1] - grid[0])
    expected = np.sum(p * np.tanh(grid))
    error = np.tanh(x).std() / len(x) ** 0.5
    assert abs(np.tanh(x).mean() - expected) < 5 * error


def test_settings_of_the_paper():
    mnist = PRESETS["mnist"].network
    assert (mnist.layers, mnist.hidden, mnist.alpha) == (5, (1024, 1024), 1e-6)
    assert mnist.optimizer.learning_rate == 1e-4
    cifar10 = PRESETS["cifar10"]
    assert (cifar10.network.alpha, cifar10.data.flip) == (0.05, True)
    assert not PRESETS["mnist"].data.flip
    for name in ("table", "table_mixture", "mnist", "cifar10"):
        train = PRESETS[name].train
        assert (train.patience, train.batch_size) == (30, 100)
    # 30 epochs: of 55,000 pictures, and of 45,000 and their mirror images.
    assert PRESETS["mnist"].train.evaluate_every == 550
    assert cifar10.train.evaluate_every == 900
