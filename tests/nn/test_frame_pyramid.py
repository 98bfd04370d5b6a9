import numpy as np
import pytest
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.nn.frame_pyramid import (
    frame_discriminator,
    frame_generator,
    pyramid,
)

X = np.random.default_rng(0).normal(size=(2, 32, 32, 6)).astype(np.float32)


def test_the_networks_of_the_paper():
    """Tables 1 and 2: maps, kernels and dense layers of four scales."""
    G = frame_generator((32, 32, 12), 3, 4, 128)
    convolutions = [w.shape for w in G.trainable_weights if len(w.shape) == 4]
    assert convolutions == [
        *((3, 3, 12, 128), (3, 3, 128, 256), (3, 3, 256, 128), (3, 3, 128, 3)),
        *((5, 5, 15, 128), (3, 3, 128, 256), (3, 3, 256, 128), (5, 5, 128, 3)),
        *((5, 5, 15, 128), (3, 3, 128, 256), (3, 3, 256, 512)),
        *((3, 3, 512, 256), (3, 3, 256, 128), (5, 5, 128, 3)),
        *((7, 7, 15, 128), (5, 5, 128, 256), (5, 5, 256, 512)),
        *((5, 5, 512, 256), (5, 5, 256, 128), (7, 7, 128, 3)),
    ]
    D = frame_discriminator((32, 32, 12), 3, 4, 128)
    kernels = [w for w in D.trainable_weights if len(w.shape) == 4]
    assert sorted(k.shape[-1] for k in kernels) == sorted(
        [64, 64, 128, 128, 128, 256, 256, 128, 256, 512, 128]
    )
    dense = [w.shape[1] for w in D.trainable_weights if len(w.shape) == 2]
    assert sorted(dense) == sorted([512, 256, 1, *3 * (1024, 512, 1)])


def test_a_scale_adds_to_what_the_one_before_has_made():
    """Eq. 2, with a last layer that makes nothing."""
    G = frame_generator((32, 32, 6), 3, 3, 4)
    convolutions = [layer for layer in G.layers if "conv2d" in layer.name]
    for layer in (convolutions[7], convolutions[-1]):  # of scales 1 and 2
        layer.kernel.assign(tf.zeros_like(layer.kernel))
    coarse, middle, fine = G(X)
    assert [t.shape[1] for t in (coarse, middle, fine)] == [8, 16, 32]
    doubled = np.tanh(np.repeat(np.repeat(coarse, 2, 1), 2, 2))
    np.testing.assert_allclose(middle, doubled, atol=1e-6)
    doubled = np.tanh(np.repeat(np.repeat(middle, 2, 1), 2, 2))
    np.testing.assert_allclose(fine, doubled, atol=1e-6)


def test_pyramid_has_the_means_of_squares_of_pixels():
    small, same = pyramid(tf.constant(X), 2)
    assert same is not None and np.array_equal(same, X)
    expected = X.reshape(2, 16, 2, 16, 2, 6).mean((2, 4))
    np.testing.assert_allclose(small, expected, atol=1e-6)


def test_sides_that_cannot_be_halved():
    with pytest.raises(UserError, match=r"network\.scales: 3 layers"):
        frame_generator((12, 12, 6), 3, 4, 4)
