"""Games on two replicas, with settings that no preset called `tiny` has."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import randomize
from tests.models.games import play
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.models.games import bigan, wgan
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps
from tfgen.train.strategy import make_strategy

IMAGES = DataSpec((8, 8, 1), levels=17)
SGD = OptimizerConfig("sgd", learning_rate=0.1)


def movements(strategy, kind, config, rows, monkeypatch):
    """Returns how a step by plain SGD moves each weight.

    Args:
      strategy: each replica gets as many of the rows.
      kind: of model.
      config: its settings.
      rows: of `play.batch`.
      monkeypatch: pytest's.
    """
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = kind(config, IMAGES)
        randomize(model.variables, 0.1, seed=0)
        players = {
            name: dataclasses.replace(player, optimizer=SGD, every=1)
            for name, player in model.players().items()
        }
        optimizers = {name: make_optimizer(SGD, 1) for name in players}
        for name, player in players.items():
            optimizers[name].build(player.variables)
    monkeypatch.setattr(model, "players", lambda: players)
    before = [v.numpy() for v in model.trainable_variables]
    data = {
        name: tf.cast(values, tf.float64)[None, rows]
        for name, values in play.batch(model).items()
    }
    replicas = strategy.num_replicas_in_sync
    parts = {n: tf.split(v, replicas, axis=1) for n, v in data.items()}
    batch = strategy.experimental_distribute_values_from_function(
        lambda c: {n: v[c.replica_id_in_sync_group] for n, v in parts.items()}
    )
    count = rows.stop - rows.start
    tf.config.run_functions_eagerly(True)  # compiling takes longer
    try:
        make_train_steps(model, optimizers, count, strategy)(batch)
    finally:
        tf.config.run_functions_eagerly(False)
    return [v.numpy() - b for v, b in zip(model.trainable_variables, before)]


@pytest.mark.parametrize(
    "module, name, options",
    [
        (wgan, "WGAN", {"penalty": 0.0, "clip": 0.01}),
        (bigan, "BiGAN", {"objective": "latent_regressor"}),
        (bigan, "BiGAN", {"objective": "joint_latent_regressor"}),
    ],
    ids=["clipping", "latent regressor", "joint latent regressor"],
)
def test_two_replicas_are_one(
    module, name, options, two_replicas, float64, monkeypatch
):
    kind = getattr(module, name)
    config = dataclasses.replace(module.PRESETS["tiny"].network, **options)
    one, two = (
        movements(strategy, kind, config, slice(0, play.B), monkeypatch)
        for strategy in (make_strategy("cpu"), two_replicas)
    )
    assert all(map(np.any, one))
    for a, b in zip(one, two):
        np.testing.assert_allclose(a, b, **tolerances.EXACT)


def test_each_replica_has_its_own_batch_statistics(
    two_replicas, float64, monkeypatch
):
    """Two replicas move by the mean of what their halves alone would do."""
    config = dataclasses.replace(
        bigan.PRESETS["tiny"].network, batch_norm=True, weight_decay=0.0
    )
    cpu, half = make_strategy("cpu"), play.B // 2
    whole, first, second, two = (
        movements(strategy, bigan.BiGAN, config, rows, monkeypatch)
        for strategy, rows in (
            (cpu, slice(0, play.B)),
            (cpu, slice(0, half)),
            (cpu, slice(half, play.B)),
            (two_replicas, slice(0, play.B)),
        )
    )
    for a, b, both in zip(first, second, two):
        np.testing.assert_allclose(both, (a + b) / 2, **tolerances.EXACT)
    assert not all(map(np.allclose, whole, two))
