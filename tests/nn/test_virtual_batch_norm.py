import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn.virtual_batch_norm import (
    VirtualBatchNorm,
    WithoutReference,
    WithReference,
)

pytestmark = pytest.mark.usefixtures("float64")

n = 7


def by_definition(reference, x, layer):
    """Section 3.5: of one example, with the reference batch."""
    axes = tuple(range(reference.ndim - 1))

    def moments(of):
        return of.mean(axes), np.square(of).mean(axes)

    pairs = zip(moments(reference), moments(x[None]))
    mean, square = ((n * r + own) / (n + 1) for r, own in pairs)
    scaled = (x - mean) / np.sqrt(square - mean**2 + layer.epsilon)
    return scaled * layer.gamma.numpy() + layer.beta.numpy()


@pytest.mark.parametrize("shape", [(5,), (3, 2, 4)])
def test_an_example_is_one_of_n_plus_1(shape):
    layer = VirtualBatchNorm(n)
    layer.build((None, *shape))
    layer.gamma.assign(normal(shape[-1], seed=2))
    layer.beta.assign(normal(shape[-1], seed=3))
    reference, x = normal(n, *shape).numpy(), 3 + normal(4, *shape, seed=1)
    y = layer(tf.concat([reference, x], 0))
    expected = [by_definition(reference, v, layer) for v in x.numpy()]
    np.testing.assert_allclose(y[n:], expected, **tolerances.EXACT)
    # The reference batch is normalized by itself: batch normalization.
    norm = keras.layers.BatchNormalization()
    norm.build(reference.shape)
    norm.set_weights([layer.gamma, layer.beta, *norm.get_weights()[2:]])
    np.testing.assert_allclose(
        y[:n], norm(reference, training=True), **tolerances.EXACT
    )


def test_the_coefficient_of_x(float64):
    """The mean moves with x by 1/(n + 1), here 1/64."""
    layer = VirtualBatchNorm(63)
    x = tf.Variable([[0.5]], dtype=tf.float64)
    with tf.GradientTape() as tape:
        own = tf.concat([tf.zeros((63, 1), x.dtype), x], 0)
        mean = layer._with_reference(own)[63, 0]
    np.testing.assert_allclose(
        tape.gradient(mean, x), [[1 / 64]], **tolerances.EXACT
    )


def test_the_rest_of_the_batch_does_not_matter():
    """In training as elsewhere; ghost batch normalization is another thing."""
    network = keras.Sequential(
        [
            keras.layers.Input((2,)),
            WithReference(n, keras.initializers.RandomNormal(stddev=1.0)),
            keras.layers.Dense(5),
            VirtualBatchNorm(n),
            keras.layers.ReLU(),
            keras.layers.Dense(3),
            VirtualBatchNorm(n),
            WithoutReference(n),
        ]
    )
    z = normal(6, 2)
    together = network(z, training=True)
    assert together.shape == (6, 3)
    for i in range(6):
        np.testing.assert_allclose(
            network(z[i : i + 1])[0], together[i], **tolerances.EXACT
        )
    (reference,) = network.non_trainable_variables
    assert reference.shape == (n, 2)
