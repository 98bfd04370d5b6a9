import dataclasses

import numpy as np
import pytest

from tests import tolerances
from tests.bijectors import checks
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.flows.neural_spline import Config, NeuralSplineFlow

SMALL = Config(layers=2, hidden=(8,), bins=4, dropout=0.0)
KINDS = pytest.mark.parametrize("autoregressive", [False, True])

pytestmark = pytest.mark.usefixtures("float64")


def build(shape=(3,), levels=0, num_classes=0, noise=0.5, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = NeuralSplineFlow(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, noise)
    return model


@KINDS
def test_density_on_the_plane_integrates_to_one(autoregressive):
    model = build((2,), noise=0.2, autoregressive=autoregressive)
    side = np.arange(-6, 6, 0.04) + 0.02
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(model.log_prob(points)).sum() * 0.04**2
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)


@KINDS
def test_every_number_changes_and_is_found_again(autoregressive):
    model = build(layers=4, autoregressive=autoregressive)
    x = checks.normal(20, 3)
    z = model.encode(x).numpy()
    np.testing.assert_allclose(model.decode(z), x, **tolerances.EXACT)
    slopes = checks.jacobian(model.encode, x)
    _, log_det = np.linalg.slogdet(slopes)
    normal = -0.5 * (z**2 + np.log(2 * np.pi)).sum(axis=1)
    np.testing.assert_allclose(
        model.log_prob(x), normal + log_det, **tolerances.EXACT
    )
    # Every number of the latent depends on some other number.
    size = abs(slopes).max(axis=0)
    assert np.all((size > 0).sum(axis=1) > 1)


def test_outside_of_the_box_only_the_order_changes():
    model = build(layers=1)
    x = np.array([[3.5, -4.0, 5.0]])
    z = model.encode(x).numpy()
    np.testing.assert_array_equal(np.sort(z), np.sort(x))


def test_images_have_the_scales_of_real_nvp():
    model = build((4, 4, 1), 5, 2, scales=2, features=2, conditional=True)
    x = np.random.default_rng(0).uniform(0, 5, (3, 4, 4, 1))
    given = {"label": np.array([0, 1, 1])}
    z = model.encode(x, **given)
    assert z.shape == (3, 16)
    np.testing.assert_allclose(model.decode(z, **given), x, **tolerances.EXACT)
    other = model.log_prob(x, label=1 - given["label"])
    assert np.all(model.log_prob(x, **given) != other)


def test_vectors_of_one_number():
    """One number is a single spline of nothing; it has no halves."""
    model = build((1,), autoregressive=True)
    x = np.arange(-4, 4, 0.001)[:, None]
    total = np.exp(model.log_prob(x)).sum() * 0.001
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)
    np.testing.assert_allclose(
        model.decode(model.encode(x)), x, **tolerances.EXACT
    )
    with pytest.raises(UserError, match="^data: vectors of 1; expected 2 or"):
        build((1,))


def test_bins_are_checked():
    with pytest.raises(UserError, match=r"network.bins=1: expected 2 to 50"):
        build(bins=1)
