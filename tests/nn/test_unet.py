import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn import randomize
from tfgen.nn.instance_norm import InstanceNorm
from tfgen.nn.unet import dropped, unet


def build(shape=(8, 8, 2), maps=(6, 8, 8), blocks=1):
    network = unet(shape, maps, 1, blocks)
    randomize(network.variables)
    return network, [tf.ones((1, *s)) for s in dropped(shape, maps, blocks)]


def test_maps_of_the_paper():
    """6.1.1: C64-C128-C256-C512-C512-..., half of 256 x 256 eight times."""
    maps = (64, 128, 256, 512, 512, 512, 512, 512)
    sizes = [(2, 2, 512), (4, 4, 512), (8, 8, 512)]
    assert dropped((256, 256, 3), maps, 3) == sizes
    assert dropped((8, 8, 1), (3, 4), 3) == [(4, 4, 3)]


def test_the_input_reaches_the_output_at_every_depth():
    """A change of one pixel is seen beside it and, by the bottom, far away."""
    network, ones = build()
    x = tf.random.stateless_normal((1, 8, 8, 2), (0, 0))
    change = tf.one_hot([[0]], 64)[..., None]
    change = tf.reshape(change, (1, 8, 8, 1))
    y, other = network([x, *ones]), network([x + change, *ones])
    assert y.shape == (1, 8, 8, 1)
    assert np.all(np.abs(y) < 1)
    assert np.min(np.abs(y - other)) > 0


def test_a_map_of_one_place_is_not_erased():
    """With norm there, what is below it would be the same for all x."""
    network, ones = build()
    norms = [n for n in network.layers if isinstance(n, InstanceNorm)]
    maps = keras.Model(network.inputs, [layer.output for layer in norms])
    random = tf.random.stateless_normal((2, 8, 8, 2), (0, 0))
    sizes = [found.shape[1] for found in maps([random, *ones])]
    # Down to 2 (the first has none) and up to 2 and 4.
    assert sizes == [2, 2, 4]
    slopes = [
        n for n in network.layers if isinstance(n, keras.layers.LeakyReLU)
    ]
    code = keras.Model(network.inputs, slopes[-1].output)([random, *ones])
    assert code.shape == (2, 1, 1, 8)
    assert np.max(np.abs(code[0] - code[1])) > 1e-3


@pytest.mark.parametrize(
    "blocks, sizes", [(0, []), (1, [(2, 8)]), (2, [(2, 8), (4, 6)])]
)
def test_dropout_takes_its_factors(blocks, sizes):
    network, ones = build(blocks=blocks)
    assert [one.shape[2:] for one in ones] == sizes
    x = tf.random.stateless_normal((1, 8, 8, 2), (0, 0))
    none = [tf.ones((1, 1, 1, one.shape[-1])) for one in ones]
    same = network([x, *ones])
    np.testing.assert_array_equal(network([x, *none]), same)
    for i in range(blocks):
        factors = [*ones[:i], 0 * ones[i], *ones[i + 1 :]]
        other = network([x, *factors])
        assert np.max(np.abs(same - other)) > 1e-3
