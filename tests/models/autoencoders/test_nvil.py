"""NVIL's baseline and running averages; gradients are in `test_vimco.py`."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.models.games.play import B
from tfgen.config import DataSpec
from tfgen.losses import importance_bound
from tfgen.models.autoencoders import nvil


def build(**options):
    keras.utils.set_random_seed(0)
    config = dataclasses.replace(nvil.PRESETS["tiny"].network, **options)
    return nvil.NVIL(config, DataSpec((4,), levels=2))


def batch(model):
    random = np.random.default_rng(0)
    shape = (B, *model.noise["epsilon"].shape)
    return {
        "x": tf.constant(random.integers(0, 2, (B, 4)), tf.float32),
        "epsilon": tf.constant(random.random(shape), tf.float32),
    }


def test_players():
    """The baseline's loss moves nothing else, and no other loss moves it."""
    model, data = build(), batch(build())
    players = model.players()
    ids = [{id(v) for v in p.variables} for p in players.values()]
    assert not ids[0] & ids[1]
    assert ids[0] | ids[1] == {id(v) for v in model.trainable_variables}
    for mine, other in (
        ("autoencoder", "baseline"),
        ("baseline", "autoencoder"),
    ):
        with tf.GradientTape() as tape:
            loss = model.per_example_losses(data, True)[mine]
        values = [v.value for v in players[other].variables]
        assert all(g is None for g in tape.gradient(loss, values))


def test_running_averages_center_and_scale():
    """Algorithm 1: the first batch's moments; then 0.8 of what was."""
    model = build()
    data = batch(model)
    log_w = model.log_weights(data["x"], data["epsilon"])
    C = model.baseline(2 * data["x"] - 1)[:, 0]
    left = (importance_bound(log_w) - C).numpy()
    losses = model.per_example_losses(data, training=True)
    np.testing.assert_allclose(
        model.signal.mean, [left.mean()], **tolerances.FLOAT32
    )
    np.testing.assert_allclose(
        losses["baseline"], (left - left.mean()) ** 2, rtol=1e-3, atol=1e-5
    )
    np.testing.assert_allclose(
        losses["autoencoder"], -importance_bound(log_w), **tolerances.FLOAT32
    )
    # What is held out moves nothing.
    before = model.signal.mean.numpy()
    model.per_example_losses(data, training=False)
    np.testing.assert_array_equal(model.signal.mean, before)


def test_one_draw_is_the_papers():
    model = build(draws=1)
    found = model.per_example_metrics(batch(model))
    np.testing.assert_allclose(
        found["negative_bound_k1"],
        found["negative_elbo"],
        **tolerances.FLOAT32,
    )
