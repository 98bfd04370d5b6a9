import importlib

import numpy as np
import pytest
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.nn import randomize
from tfgen.nn.patch_gan import PATCHES, patch_gan


def seen_by(network, side, place):
    """The gradient's size, of the square of pixels that a logit depends on."""
    x = tf.random.stateless_normal((1, side, side, 2), (0, 0))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logit = network(x)[:, place]
    gradient = np.abs(tape.gradient(logit, x).numpy()).sum(axis=(0, 3))
    rows, columns = (np.flatnonzero(gradient.sum(axis)) for axis in (1, 0))
    return gradient[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("patch", PATCHES)
def test_a_logit_sees_a_square_of_just_so_many_pixels(patch, monkeypatch):
    """Paper, 6.1.2: 1, 16, 70 and 286; and each pixel of it."""
    # Moments are of the whole picture.
    module = importlib.import_module("tfgen.nn.patch_gan")
    monkeypatch.setattr(module, "instance_norm", lambda x: x)
    stride = 2 ** PATCHES[patch]
    side = stride * -(-2 * patch // stride)
    network = patch_gan((side, side, 2), patch, maps=2)
    randomize(network.variables)
    logits = side // stride
    assert network.output_shape == (None, logits**2)
    middle = logits // 2 * logits + logits // 2
    square = seen_by(network, side, middle)
    assert square.shape == (patch, patch)
    assert np.all(square > 0)


def test_layers_of_the_paper():
    """C64-C128-C256-C512, and C64-C128 of 1 x 1 filters."""

    def kernels(patch):
        variables = patch_gan((32, 32, 3), patch).variables
        return [tuple(v.shape) for v in variables if v.name == "kernel"]

    assert kernels(70) == [
        (4, 4, 3, 64),
        (4, 4, 64, 128),
        (4, 4, 128, 256),
        (4, 4, 256, 512),
        (4, 4, 512, 1),
    ]
    assert kernels(1) == [(1, 1, 3, 64), (1, 1, 64, 128), (1, 1, 128, 1)]


@pytest.mark.parametrize(
    "patch, message", [(5, "patch=5: expected one of"), (142, "16 pixels a")]
)
def test_patches_that_cannot_be(patch, message):
    with pytest.raises(UserError, match=message):
        patch_gan((8, 8, 1), patch)
