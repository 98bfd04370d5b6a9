import keras
import numpy as np
import pytest

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
