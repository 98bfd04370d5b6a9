"""Keras optimizers and schedules from their settings."""

import math
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.model import Player


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, a constant part, then an optional decay.

    `decay_start` is the share of the training at which the decay begins:
    BiGAN's "exponential decay to 2e-6 from half-way on" is `exponential`,
    0.5 and `final_learning_rate=2e-6`.
    """

    def __init__(self, config: OptimizerConfig, steps: int):
        """Follows `config` over a training of `steps` updates."""
        self.config = config
        self.steps = steps

    def __call__(self, step):
        """Returns the learning rate at `step`."""
        c = self.config
        step = tf.cast(step, tf.float32)
        start = c.decay_start * self.steps
        share = (step - start) / max(self.steps - start, 1.0)
        share = tf.clip_by_value(share, 0.0, 1.0)
        initial, final = c.learning_rate, c.final_learning_rate
        if c.schedule == "linear":
            rate = initial + (final - initial) * share
        elif c.schedule == "cosine":
            cosine = 0.5 * (1 + tf.cos(math.pi * share))
            rate = final + (initial - final) * cosine
        elif c.schedule == "exponential":
            # A final rate of 0 cannot be reached; 1 % of the first one stands
            # in for it.
            ratio = (final or 0.01 * initial) / initial
            rate = initial * tf.pow(ratio, share)
        else:
            rate = tf.constant(initial)
        if c.warmup_steps:
            rate *= tf.minimum((step + 1) / c.warmup_steps, 1.0)
        return rate

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"config": self.config, "steps": self.steps}


def make_optimizer(
    config: OptimizerConfig, steps: int, ema_decay: float = 0.0
) -> keras.optimizers.Optimizer:
    """Returns the Keras optimizer for one player.

    Args:
      config: its settings. `clip_norm` is left to the training step, which
        clips what all replicas found together.
      steps: updates of the whole training, for the schedule.
      ema_decay: keep a moving average of the weights with this decay.
    """
    c = config
    rate = c.learning_rate
    if c.schedule != "constant" or c.warmup_steps:
        rate = Schedule(c, steps)
    common = {"learning_rate": rate, "weight_decay": c.weight_decay or None}
    if ema_decay:
        common |= {"use_ema": True, "ema_momentum": ema_decay}
    if c.name == "sgd":
        return keras.optimizers.SGD(momentum=c.momentum, **common)
    if c.name == "rmsprop":
        # Keras adds epsilon below the root, where papers and PyTorch do not.
        return keras.optimizers.RMSprop(
            rho=c.beta_2, momentum=c.momentum, epsilon=c.epsilon**2, **common
        )
    return keras.optimizers.Adam(
        beta_1=c.beta_1, beta_2=c.beta_2, epsilon=c.epsilon, **common
    )


def make_optimizers(
    players: Mapping[str, Player],
    steps: int,
    ema_decay: float,
    strategy: tf.distribute.Strategy,
) -> dict[str, keras.optimizers.Optimizer]:
    """Returns name -> the optimizer of a player, with its variables.

    Args:
      players: of a model.
      steps: of the training, over which learning rates decay.
      ema_decay: see `make_optimizer`.
      strategy: where to train.
    """
    made = {}
    with strategy.scope():
        for name, player in players.items():
            made[name] = make_optimizer(
                player.optimizer, steps // player.every, ema_decay
            )
        for name, player in players.items():
            made[name].build(player.variables)
    return made
