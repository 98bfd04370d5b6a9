import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import Column, Field
from tfgen.nn import cells

COLUMNS = Field(
    "x",
    (3,),
    columns=(Column("count", step=1.0), Column("a"), Column("p", step=0.25)),
)
GRAY = Field("x", (3,), levels=17)


@pytest.mark.parametrize(
    "field, x",
    [(COLUMNS, [[3.0, 0.123, -0.75]]), (GRAY, [[3.0, 0.0, 16.0]])],
)
def test_noise_stays_in_the_cell(field, x):
    steps, x = np.float32(field.steps), tf.constant(x)
    for u in (0.0, 0.5, 0.999):
        noisy = cells.in_cells(x, field, tf.fill([1, 3], u))
        np.testing.assert_allclose(noisy, x + u * steps, atol=2e-6)
        found = cells.whole(noisy, field).numpy()
        np.testing.assert_array_equal(found, x.numpy())
        np.testing.assert_array_equal(
            cells.middle(noisy, field).numpy(), x.numpy() + steps / 2
        )


def test_the_nearest_multiple():
    x = tf.constant([[2.6, 0.123, -0.7]])
    expected = np.float32([[3.0, 0.123, -0.75]])
    found = cells.nearest(x, COLUMNS).numpy()
    np.testing.assert_array_equal(found, expected)
