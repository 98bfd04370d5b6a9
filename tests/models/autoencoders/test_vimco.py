"""Score-function estimators of sigmoid belief networks, held to all states.

VIMCO and NVIL, of 2 bits and 3 draws, over the 64 states there are.
"""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoregressive.states import states
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.losses import importance_bound, leave_one_out, multi_sample_loss
from tfgen.models.autoencoders import nvil, vimco

pytestmark = pytest.mark.usefixtures("float64")
K, D = 3, 3
X = states((D,), 2)


def build(kind=vimco.VIMCO, **options):
    keras.utils.set_random_seed(0)
    config = vimco.Config() if kind is vimco.VIMCO else nvil.Config()
    config = dataclasses.replace(config, draws=K, hidden=(2,))
    config = dataclasses.replace(config, **options)
    model = kind(config, DataSpec((D,), levels=2, num_classes=2))
    checks.randomize(model.trainable_variables, 0.7)
    return model


def weights(model):
    """Variables of p and of q."""
    p = [model.top, *(v for d in model.downwards for v in d.variables)]
    q = [v for layer in model.upwards for v in layer.variables]
    return p + q


def of_bits(model, x):
    """Uniform numbers [S, K, H] of all states, and q of each, by `x` [D]."""
    sizes = model.config.hidden
    h = states((model.config.draws, sum(sizes)), 2)
    below, us, q = 2 * x[None, None] - 1, [], 1.0
    for layer, bits in zip(model.upwards, tf.split(h, sizes, axis=2)):
        p = tf.sigmoid(layer(below))
        # A bit is 1 where u < p.
        us.append(tf.where(bits > 0.5, p / 2, (1 + p) / 2))
        chosen = tf.where(bits > 0.5, p, 1 - p)
        q, below = q * tf.reduce_prod(chosen, axis=[1, 2]), bits
    return tf.concat(us, axis=2), q


def exact_gradient(model, x):
    """Of E L_K, by autodiff of the sum over all states of all draws."""
    u, _ = of_bits(model, x)
    rows = tf.repeat(x[None], len(u), 0)
    variables = weights(model)
    with tf.GradientTape() as tape:
        log_p, log_q = model.log_terms(rows, u, {})
        q = tf.exp(tf.reduce_sum(log_q, axis=1))
        mean = tf.reduce_sum(q * importance_bound(log_p - log_q))
    return mean, tape.gradient(mean, [v.value for v in variables])


@pytest.mark.parametrize("hidden", [(2,), (1, 2)])
@pytest.mark.parametrize("kind", [vimco.VIMCO, nvil.NVIL])
def test_gradients_are_those_of_all_states(kind, hidden):
    """Of p and of q, for any x; NVIL's by a baseline, not divided."""
    model, x = build(kind, hidden=hidden), X[3]
    u, q = of_bits(model, x)
    assert np.sum(q) == pytest.approx(1)
    batch = {"x": tf.repeat(x[None], len(u), 0), "epsilon": u}
    variables = weights(model)
    with tf.GradientTape() as tape:
        loss = model.per_example_losses(batch, False)[model.player]
        mean = tf.reduce_sum(q * loss)
    found = tape.gradient(mean, [v.value for v in variables])
    bound, expected = exact_gradient(model, x)
    np.testing.assert_allclose(mean, -bound, **tolerances.EXACT)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, -other, **tolerances.EXACT)
        assert np.any(np.abs(other) > 1e-3)


def test_the_bound_is_below_log_p():
    """All states again; it grows with the draws."""
    x, bounds = X[5], []
    for draws in (2, 3, 4):
        model = build(draws=draws)
        u, q = of_bits(model, x)
        log_w = model.log_weights(tf.repeat(x[None], len(u), 0), u)
        bounds.append(tf.reduce_sum(q * importance_bound(log_w)))
    model = build()
    one = build(draws=2)
    h = states((1, 2), 2)
    p = tf.sigmoid(one.upwards[0](2 * x[None] - 1))
    u = tf.where(h > 0.5, p / 2, (1 + p) / 2)
    log_p, _ = model.log_terms(tf.repeat(x[None], 4, 0), u, {})
    exact = tf.reduce_logsumexp(log_p)
    assert np.all(np.diff([*bounds, exact]) > 1e-3)


