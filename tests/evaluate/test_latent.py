import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import tolerances
from tfgen.evaluate import latent


def normal(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def test_interpolation_ends_at_its_ends():
    z_1, z_2 = normal(2, 3, 4)
    path = latent.interpolate(z_1, z_2, 5)
    assert path.shape == (3, 5, 4)
    np.testing.assert_allclose(path[:, 0], z_1, **tolerances.EXACT)
    np.testing.assert_allclose(path[:, -1], z_2, **tolerances.EXACT)
    np.testing.assert_allclose(
        path[:, 2], (z_1 + z_2) / np.sqrt(2), **tolerances.EXACT
    )


@given(steps=st.integers(2, 9), D=st.integers(2, 9))
def test_interpolation_keeps_the_norm(steps, D):
    """Between orthogonal ends of one norm, as Gaussian ones nearly are."""
    z_1, z_2 = 3 * np.eye(D)[:2]
    norms = np.linalg.norm(latent.interpolate(z_1, z_2, steps), axis=-1)
    np.testing.assert_allclose(norms, np.full(steps, 3), **tolerances.EXACT)


def test_interpolation_stays_standard_normal():
    z_1, z_2 = normal(2, 20_000, 1)
    path = latent.interpolate(z_1, z_2, 7)[..., 0]
    # Four standard errors of a variance of 1 from 20,000 draws.
    np.testing.assert_allclose(path.var(axis=0), 1, atol=4 * 0.01)


def test_manifold_of_eq_19():
    """The formula, angle by angle."""
    z, S = normal(4, 3), 6
    surface = latent.manifold(z, S)
    assert surface.shape == (S, S, 3)
    for i in range(S):
        for j in range(S):
            u, v = 2 * np.pi * i / S, 2 * np.pi * j / S
            expected = np.cos(u) * (
                np.cos(v) * z[0] + np.sin(v) * z[1]
            ) + np.sin(u) * (np.cos(v) * z[2] + np.sin(v) * z[3])
            np.testing.assert_allclose(
                surface[i, j], expected, **tolerances.EXACT
            )


def test_manifold_passes_through_the_four_examples():
    """At right angles it meets z_1, ..., z_4 and their negatives."""
    z = normal(4, 3)
    surface = latent.manifold(z, 4)
    corners = [[z[0], z[1]], [z[2], z[3]]]
    np.testing.assert_allclose(surface[:2, :2], corners, **tolerances.EXACT)
    np.testing.assert_allclose(surface[2, 0], -z[0], **tolerances.EXACT)
    np.testing.assert_allclose(surface[1, 3], -z[3], **tolerances.EXACT)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    z = normal(4, 3, dtype=dtype)
    assert latent.manifold(z, 3).dtype == dtype
    assert latent.interpolate(z[0], z[1], 3).dtype == dtype


def test_resampling_the_finer_scales():
    """Appendix D: 100 %, 50 %, 25 % of the latents are kept."""
    z, noise = np.ones((2, 8)), np.zeros((2, 8))
    kept = latent.resampled(z, noise, [4, 2, 2])
    expected = [[1] * 8, [0] * 4 + [1] * 4, [0] * 6 + [1] * 2]
    np.testing.assert_array_equal(kept, [expected] * 2)


def test_a_traversal_changes_one_number_at_a_time():
    z = np.float32([7, 8, 9])
    found = latent.traversal(z, rows=2, steps=3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(
        found,
        [
            [[-3, 8, 9], [0, 8, 9], [3, 8, 9]],
            [[7, -3, 9], [7, 0, 9], [7, 3, 9]],
        ],
    )
