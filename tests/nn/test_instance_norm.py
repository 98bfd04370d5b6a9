import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn import randomize
from tfgen.nn.instance_norm import InstanceNorm, instance_norm


def test_each_map_of_each_example_by_its_own_moments(float64):
    x, layer = 3 + 2 * normal(4, 3, 5, 2), InstanceNorm()
    layer(x)
    randomize(layer.variables)
    expected = np.empty(x.shape)
    for b in range(4):
        for c in range(2):
            image = x.numpy()[b, :, :, c]
            scaled = (image - image.mean()) / np.sqrt(image.var() + 1e-5)
            scale, shift = layer.scale.numpy()[c], layer.shift.numpy()[c]
            expected[b, :, :, c] = scale * scaled + shift
    np.testing.assert_allclose(layer(x), expected, **tolerances.EXACT)


@pytest.mark.parametrize("side, count", [(1, 0), (2, 1)])
def test_a_map_of_one_place_is_left_alone(side, count):
    x = keras.layers.Input((side, side, 3))
    model = keras.Model(x, instance_norm(x))
    kinds = [isinstance(layer, InstanceNorm) for layer in model.layers]
    assert sum(kinds) == count


def test_in_training_a_single_example_has_one_operator():
    """The numbers and gradients are those of the moments."""
    layer, x = InstanceNorm(), 3 + 2 * normal(1, 4, 6, 3)
    x = tf.cast(x, tf.float32)
    layer(x)
    randomize(layer.variables)
    found = []
    for training in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            total = tf.reduce_sum(tf.cos(3 * y))
        found.append(
            [
                y,
                *tape.gradient(
                    total, [x, layer.scale.value, layer.shift.value]
                ),
            ]
        )
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, **tolerances.FLOAT32)
