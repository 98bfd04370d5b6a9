import keras
import numpy as np
import tensorflow as tf

from tfgen.nn import FusedBatchNorm, noise_plane_generator, randomize

# 5 numbers at first; planes of 4 x 8 and of 8 x 16 pixels.
Z = 5 + 3 * 4 * 8 + 2 * 8 * 16


def build(norm=None):
    generator = noise_plane_generator(
        5, (3, 2), (16, 32, 1), (6, 4, 3), norm=norm
    )
    randomize(generator.variables, 0.3, seed=0)
    return generator


def test_shapes_and_kernels():
    """Each layer sees the maps before it and its own planes."""
    generator = build()
    assert generator.input_shape == (None, Z)
    assert generator.output_shape == (None, 16, 32, 1)
    kernels = [tuple(v.shape) for v in generator.variables if len(v.shape) > 1]
    assert kernels == [
        (5, 4 * 8 * 6),
        (4, 4, 4, 6 + 3),  # transposed: outputs before inputs
        (4, 4, 3, 4 + 2),
        (3, 3, 3, 1),
    ]


def test_every_number_of_the_noise_counts():
    generator = build()
    noise = tf.random.stateless_normal((1, Z), (0, 0))
    with tf.GradientTape() as tape:
        tape.watch(noise)
        x = generator(noise)
    assert np.all(np.abs(x) <= 1)
    # A rectifier may be shut on one number, not on a whole layer's.
    used = tape.gradient(x, noise).numpy()[0] != 0
    assert used[:5].any()
    assert used[5 : 5 + 96].mean() > 0.9
    assert used[5 + 96 :].mean() > 0.9


def test_normalization_is_of_maps():
    """The dense layer's, too: 6 maps of 4 x 8, not 192 units."""
    norms = [
        layer
        for layer in build(FusedBatchNorm).layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert [norm.gamma.shape for norm in norms] == [(6,), (4,), (3,)]
    assert norms[0].input.shape == (None, 4, 8, 6)
