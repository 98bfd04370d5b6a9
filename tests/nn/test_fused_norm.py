"""One kernel beside many, in float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn import FusedBatchNorm, RunningBatchNorm, fused_norm

NEAR = {"rtol": 1e-4, "atol": 1e-5}


def maps(seed):
    return 3 + 2 * tf.random.stateless_normal([6, 5, 4, 3], [seed, 0])


def trained(layer, x, weight):
    """Output, gradients of x and of what is learnt, all variables after."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        loss = tf.reduce_sum(tf.reshape(weight, tf.shape(y)) * y)
    gradients = tape.gradient(loss, [x, *layer.trainable_variables])
    size = tf.shape(weight)
    return [
        tf.reshape(y, size),
        tf.reshape(gradients[0], size),
        *gradients[1:],
        *layer.variables,
    ]


def set_learnt(layer):
    for i, variable in enumerate(layer.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [i, 9]))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_running_batch_norm(jit_compile):
    """Vectors, [N, C], go through the equations one by one."""
    layers = [RunningBatchNorm(lag=False, affine=True) for _ in range(2)]
    for layer, shape in zip(layers, ([None, 5, 4, 3], [None, 3])):
        layer.build(shape)
        set_learnt(layer)

    @tf.function(jit_compile=jit_compile)
    def fused(x, weight):
        return trained(layers[0], x, weight)

    for seed in range(2):
        x, weight = maps(seed), maps(seed + 2)
        assert fused_norm.fits(x)
        vectors = tf.reshape(x, [-1, 3])
        expected = trained(layers[1], vectors, weight)
        for a, b in zip(fused(x, weight), expected, strict=True):
            np.testing.assert_allclose(a, b, **NEAR)


def test_batch_norm_is_keras_own():
    ours = FusedBatchNorm(momentum=0.9)
    keras_own = keras.layers.BatchNormalization(momentum=0.9)
    for layer in (ours, keras_own):
        layer.build([None, 5, 4, 3])
        set_learnt(layer)
    for seed in range(2):
        x, weight = maps(seed), maps(seed + 2)
        found, expected = (
            trained(layer, x, weight) for layer in (ours, keras_own)
        )
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, **NEAR)
    np.testing.assert_allclose(ours(x), keras_own(x), **NEAR)


def test_without_scale_keras_own():
    """The kernel has both scale and offset; nothing fails without them."""
    x = maps(0)
    y = FusedBatchNorm(scale=False, center=False)(x, training=True)
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    expected = (x - mean) / tf.sqrt(variance + 1e-3)
    np.testing.assert_allclose(y, expected, **NEAR)


def test_what_has_no_kernel():
    assert not fused_norm.fits(tf.zeros([2, 3]))
    assert not fused_norm.fits(tf.zeros([2, 3, 3, 1], tf.float64))
