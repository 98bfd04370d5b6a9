import keras
import numpy as np

from tfgen.evaluate.filters import image_filters

layers = keras.layers


def test_filters_of_convolutions():
    reads = keras.Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(5, 3), layers.Conv2D(3, 3)]
    )
    makes = keras.Sequential(
        [
            layers.Input((2, 2, 3)),
            layers.Conv2DTranspose(4, 3),
            layers.Conv2DTranspose(3, 5),
        ]
    )
    np.testing.assert_array_equal(
        image_filters(reads, (8, 8, 3)), reads.layers[0].kernel
    )
    np.testing.assert_array_equal(
        image_filters(makes, (8, 8, 3), makes=True), makes.layers[1].kernel
    )


def test_filters_of_perceptrons():
    """A unit's weights lie as the pixels do; those of a latent are left out."""
    reads = keras.Sequential([layers.Input((4 * 2 + 3,)), layers.Dense(5)])
    makes = keras.Sequential([layers.Input((5,)), layers.Dense(4 * 2)])
    seen = image_filters(reads, (4, 2, 1))
    made = image_filters(makes, (4, 2, 1), makes=True)
    assert seen.shape == made.shape == (4, 2, 1, 5)
    # Row 3, column 1 is the seventh pixel.
    np.testing.assert_array_equal(
        seen[3, 1, 0], reads.layers[0].kernel.numpy()[7]
    )
    np.testing.assert_array_equal(
        made[3, 1, 0], makes.layers[0].kernel.numpy()[:, 7]
    )


def test_a_network_that_sees_no_images_has_none():
    """However wide its hidden layers are."""
    network = keras.Sequential(
        [layers.Input((3,)), layers.Dense(8), layers.Dense(5)]
    )
    assert image_filters(network, (4, 2, 1)) is None
