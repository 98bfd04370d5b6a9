"""What holds for any bijector is in tests/conformance/test_bijectors.py."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from ai_edge_litert.interpreter import Interpreter

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import Mixture, bounded

K, C = 4, 3
tfd = tfp.distributions


def draw(n=200):
    return 2 * checks.normal(n, C), checks.normal(n, 3 * K * C, seed=1)


def of_tfp(h):
    """The densities of [n, C] numbers."""
    logits, m, log_s = np.split(h.numpy().reshape(-1, 3 * K, C), 3, axis=1)
    m = m + np.linspace(-1, 1, K)[:, None]
    pi, m, s = (
        np.moveaxis(a, 1, -1) for a in (logits, m, np.exp(bounded(log_s)))
    )
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=pi), tfd.Normal(tf.constant(m), s)
    )


def test_is_that_of_tfp(float64):
    x, h = draw()
    density = of_tfp(h)
    np.testing.assert_allclose(
        Mixture(K).log_prob(x, h), density.log_prob(x), **tolerances.EXACT
    )
    y, log_det = Mixture(K).forward_and_log_det(x, h)
    F = density.cdf(x).numpy()
    expected = np.log(F) - np.log(1 - F)
    np.testing.assert_allclose(y, expected, rtol=1e-7)
    noise = tfd.Logistic(tf.zeros((), tf.float64), 1.0)
    np.testing.assert_allclose(
        noise.log_prob(y) + log_det, density.log_prob(x), **tolerances.EXACT
    )


def test_quantiles(float64):
    """Of logistic noise to both tails, and back."""
    _, h = draw(401)
    y = tf.constant(np.linspace(-200, 200, 401)[:, None] + np.zeros(C))
    x, log_det = Mixture(K).inverse_and_log_det(y, h)
    again, back = Mixture(K).forward_and_log_det(x, h)
    np.testing.assert_allclose(again, y, **tolerances.EXACT)
    np.testing.assert_allclose(back, -log_det, **tolerances.EXACT)


def test_gradient_of_a_quantile(float64):
    """In the noise and in all parameters, by differences."""
    _, h = draw(5)
    y, direction = checks.normal(5, C, seed=2), checks.normal(*h.shape, seed=3)

    def x(y, h):
        return Mixture(K).inverse_and_log_det(y, h)[0]

    with tf.GradientTape() as tape:
        tape.watch([y, h])
        total = tf.reduce_sum(x(y, h))
    of_y, of_h = tape.gradient(total, [y, h])
    step = 1e-5
    by_y = (x(y + step, h) - x(y - step, h)) / (2 * step)
    np.testing.assert_allclose(of_y, by_y, rtol=1e-6, atol=1e-8)
    by_h = (x(y, h + step * direction) - x(y, h - step * direction)).numpy()
    np.testing.assert_allclose(
        np.sum(of_h * direction), by_h.sum() / (2 * step), rtol=1e-6
    )


def test_on_a_device():
    """All of it in built-in operators, and the same numbers."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, C]),
            tf.TensorSpec([None, 3 * K * C]),
        ]
    )
    def both(x, h):
        y, log_det = Mixture(K).forward_and_log_det(x, h)
        return y, log_det, *Mixture(K).inverse_and_log_det(x, h)

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [both.get_concrete_function()]
    )
    runner = Interpreter(model_content=converter.convert())
    inputs = [tf.cast(v, tf.float32).numpy() for v in draw(7)]
    for place, value in zip(runner.get_input_details(), inputs):
        runner.resize_tensor_input(place["index"], value.shape)
    runner.allocate_tensors()
    for place, value in zip(runner.get_input_details(), inputs):
        runner.set_tensor(place["index"], value)
    runner.invoke()
    found = [runner.get_tensor(d["index"]) for d in runner.get_output_details()]
    for expected, value in zip(both(*inputs), found, strict=True):
        np.testing.assert_allclose(value, expected, **tolerances.FLOAT32)


def test_components_learn_apart():
    """At h = 0 their gradients differ."""
    x, h = tf.constant([[0.3]]), tf.zeros((1, 3 * K))
    with tf.GradientTape() as tape:
        tape.watch(h)
        log_p = Mixture(K).log_prob(x, h)
    parts = np.split(tape.gradient(log_p, h).numpy()[0], 3)
    assert all(len(np.unique(np.round(part, 4))) == K for part in parts)
