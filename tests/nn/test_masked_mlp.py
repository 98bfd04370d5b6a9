import functools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen.nn import MaskedMLP, masked_mlp, randomize
from tfgen.nn.number_by_number import generate

pytestmark = pytest.mark.usefixtures("float64")
D, P = 5, 2
ORDERS = {
    "natural": [0, 1, 2, 3, 4],
    "reversed": [4, 3, 2, 1, 0],
    "mixed": [3, 1, 0, 4, 2],
}
NETWORKS = {
    "linear": {"hidden": ()},
    "narrow": {"hidden": (3,)},
    "two layers": {"hidden": (20, 13)},
    "direct": {"hidden": (20, 13), "direct": True},
}


def network(order="mixed", kind="two layers", condition=0):
    net = MaskedMLP(
        order=ORDERS[order],
        parameters=P,
        activation="tanh",
        condition=condition,
        **NETWORKS[kind],
    )
    net(tf.zeros((1, D)), condition=_condition(1, condition))
    randomize(net.variables)
    return net


def _condition(n, size):
    return checks.normal(n, size, seed=1) if size else None


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_number_depends_on_all_before_it_and_on_no_other(order, kind):
    net, x = network(order, kind), checks.normal(4, D)
    place = np.argsort(ORDERS[order])
    before = place[None] < place[:, None]
    for p in range(P):
        block = slice(p * D, (p + 1) * D)
        slopes = checks.jacobian(lambda rows: net(rows)[:, block], x)
        assert np.all(slopes[:, ~before] == 0)
        if kind != "narrow":
            assert np.all(np.any(slopes[:, before] != 0, axis=0))


@pytest.mark.parametrize("order", ORDERS)
def test_outputs_are_those_of_tfp(order):
    """With units of all degrees in turn, as its own are; and their masks."""
    net = MaskedMLP((4, 4), ORDERS[order], P, "tanh")
    randomize(net.variables)
    x = checks.normal(6, D)
    places = np.argsort(ORDERS[order])
    theirs = tfp.bijectors.AutoregressiveNetwork(
        P, D, hidden_units=[4, 4], activation="tanh", input_order=places + 1
    )
    theirs.build((None, D))
    dense = [layer for layer in theirs._network.layers if layer.weights]
    # Ours has P blocks of D outputs, theirs D of P.
    blocks = np.arange(P * D).reshape(P, D).T.ravel()
    for i, layer in enumerate(dense):
        kernel, bias = net.kernels[i].numpy(), net.biases[i].numpy()
        if i == 2:
            kernel, bias = kernel[:, blocks], bias[blocks]
        layer.set_weights([layer.kernel_constraint(kernel), bias])
    expected = np.transpose(theirs(x), (0, 2, 1)).reshape(6, P * D)
    np.testing.assert_allclose(net(x), expected, **tolerances.SAME)


@pytest.mark.parametrize("condition", [0, 3])
@pytest.mark.parametrize("kind", NETWORKS)
def test_reading_number_by_number_says_what_a_pass_says(kind, condition):
    net, x = network(kind=kind, condition=condition), checks.normal(4, D)
    c = _condition(4, condition)
    expected = tf.reshape(net(x, condition=c), [4, P, D])
    state = net.start(4, c)
    for place, d in enumerate(net.order):
        np.testing.assert_allclose(
            net.parameters(state, d), expected[:, :, d], **tolerances.EXACT
        )
        state = net.read(state, place, x[:, d])
    seen = generate(net, lambda d, h: h[:, 0], 4, c)
    np.testing.assert_allclose(
        seen, net(seen, condition=c)[:, :D], **tolerances.EXACT
    )


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_output_sees_the_condition(kind):
    """The first number, and the only one of vectors of one, too."""
    net, x = network(kind=kind, condition=3), checks.normal(2, D)
    c = tf.Variable(_condition(2, 3))
    with tf.GradientTape() as tape:
        h = net(x, condition=c)
    slopes = tape.jacobian(h, c).numpy()
    if kind != "narrow":
        assert np.all(np.any(slopes[0, :, 0] != 0, axis=1))
    alone = MaskedMLP((4,), [0], P, "tanh", condition=3)
    alone(tf.zeros((1, 1)), condition=c[:1])
    randomize(alone.variables)
    a, b = alone(tf.zeros((2, 1)), condition=c).numpy()
    assert np.all(a != b)


def _seen(**options):
    """Whether each number sees each other, [100, 100]: output, input."""
    net = MaskedMLP(order=np.arange(100), parameters=1, **options)
    net.set_weights([np.ones(v.shape) for v in net.variables])
    kernels = [net._kernel(i).numpy() > 0 for i in range(len(net.kernels))]
    seen = functools.reduce(np.matmul, kernels).T
    return seen | (net._direct_kernel().numpy().T > 0) if net._direct else seen


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("hidden", [(99,), (64, 99), (100, 64)])
def test_a_line_says_that_dependencies_are_missing(direct, hidden, caplog):
    masked_mlp._say_narrow.cache_clear()
    before = np.tri(100, k=-1, dtype=bool)
    for _ in range(2):
        seen = _seen(hidden=hidden, direct=direct)
    assert not np.any(seen & ~before)
    missing = np.sum(before & ~seen)
    assert bool(missing) == (min(hidden) < 99 and not direct)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == bool(missing)
    if missing:
        assert np.sum(~np.diag(seen, -1)) == 35
        assert "of 64 units leaves 35 numbers or more" in said[0]


@pytest.mark.parametrize("condition", [0, 2])
def test_layers_that_are_wide_enough(condition, caplog):
    """D - 1 units; with a condition D: one has degree 0."""
    masked_mlp._say_narrow.cache_clear()
    enough = D if condition else D - 1
    for width in (enough, enough - 1):
        caplog.clear()
        MaskedMLP((width, 9), range(D), P, condition=condition)
        assert bool(caplog.records) == (width < enough)


def test_penalty_is_of_weights_and_not_of_biases():
    net = MaskedMLP((4,), [0, 1], 1, l2=0.5)
    net(tf.zeros((1, 2)))
    randomize(net.variables)
    weights = [v for v in net.trainable_variables if v.ndim == 2]
    expected = 0.5 * sum(np.sum(np.square(v)) for v in weights)
    np.testing.assert_allclose(sum(net.losses), expected, **tolerances.EXACT)
