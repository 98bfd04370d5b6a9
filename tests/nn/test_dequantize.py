import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn import gray_levels


@pytest.mark.parametrize("levels", [2, 17, 255, 256, 65536])
def test_dequantize_never_leaves_its_level(levels):
    x = np.arange(levels, dtype=np.float32)
    largest = np.full_like(x, np.nextafter(np.float32(1), np.float32(0)))
    y = gray_levels.dequantize(
        tf.constant(x), levels, tf.constant(largest)
    ).numpy()
    assert y.dtype == np.float32
    assert y.max() < levels
    np.testing.assert_array_equal(np.floor(y), x)
    # The plain sum would not do.
    if levels > 2:
        assert (x + largest).max() == levels


def test_dequantize_adds_uniform_noise():
    u = np.random.default_rng(0).uniform(size=10_000).astype(np.float32)
    y = gray_levels.dequantize(tf.fill([10_000], 200.0), 256, u).numpy()
    np.testing.assert_allclose(y, 200 + u, atol=2**-15)
