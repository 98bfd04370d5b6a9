import functools

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.nn import (
    ResidualConvNet,
    RunningBatchNorm,
    WeightNormConv2D,
    randomize,
)

NORM = functools.partial(RunningBatchNorm, affine=True)


def built(channels=2, outputs=6, condition=None, **options):
    layer = ResidualConvNet(4, 2, outputs, **options)
    x = tf.random.normal((3, 5, 4, channels))
    layer(x, condition=condition)
    return layer, x


def convolutions(layer):
    return [
        h for h in layer._flatten_layers() if isinstance(h, WeightNormConv2D)
    ]


@pytest.mark.parametrize("norm", [None, NORM])
def test_starts_at_zero(norm):
    """The last convolution starts at g = 0, so that f starts as identity."""
    layer, x = built(norm=norm)
    np.testing.assert_array_equal(layer(x), np.zeros((3, 5, 4, 6)))


def test_size():
    """1 + 2 a block + 1, and a 1x1 skip from the input and from each block."""
    layer, _ = built(norm=NORM)
    sides = sorted(conv.kernel_size for conv in convolutions(layer))
    assert sides == [1] * (1 + 2 + 1) + [3] * (1 + 2 * 2)
    norms = [
        h for h in layer._flatten_layers() if isinstance(h, RunningBatchNorm)
    ]
    assert len(norms) == 2 * 2 + 1
    # v, g and bias of each convolution; scale and offset of each norm, its
    # averages and how many batches they are of.
    assert len(layer.trainable_variables) == 3 * 9 + 2 * 5
    assert len(layer.non_trainable_variables) == 3 * 5


def test_formula(float64):
    """By hand, one block: two residual convolutions, and both skips."""
    layer = ResidualConvNet(4, 1, 6)
    x = tf.random.normal((3, 5, 4, 2), dtype=tf.float64)
    layer(x)
    randomize(layer.variables)
    ((_, conv_1, _, conv_2),), (skip,) = layer.blocks, layer.skips
    h_0 = layer.conv_in(x)
    h_1 = h_0 + conv_2(tf.nn.relu(conv_1(tf.nn.relu(h_0))))
    skips = layer.skip_in(h_0) + skip(h_1)
    expected = layer.conv_out(tf.nn.relu(skips))
    np.testing.assert_allclose(layer(x), expected, **tolerances.EXACT)


def test_penalty_is_on_each_g_once():
    layer, _ = built(scale_l2=0.5, norm=NORM)
    randomize(layer.variables)
    g = [conv.g.numpy() for conv in convolutions(layer)]
    assert len(layer.losses) == len(g) == 9
    expected = 0.5 * sum(np.sum(scale**2) for scale in g)
    np.testing.assert_allclose(sum(layer.losses), expected, **tolerances.SAME)


def test_condition_changes_the_output():
    """Also far from it: the condition is added at every pixel."""
    condition = tf.one_hot([0, 1, 2], 3)
    layer, x = built(condition=condition, norm=NORM)
    randomize(layer.variables)
    y = layer(x, condition=condition)
    other = layer(x, condition=tf.roll(condition, 1, axis=0))
    assert np.all(np.any(y != other, axis=-1))
    assert "condition_in" not in str([v.path for v in built()[0].variables])


def test_training_moves_every_norm():
    layer, x = built(norm=NORM)
    before = [v.numpy() for v in layer.non_trainable_variables]
    layer(x, training=False)
    for variable, value in zip(layer.non_trainable_variables, before):
        np.testing.assert_array_equal(variable, value)
    layer(x, training=True)
    for variable, value in zip(layer.non_trainable_variables, before):
        assert np.any(variable.numpy() != value), variable.path


def test_gradient_reaches_everything():
    layer, x = built(norm=NORM)
    randomize(layer.variables)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.square(layer(x, training=True)))
    variables = layer.trainable_variables
    gradients = tape.gradient(total, [v.value for v in variables])
    for variable, gradient in zip(variables, gradients):
        assert np.any(gradient), variable.path
