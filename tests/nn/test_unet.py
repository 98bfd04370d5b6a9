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
    return network, tf.ones((1, network.inputs[1].shape[1]))


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
    y, other = network([x, ones]), network([x + change, ones])
    assert y.shape == (1, 8, 8, 1)
    assert np.all(np.abs(y) < 1)
    assert np.min(np.abs(y - other)) > 0


def test_a_map_of_one_place_is_not_erased():
    """With norm there, what is below it would be the same for all x."""
    network, ones = build()
    norms = [n for n in network.layers if isinstance(n, InstanceNorm)]
    sizes = [layer.output.shape[1] for layer in norms]
    # Down to 2 (the first has none) and up to 2 and 4.
    assert sizes == [2, 2, 4]
    bottom = [n for n in network.layers if n.output.shape[1:3] == (1, 1)][-1]
    inner = keras.Model(network.inputs, bottom.output)
    random = tf.random.stateless_normal((2, 8, 8, 2), (0, 0))
    code = inner([random, tf.repeat(ones, 2, 0)]).numpy()
    assert np.max(np.abs(code[0] - code[1])) > 1e-3


@pytest.mark.parametrize(
    "blocks, size", [(0, 0), (1, 2 * 2 * 8), (2, 2 * 2 * 8 + 4 * 4 * 6)]
)
def test_dropout_takes_its_factors(blocks, size):
    network, ones = build(blocks=blocks)
    assert ones.shape[1] == size
    x = tf.random.stateless_normal((1, 8, 8, 2), (0, 0))
    if blocks:
        same, other = network([x, ones]), network([x, 0 * ones])
        assert np.max(np.abs(same - other)) > 1e-3
