import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.errors import UserError
from tfgen.nn import randomize
from tfgen.nn.exported import for_export
from tfgen.nn.residual_generator import (
    ReflectionPadding,
    ResidualBlock,
    residual_generator,
)


def test_reflection(float64):
    x = normal(2, 4, 5, 3).numpy()
    edges = ((0, 0), (2, 2), (2, 2), (0, 0))
    expected = np.pad(x, edges, "reflect")
    np.testing.assert_array_equal(ReflectionPadding(2)(x), expected)
    with for_export():
        np.testing.assert_array_equal(ReflectionPadding(2)(x), expected)


def test_layers_of_the_paper():
    """7.2: c7s1-64, d128, d256, 9 x R256, u128, u64, c7s1-3."""
    network = residual_generator((32, 32, 1), (64, 128, 256), 9, 3)
    kernels = [tuple(v.shape) for v in network.variables if v.name == "kernel"]
    assert kernels == [
        (7, 7, 1, 64),
        (3, 3, 64, 128),
        (3, 3, 128, 256),
        *18 * [(3, 3, 256, 256)],
        (3, 3, 128, 256),  # transposed: outputs first
        (3, 3, 64, 128),
        (7, 7, 64, 3),
    ]


@pytest.mark.parametrize("doubling", ["transposed", "resize"])
def test_a_constant_picture_shows_a_checkerboard_or_none(doubling):
    """Of equal weights; the picture's edges are reflected, or are zeros."""
    network = residual_generator((16, 16, 1), (2, 3), 1, 1, doubling)
    for variable in network.variables:
        if variable.name == "kernel":
            variable.assign(tf.fill(variable.shape, 0.1))
    # Where the maps are doubled, before norm.
    (last,) = [
        layer
        for layer in network.layers
        if getattr(layer, "kernel", None) is not None
        and layer.kernel.shape in [(3, 3, 2, 3), (3, 3, 3, 2)]
    ][1:]
    ones = tf.ones((1, 8, 8, 3))
    if doubling == "resize":
        ones = ReflectionPadding(1)(tf.repeat(tf.repeat(ones, 2, 1), 2, 2))
    inner = last(ones).numpy()[0, 4:12, 4:12, 0]
    kinds = len(np.unique(np.round(inner, 4)))
    assert kinds == {"transposed": 3, "resize": 1}[doubling]


def test_a_block_adds_to_what_it_is_given(float64):
    block, x = ResidualBlock(3), normal(2, 4, 4, 3)
    block(x)
    randomize(block.variables)
    first, second = (layer for layer in block.f if hasattr(layer, "kernel"))
    norms = [layer for layer in block.f if hasattr(layer, "scale")]
    edges = ((0, 0), (1, 1), (1, 1), (0, 0))
    h = first(np.pad(x, edges, "reflect"))
    h = np.maximum(norms[0](h), 0)
    h = norms[1](second(np.pad(h, edges, "reflect")))
    np.testing.assert_allclose(block(x), x + h, **tolerances.EXACT)


@pytest.mark.parametrize("side, maps", [(10, (2, 3, 4)), (4, (2, 3, 4))])
def test_pictures_that_cannot_be(side, maps):
    with pytest.raises(UserError, match="network.maps"):
        residual_generator((side, side, 1), maps, 1, 1)
