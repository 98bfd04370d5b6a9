import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn import Logit
from tfgen.nn.spectral_norm import SpectralNorm

pytestmark = pytest.mark.usefixtures("float64")

LAYERS = {
    "dense": (lambda: keras.layers.Dense(5), (7,)),
    "convolution": (lambda: keras.layers.Conv2D(5, 3, 2, "same"), (4, 4, 2)),
    "logit": (Logit, (2, 2, 3)),
}


def built(name):
    make, shape = LAYERS[name]
    layer = SpectralNorm(make())
    layer.build((None, *shape))
    return layer, normal(3, *shape)


def matrix(layer):
    return layer.kernel.numpy().reshape(-1, layer.kernel.shape[-1])


@pytest.mark.parametrize("name", LAYERS)
def test_the_weight_has_norm_1(name):
    """The largest singular value, by SVD, and the layer with W over it."""
    layer, x = built(name)
    for _ in range(100):
        layer.sigma(training=True)
    sigma = np.linalg.svd(matrix(layer), compute_uv=False)[0]
    for training in (False, True):
        np.testing.assert_allclose(
            layer.sigma(training), sigma, **tolerances.EXACT
        )
    y = layer(x)
    layer.kernel.assign(layer.kernel / sigma)
    np.testing.assert_allclose(y, layer.layer(x), **tolerances.EXACT)


def test_a_call_in_training_is_a_step_of_the_power_iteration():
    """Algorithm 1; elsewhere u stays."""
    layer, x = built("dense")
    W, u = matrix(layer), layer.u.numpy()
    for _ in range(3):
        v = W @ u / np.linalg.norm(W @ u)
        u = W.T @ v / np.linalg.norm(W.T @ v)
        layer(x, training=True)
        np.testing.assert_allclose(layer.u, u, **tolerances.EXACT)
    layer(x)
    np.testing.assert_allclose(layer.u, u, **tolerances.EXACT)
    assert layer.trainable_variables == layer.layer.trainable_variables


def test_the_gradient_knows_of_the_norm():
    """Eq. 12: a longer W makes the same layer, so W has no slope along W."""
    layer, x = built("convolution")
    for _ in range(100):
        layer.sigma(training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(layer(x)))
    gradient = tape.gradient(loss, layer.kernel.value)
    assert np.abs(gradient).max() > 1e-3
    along = tf.reduce_sum(gradient * layer.kernel)
    np.testing.assert_allclose(along, 0, atol=1e-10)


def test_a_weight_of_zeros_is_finite():
    layer, x = built("dense")
    layer.kernel.assign(0 * layer.kernel)
    np.testing.assert_array_equal(layer(x, training=True), np.zeros((3, 5)))
    assert np.isfinite(layer.u).all()
