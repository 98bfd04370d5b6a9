import numpy as np
import pytest
import tensorflow as tf

from tfgen.capabilities import seeded_normal


def noise(seed, temperature):
    return seeded_normal(
        tf.constant(seed, tf.int32), tf.constant(temperature, tf.float32), 3
    ).numpy()


def test_a_row_depends_on_its_seed_alone():
    rows = noise([1, -1, 2**31 - 1, -(2**31), 1], [1, 1, 1, 1, 2])
    assert np.isfinite(rows).all() and len(np.unique(rows)) == 5 * 3
    np.testing.assert_array_equal(rows[4], 2 * rows[0])
    np.testing.assert_array_equal(noise([-1], [1])[0], rows[1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_temperature_is_a_number(bad):
    with pytest.raises(tf.errors.InvalidArgumentError, match="temperature: no"):
        noise([1, 2], [1, bad])
