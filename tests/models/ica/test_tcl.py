import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import randomize
from tfgen import run as run_lib
from tfgen.config import DataSpec
from tfgen.data import mixed_sources
from tfgen.errors import UserError
from tfgen.losses.classification import cross_entropy
from tfgen.measures import sources
from tfgen.models.ica.tcl import TCL, Config

SPEC = DataSpec((5,), num_classes=64)


def build(**options):
    return TCL(dataclasses.replace(Config(), **options), SPEC)


def batch_of(n, seed=0):
    random = np.random.default_rng(seed)
    label = random.integers(0, 64, n)
    s = random.laplace(size=(n, 5)) * mixed_sources.scales(0)[label]
    return {
        "x": tf.constant(mixed_sources.mix(s, 1, 0)),
        "label": tf.constant(label),
        "sources": s,
    }


def test_the_best_loss_is_that_of_bayes_rule(float64):
    """L = 1: h(x) = |s| by the inverse matrix; w are minus the rates."""
    model = build(hidden=(), restarts=1)
    batch, scales = batch_of(200), mixed_sources.scales(0)
    A = mixed_sources.mix(np.eye(5), 1, 0)
    extractor, regression = model.extractors[0], model.regressions[0]
    extractor.layers[-1].kernel.assign(np.linalg.inv(A))
    regression.kernel.assign(-1 / scales.T)
    regression.bias.assign(-np.log(scales).sum(1))
    h = model.encode(batch["x"])
    np.testing.assert_allclose(h, np.abs(batch["sources"]), **tolerances.EXACT)
    log_p = mixed_sources.posterior(batch["sources"], 0)
    bayes = -log_p[np.arange(200), batch["label"]]
    np.testing.assert_allclose(
        model.per_example_losses(batch, True)["classifier"],
        bayes,
        **tolerances.EXACT,
    )


def test_the_network_of_least_training_loss_is_used(float64):
    model = build(hidden=(3,), restarts=3)
    randomize(model.trainable_variables, 1.0)
    batch = batch_of(50)
    _, logits = model.logits(batch["x"])
    losses = [
        np.mean(cross_entropy(logits[:, r], batch["label"])) for r in range(3)
    ]
    model.per_example_losses(batch, training=False)
    np.testing.assert_array_equal(model.loss_of, np.zeros(3))
    model.per_example_losses(batch, training=True)
    np.testing.assert_allclose(
        model.loss_of, 0.01 * np.array(losses), **tolerances.EXACT
    )
    metrics = model.per_example_metrics(batch)
    np.testing.assert_allclose(
        np.mean(metrics["cross_entropy"]), min(losses), **tolerances.EXACT
    )


def test_the_first_batch_is_whitened(float64):
    model, batch = build(), batch_of(500)
    model.begin(batch)
    rows = (batch["x"] - model.mean) @ model.whiten
    np.testing.assert_allclose(np.mean(rows, 0), np.zeros(5), atol=1e-12)
    np.testing.assert_allclose(
        np.cov(rows.numpy().T, ddof=0), np.eye(5), atol=1e-9
    )


def test_data_without_segments():
    with pytest.raises(UserError, match="data: has no labels"):
        TCL(Config(), DataSpec((5,)))


def test_sources_are_found_where_linear_ica_does_not(tmp_path):
    """A short training of one network."""
    made = run_lib.Run.start(
        tmp_path,
        "tcl",
        "sources",
        overrides=[
            "train.steps=1500",
            "train.evaluate_every=1500",
            "train.checkpoint_every=1500",
            "restarts=1",
        ],
    )
    made.train(tf.distribute.OneDeviceStrategy("CPU:0"))
    figures = sources.measure(made, made.model, "test", None)
    assert sources.applies(made.model, made.config.spec)
    linear = figures["mean_correlation_linear"]
    assert figures["mean_correlation"] > 0.9 > linear + 0.1
    loss = made.evaluate(["metrics"])["cross_entropy"]
    assert figures["bayes_cross_entropy"] < loss < np.log(64)
