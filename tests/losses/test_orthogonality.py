import keras
import numpy as np
import pytest

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.losses import orthogonality


def layer_of(kernel):
    """With a bias, which does not count."""
    H, W, C, filters = kernel.shape
    conv = keras.layers.Conv2D(filters, (H, W), bias_initializer="ones")
    conv.build((None, H, W, C))
    conv.kernel.assign(kernel)
    return conv


@pytest.mark.parametrize("filters", [5, 19])
def test_orthogonal_filters_cost_nothing(float64, filters):
    """As many as there are inputs at most; then W W^T is the identity."""
    Q, _ = np.linalg.qr(normal(max(12, filters), min(12, filters)))
    Q = Q if filters < 12 else Q.T
    conv = layer_of(Q.reshape(2, 2, 3, filters))
    np.testing.assert_allclose(
        orthogonality(conv.trainable_variables), 0, atol=1e-12
    )


def test_absolute_values_are_summed_over_layers(float64):
    """Of filters of twice the length, 3 on the diagonal of each."""
    Q, _ = np.linalg.qr(normal(12, 5))
    layers = [layer_of(2 * Q.reshape(2, 2, 3, 5)), layer_of(Q[:, None, None])]
    variables = [v for layer in layers for v in layer.trainable_variables]
    W = Q.reshape(12, 5)
    of_second = np.abs(W.T @ W - np.eye(5)).sum()
    np.testing.assert_allclose(
        orthogonality(variables), 15 + of_second, **tolerances.EXACT
    )
