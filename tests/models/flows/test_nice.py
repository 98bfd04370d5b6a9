import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen.config import Column, DataSpec
from tfgen.errors import UserError
from tfgen.models.flows.nice import NICE, PRESETS, Config

IMAGES = DataSpec((2, 3, 1), levels=16, num_classes=2)
SMALL = Config(couplings=3, hidden=(9,), ascent=200)

pytestmark = pytest.mark.usefixtures("float64")


def build(spec=IMAGES, **options):
    model = NICE(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, 0.3)
    return model


def pixels(n=5):
    return np.random.default_rng(0).uniform(0, 16, (n, 2, 3, 1))


@pytest.mark.parametrize("interval", [(0.0, 1.0), (-1.0, 1.0)])
def test_density_is_that_of_the_paper(interval):
    """Sections 3.2 to 3.4 in NumPy: the odd dimensions change the even ones."""
    model, x = build(interval=interval), pixels()
    low, high = interval
    y = low + (high - low) * x.reshape(5, 6) / 16
    odd, even = y[:, ::2], y[:, 1::2]
    for i, m in enumerate(model.networks):
        if i % 2:
            odd = odd + m(tf.constant(even)).numpy()
        else:
            even = even + m(tf.constant(odd)).numpy()
    S = model.diagonal.log_scale.numpy()
    h = np.concatenate([odd, even], axis=1) * np.exp(S)
    logistic = -np.logaddexp(0, h) - np.logaddexp(0, -h)
    log_det = S.sum() + 6 * math.log((high - low) / 16)
    np.testing.assert_allclose(
        model.log_prob(x), logistic.sum(axis=1) + log_det, **tolerances.EXACT
    )
    np.testing.assert_allclose(model.encode(x), h, **tolerances.EXACT)
    np.testing.assert_allclose(model.decode(h), x, **tolerances.EXACT)


def test_volumes_change_by_the_same_everywhere():
    """The determinant of autodiff's Jacobian is that of the diagonal."""
    model, x = build(DataSpec((4,))), checks.normal(5, 4)
    _, log_det = np.linalg.slogdet(checks.jacobian(model.encode, x))
    expected = np.full(5, model.diagonal.log_scale.numpy().sum())
    np.testing.assert_allclose(log_det, expected, **tolerances.EXACT)


@pytest.mark.parametrize("prior", ["logistic", "normal"])
def test_density_on_the_plane_integrates_to_one(prior):
    model = build(DataSpec((2,)), prior=prior)
    side = np.arange(-25, 25, 0.1) + 0.05
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    total = np.exp(model.log_prob(points)).sum() * 0.1**2
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)


def test_completions_keep_what_is_known_and_climb():
    model, x = build(conditional=True, ascent=40), np.floor(pixels())
    given = {"label": [0, 1, 1, 0, 1]}
    mask = np.zeros_like(x)
    mask[:, 0] = 1
    noise = checks.normal(5, 6)

    def nats(y):
        y = tf.where(mask > 0, tf.floor(y) + 0.5, y)
        return model.log_prob(y, **given).numpy()

    made = model.complete(x, mask, noise, **given).numpy()
    np.testing.assert_array_equal(made[:, 0], x[:, 0])
    assert 0 <= made.min() and made.max() < 16
    other = model.complete(x, mask, -noise, **given).numpy()
    assert np.all(made[:, 1] != other[:, 1])
    best = model.complete(x, mask, 0 * noise, **given).numpy()
    start = np.where(mask > 0, x, 8)
    assert np.all(nats(best) > nats(start))


def test_completions_of_the_paper_by_hand():
    """The first steps of the ascent, in units of the paper's [0, 1]."""
    model, x = build(ascent=3), np.floor(pixels())
    mask, noise = np.zeros_like(x), checks.normal(5, 6)
    got = model.complete(x, mask, 0 * noise).numpy() / 16
    y = np.full_like(x, 0.5)
    for i in range(3):
        with tf.GradientTape() as tape:
            unit = tf.constant(y)
            tape.watch(unit)
            nats = model.log_prob(16 * unit)
        gradient = tape.gradient(nats, unit).numpy()
        y = np.clip(y + 10 / (100 + i) * gradient / 100, 0, 1)
    np.testing.assert_allclose(got, y, **tolerances.SAME)


def test_completions_of_a_table_do_not_depend_on_its_units():
    """They are those of the numbers with mean 0 and variance 1."""
    columns = Column("a", 300.0, 50.0), Column("b", -2.0, 1e-3), Column("c")
    specs = DataSpec((3,), columns=columns), DataSpec((3,))
    table, plain = (build(spec, ascent=5) for spec in specs)
    table.set_weights(plain.get_weights())
    mean, stddev = np.array([300, -2, 0]), np.array([50, 1e-3, 1])
    x, noise = checks.normal(5, 3).numpy(), checks.normal(5, 3, seed=1)
    mask = np.tile([1.0, 0.0, 0.0], (5, 1))
    expected = plain.complete(tf.constant(x), mask, noise)
    made = table.complete(tf.constant(mean + stddev * x), mask, noise)
    np.testing.assert_allclose(
        (made - mean) / stddev, expected, **tolerances.SAME
    )


def test_settings():
    mnist = PRESETS["mnist"].network
    assert (mnist.couplings, mnist.hidden) == (4, (1000,) * 5)
    assert mnist.prior == "logistic"
    assert PRESETS["cifar10"].network.interval == (-1, 1)
    with pytest.raises(UserError, match=r"^network\.interval=1\.0,0\.0: exp"):
        build(interval=(1.0, 0.0))
    with pytest.raises(UserError, match="^data: vectors of 1; expected 2"):
        build(DataSpec((1,)))
