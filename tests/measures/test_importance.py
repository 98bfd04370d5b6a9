"""Log p(x) by importance sampling, and what is in use of the latents."""

import numpy as np
import pytest
import tensorflow as tf

import tfgen
from tests import tolerances
from tests.models.autoencoders import toys
from tfgen.errors import UserError
from tfgen.measures import active_units, importance
from tfgen.models.autoencoders.vae import VAE, Config

double = pytest.mark.usefixtures("float64")


@double
def test_estimates_are_log_p_within_their_error(monkeypatch):
    """In chunks whose last is smaller; more draws, less error."""
    monkeypatch.setattr(importance, "_MOST", 3 * 700)
    model = toys.build(VAE, Config())
    exact = toys.log_prob(model, toys.X)
    values, variances = importance.Estimates(model, 10_000)(toys.X, {}, 0)
    assert np.all(abs(values - exact) < 5 * np.sqrt(variances))
    few = importance.Estimates(model, 100)(toys.X, {}, 0)[1]
    assert np.all(variances < few)
    assert np.all(np.sqrt(variances) < 0.1)


@double
def test_the_error_is_that_of_repeated_estimates():
    model = toys.build(VAE, Config())
    estimates = importance.Estimates(model, 400)
    found = np.array([estimates(toys.X, {}, place) for place in range(60)])
    spread = found[:, 0].std(axis=0)
    error = np.sqrt(found[:, 1].mean(axis=0))
    np.testing.assert_allclose(spread, error, rtol=0.4)


@double
def test_every_draw_counts_once(monkeypatch):
    """However many draws a chunk has."""
    counts = []

    class Counting(importance.Estimates):
        def _sums(self, x, given, seed, count):
            counts.append(count)
            return [tf.math.log(tf.fill([len(x)], float(count)))] * 2

    for most, expected in ((3 * 4, [4, 4, 2]), (1, [1] * 10), (99, [10])):
        monkeypatch.setattr(importance, "_MOST", most)
        estimates = Counting(toys.build(VAE, Config()), 10)
        estimates._chunk = estimates._sums
        values, variances = estimates(toys.X, {}, 0)
        assert counts == expected
        np.testing.assert_allclose(values, 0, **tolerances.FLOAT32)
        np.testing.assert_allclose(variances, 0, **tolerances.FLOAT32)
        counts.clear()


def test_an_evaluation_names_its_draws(tmp_path):
    """The log-likelihood is above the bound of one draw."""
    run = tfgen.fit("vae", workdir=tmp_path, preset="tiny", steps=2)
    values = run.evaluate(importance=70, draws=2)
    name = "log_prob_k70"
    error = values[f"{name}_std_error"]
    assert 0 < error < values[f"{name}_two_std_errors"]
    assert values[name] > 3 * error - values["negative_elbo"]
    assert 0 <= values["active_units"] <= 2
    with pytest.raises(UserError, match="^importance=0: expected at least 1"):
        run.evaluate(importance=0)
    made = tfgen.fit("made", workdir=tmp_path / "made", preset="tiny", steps=2)
    for measure in ("importance", "active_units"):
        with pytest.raises(UserError, match=f"measure={measure}: made on"):
            made.evaluate([measure])


def test_active_units():
    """Latents whose means differ from x to x by a tenth or more."""
    random = np.random.default_rng(0)
    means = random.normal(5, 1, (4000, 3)) * [0.0, 0.09, 0.11]
    assert active_units.active(means).tolist() == [False, False, True]


def test_active_units_of_several_latents(tmp_path):
    """They count together."""
    run = tfgen.fit("vlae", workdir=tmp_path, preset="tiny", steps=2)
    x = run.data.eval_batches("test", run.config.train)
    x = np.concatenate([batch["x"] for batch in x.as_numpy_iterator()])
    codes = np.concatenate(list(run.encode(x).values()), axis=1)
    expected = np.sum(codes.var(axis=0) > 0.01)
    assert run.evaluate(["active_units"])["active_units"] == expected
    assert codes.shape == (len(x), 3)
