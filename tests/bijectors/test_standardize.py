import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen.bijectors import LogitGrayLevels, Standardize, of_data
from tfgen.config import Column, DataSpec

COLUMNS = (Column("price", 4e3, 5e3), Column("dose", 1e-3, 1e-4))


def test_formula():
    x = np.array([[-1e3, 2e-3], [9e3, 0.0], [4e3, 1e-3]])
    flow = Standardize(COLUMNS)
    y, log_det = flow.forward_and_log_det(tf.constant(x))
    np.testing.assert_allclose(y, [[-1, 10], [1, -10], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(log_det, np.log(2), **tolerances.EXACT)
    checks.check_inverse(flow, tf.constant(x))


def test_what_a_flow_begins_with():
    def kinds(spec):
        return [type(bijector) for bijector in of_data(spec, LogitGrayLevels)]

    assert kinds(DataSpec((2,))) == []
    assert kinds(DataSpec((8, 8, 1), 17)) == [LogitGrayLevels]
    assert kinds(DataSpec((2,), columns=COLUMNS)) == [Standardize]
