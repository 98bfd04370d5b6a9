"""Steps without validation, records and checkpoints."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import TrainConfig
from tfgen.model import Model
from tfgen.train.optimizers import make_optimizers
from tfgen.train.step import make_train_steps, players_of
from tfgen.train.warm_start import begin


def first_steps(
    model: Model,
    config: TrainConfig,
    batches: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
) -> tuple[Callable, dict[str, keras.optimizers.Optimizer]]:
    """Starts a model from its batches.

    Args:
      model: built under `strategy.scope()`.
      config: lengths and compilation.
      batches: [K, B, ...], for one replica.
      strategy: where to run.

    Returns:
      The compiled steps of its first stage, and its optimizers.
    """
    begin(model, batches)
    players = players_of(model)
    length = config.schedule_steps or config.steps
    optimizers = make_optimizers(players, length, config.ema_decay, strategy)
    train_steps = make_train_steps(
        model,
        optimizers,
        config.batch_size,
        strategy,
        config.jit_compile,
        [name for name, player in players.items() if not player.plays(0)],
        config.accumulate,
    )
    return train_steps, optimizers


def train_briefly(
    model: Model,
    config: TrainConfig,
    batches: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
) -> bool:
    """Trains without what would cost more than a training of a few seconds.

    Args:
      model: without stages.
      config: see `first_steps`; learning rates decay over its `steps`, and
        batches are whole.
      batches: likewise.
      strategy: likewise.

    Returns:
      Whether all losses were finite; the training ends with the first that is
      not.
    """
    config = dataclasses.replace(config, schedule_steps=0, accumulate=1)
    train_steps, _ = first_steps(model, config, batches, strategy)
    # Traced by hand: TensorFlow takes the same function of many models for one
    # that is traced too often.
    train_steps = train_steps.get_concrete_function(batches.element_spec)
    return all(
        np.isfinite(loss).all()
        for batch in batches
        for loss in train_steps(batch).values()
    )