def test_p_is_a_distribution():
    """Two layers: p(x, h) sums to 1 over all x and h."""
    model = build(hidden=(2, 2))
    total = 0.0
    for u in states((1, 4), 2):  # 0 or 1: the bit is 1 or 0, whatever q says
        log_p, _ = model.log_terms(X, tf.repeat(u[None], len(X), 0), {})
        total += tf.reduce_sum(tf.exp(log_p))
    np.testing.assert_allclose(total, 1, **tolerances.EXACT)


def test_leave_one_out_by_hand():
    """Equations 9 and 10, with weights instead of their logarithms."""
    w = np.array([[0.1, 2.0, 0.7], [3.0, 0.2, 0.2]])
    expected = np.zeros_like(w)
    for b, k in np.ndindex(*w.shape):
        others = np.delete(w[b], k)
        replaced = np.append(others, np.exp(np.log(others).mean()))
        expected[b, k] = np.log(w[b].mean()) - np.log(replaced.mean())
    found = leave_one_out(tf.constant(np.log(w)))
    np.testing.assert_allclose(found, expected, **tolerances.EXACT)
    with pytest.raises(ValueError, match="one draw has no others"):
        leave_one_out(tf.zeros((2, 1)))


def test_the_signal_has_no_gradient():
    log_q = tf.Variable([[0.3, -1.0]], dtype=tf.float64)
    with tf.GradientTape() as tape:
        signal = 5 * log_q
        loss = multi_sample_loss(-log_q, log_q, signal)
    w = tf.nn.softmax(-log_q)
    expected = -(5 * log_q - w)
    found = tape.gradient(loss, log_q)
    np.testing.assert_allclose(found, expected, **tolerances.EXACT)


def test_vimco_has_less_noise_than_nvil():
    """Variances of q's gradient over all states, the same draws."""
    totals = []
    for kind in (vimco.VIMCO, nvil.NVIL):
        model, x = build(kind), X[3]
        u, q = of_bits(model, x)
        kernel = model.upwards[0].bias
        batch = {"x": tf.repeat(x[None], len(u), 0), "epsilon": u}
        if kind is nvil.NVIL:
            # The best constant baseline there is: the bound's own mean.
            bound, _ = exact_gradient(model, x)
            C = model.baseline(2 * x[None] - 1)[0]
            model.signal.mean.assign(bound - C)
        with tf.GradientTape() as tape:
            loss = model.per_example_losses(batch, False)[model.player]
        found = tape.jacobian(loss, kernel.value)
        mean = tf.reduce_sum(q[:, None] * found, axis=0)
        total = tf.reduce_sum(q[:, None] * tf.square(found - mean))
        totals.append(total.numpy())
    assert totals[0] < 0.7 * totals[1]


def test_one_draw_has_no_baseline():
    with pytest.raises(UserError, match="^network.draws=1: expected at least"):
        build(draws=1)


def test_samples_are_drawn_downwards():
    """From the top's own probabilities; the same numbers, the same image."""
    model = build(hidden=(2, 3))
    model.top.assign([50.0, -50.0, 50.0])
    u = tf.constant([[0.5, 0.5, 0.3, 0.9, 0.1]], tf.float64)
    above = tf.constant([[1.0, 0.0, 1.0]], tf.float64)
    p = tf.sigmoid(model.downwards[1](above))
    h = tf.cast(0.5 >= 1 - p, tf.float64)
    expected = tf.sigmoid(model.downwards[0](h))
    found = model.draw(u)
    np.testing.assert_allclose(found, expected, **tolerances.EXACT)
    assert model.sample_noise == 5
