import numpy as np
import pytest
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.nn import Decoder, Encoder


def widths(network):
    return [
        v.shape[-2:] if "transpose" in v.path else v.shape[::-1][:2][::-1]
        for v in network.variables
        if v.name == "kernel"
    ]


@pytest.mark.parametrize("shape, maps", [((5,), ()), ((8, 12, 3), (4, 6))])
def test_a_decoder_mirrors_its_encoder(shape, maps):
    """Maps and units come in the other order."""
    sizes = (7, 9), maps
    encoder, decoder = Encoder(shape, 4, *sizes), Decoder(shape, 2, *sizes)
    x, condition = tf.zeros((3, *shape)), tf.zeros((3, 2))
    assert encoder(x, condition).shape == (3, 4)
    z = tf.zeros((3, 2))
    assert decoder(z, condition).shape == (3, 2 * np.prod(shape))
    kernels = [v.shape for v in encoder.variables if v.name == "kernel"]
    mirrored = [v.shape for v in decoder.variables if v.name == "kernel"]
    if maps:
        assert kernels == [
            *((4, 4, 3, 4), (4, 4, 4, 6)),
            *((2 * 3 * 6 + 2, 7), (7, 9), (9, 4)),
        ]
        assert mirrored == [
            # Transposed: what it makes stands before what it sees.
            *((4, 4, 4, 6), (4, 4, 6, 4)),
            *((2 + 2, 9), (9, 7), (7, 2 * 3 * 6)),
        ]
    else:
        assert kernels == [(5 + 2, 7), (7, 9), (9, 4)]
        assert mirrored == [(2 + 2, 9), (9, 7), (7, 2 * 5)]


def test_parameters_of_a_pixel_stand_together():
    """Each of the last layer's biases shows up where its number of x is."""
    decoder = Decoder((4, 4, 3), 2, (), (5, 5))
    z = tf.zeros((1, 2))
    decoder(z)
    decoder.convolutions[-1].bias.assign(range(6))
    h = tf.reshape(decoder(z), [16, 3, 2])
    np.testing.assert_array_equal(h, [[[0, 1], [2, 3], [4, 5]]] * 16)


@pytest.mark.parametrize("shape", [(6, 8, 1), (5,)])
def test_what_cannot_be_halved_is_refused(shape):
    message = "network.maps|convolutions need images"
    for kind in (Encoder, Decoder):
        with pytest.raises(UserError, match=message):
            kind(shape, 2, (4,), (3, 3))
