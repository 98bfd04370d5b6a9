import numpy as np
import pytest

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.errors import UserError
from tfgen.nn import DoublyConv2D, randomize

K, Z, N = 3, 6, 2  # four by four kernels in a meta kernel


def built(filters, pool):
    layer = DoublyConv2D(filters, K, Z, pool)
    layer.build((None, None, None, N))
    randomize(layer.variables, 1.0, seed=0)
    return layer


def by_patches(layer, x):
    """In the paper's order: each patch is convolved with the meta kernels.

    Every patch [k, k] of the image goes over a meta kernel [z, z]: n x n
    numbers for each pixel, which then are pooled.
    """
    v, s, side = layer.v.numpy(), layer.pool, layer.side
    n, C = Z - K + 1, v.shape[-1]
    B, H, W, _ = x.shape
    wide = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    y = np.empty((B, H, W, C, n, n))
    for h in range(H):
        for w in range(W):
            patch = wide[:, h : h + K, w : w + K]
            for i in range(n):
                for j in range(n):
                    cut = v[i : i + K, j : j + K]
                    y[:, h, w, :, i, j] = np.einsum("bijn,ijnc", patch, cut)
    pooled = y.reshape(B, H, W, C, side, s, side, s).max(axis=(5, 7))
    return pooled.reshape(B, H, W, -1) + layer.bias.numpy()


@pytest.mark.parametrize("filters, pool", [(16, 1), (8, 2), (3, 4)])
def test_two_orders_agree(filters, pool, float64):
    layer, x = built(filters, pool), normal(2, 5, 4, N).numpy()
    y = layer(x)
    assert y.shape == (2, 5, 4, filters)
    np.testing.assert_allclose(y, by_patches(layer, x), **tolerances.EXACT)


def test_kernels_share_weights():
    """16 maps of a 6 x 6 meta kernel, instead of 16 kernels of 3 x 3."""
    layer = built(16, 1)
    assert layer.v.shape == (6, 6, N, 1)
    kernels = layer.kernels().numpy()
    # The second is the first one, moved by a column.
    np.testing.assert_array_equal(kernels[:, 1:, :, 0], kernels[:, :-1, :, 1])


@pytest.mark.parametrize(
    "filters, meta, pool", [(16, 2, 1), (8, 6, 3), (6, 6, 2)]
)
def test_sizes_that_do_not_divide(filters, meta, pool):
    with pytest.raises(UserError, match=f"^meta={meta}: expected at least 3"):
        DoublyConv2D(filters, K, meta, pool)
