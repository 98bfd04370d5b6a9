import keras

from tfgen.losses import kernel_l2


def test_half_the_squares_of_kernels():
    dense = keras.layers.Dense(2, bias_initializer="ones")
    dense.build((None, 2))
    dense.kernel.assign([[1.0, -2.0], [3.0, 0.0]])
    assert kernel_l2(dense.trainable_variables) == 7.0
