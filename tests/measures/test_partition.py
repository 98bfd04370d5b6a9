"""The log-likelihood of machines whose states can all be counted."""

import itertools

import numpy as np
import pytest

from tests.bijectors.checks import randomize
from tests.models.autoregressive.states import states
from tfgen.config import DataSpec
from tfgen.evaluate import log_partition
from tfgen.measures import Options, partition
from tfgen.models.energy import dbm, rbm

D = 5
MODELS = {
    "rbm": (rbm.RBM, rbm.Config(hidden=4, chains=8)),
    "dbm": (dbm.DBM, dbm.Config(hidden=(4, 2), chains=8)),
}


@pytest.fixture(params=MODELS)
def model(request, float64):
    kind, config = MODELS[request.param]
    made = kind(config, DataSpec((D,), levels=2))
    randomize(made.trainable_variables, 1.0)
    return made


def measured(model, monkeypatch, **numbers):
    """Figures of all states, each once, as a split."""
    for name, value in numbers.items():
        monkeypatch.setattr(partition, name, value)

    class Run:
        def held_out(self, model, split):
            x = states((D,), 2)
            return [{"x": x[:20]}, {"x": x[20:]}]

    return partition.measure(Run(), model, "test", Options())


def log_z(model):
    """Of an RBM or DBM of at most two hidden layers, by all states."""
    layers = [D, *np.atleast_1d(model.config.hidden)]
    W = model.W if isinstance(model.W, list) else [model.W]
    b = model.b if isinstance(model.W, list) else [model.visible, model.hidden]
    every = np.array(list(itertools.product([0.0, 1.0], repeat=sum(layers))))
    parts = np.split(every, np.cumsum(layers)[:-1], axis=1)
    logs = sum(h @ bias.numpy() for h, bias in zip(parts, b))
    for lower, upper, weights in zip(parts, parts[1:], W):
        logs = logs + np.sum(lower @ weights.numpy() * upper, axis=1)
    return np.logaddexp.reduce(logs)


def test_both_ways_agree_with_all_states(model, monkeypatch):
    """And -log p(x), or its bound, is by the exact log Z."""
    found = measured(
        model, monkeypatch, _TEMPERATURES=300, _RUNS=200, _BURN_IN=100
    )
    exact = log_z(model)
    assert found["log_partition_exact"] == pytest.approx(exact, abs=1e-9)
    for way in ("ais", "reverse_ais"):
        error = found[f"log_partition_{way}_std_error"]
        assert 0 < error < 0.05
        assert abs(found[f"log_partition_{way}"] - exact) < 4 * error
    name = "nats_bound" if model.bounds_energy else "nats"
    nats = model.energy(states((D,), 2)).numpy() + exact
    assert found[f"{name}_exact"] == pytest.approx(nats.mean(), abs=1e-9)
    spread = nats.std() / np.sqrt(len(nats) - 1)
    assert found[f"{name}_exact_std_error"] == pytest.approx(spread)
    # Of all states, the mean of -log p is at least the entropy of 2^D of them.
    assert nats.mean() > D * np.log(2)


def test_what_cannot_be_counted_is_annealed(model, monkeypatch):
    """Its error has that of log Z, too."""
    monkeypatch.setattr(log_partition, "MOST_COUNTED", 1)
    found = measured(model, monkeypatch, _TEMPERATURES=30, _RUNS=20, _BURN_IN=5)
    name = "nats_bound" if model.bounds_energy else "nats"
    assert "log_partition_exact" not in found
    energies = model.energy(states((D,), 2)).numpy()
    assert found[f"{name}_ais"] == pytest.approx(
        energies.mean() + found["log_partition_ais"]
    )
    spread = energies.std() / np.sqrt(len(energies) - 1)
    error = np.hypot(spread, found["log_partition_ais_std_error"])
    assert found[f"{name}_ais_std_error"] == pytest.approx(error)
