"""Keras optimizers and schedules from their settings."""

import contextlib
import math
from collections.abc import Iterator, Mapping

import keras
import tensorflow as tf
from absl import logging

from tfgen.config import OptimizerConfig
from tfgen.model import Player

_LARGE = 1 << 18  # values of a variable


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


class Adam(keras.optimizers.Adam):
    """Keras's Adam, one operator for each large variable.

    Keras's reads and writes memory thirty times an update, one operator ten:
    114 and 29 ms of processor time for 29 million weights. Small variables
    gain nothing, and keep Keras's rounding: the operator takes 1 - beta_2 of
    the rounded beta_2, which is off by 5e-5 of it.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Moves a variable and its moments.

        Args:
          gradient: of the variable.
          variable: of TensorFlow.
          learning_rate: at this step.
        """
        small = variable.shape.num_elements() < _LARGE
        if small or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        i, dtype = self._get_variable_index(variable), variable.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        beta_1, beta_2, rate, epsilon = (
            tf.cast(number, dtype)
            for number in (
                self.beta_1,
                self.beta_2,
                learning_rate,
                self.epsilon,
            )
        )
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[i].value.handle,
            v=self._velocities[i].value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=epsilon,
            grad=tf.cast(gradient, dtype),
            use_locking=True,
        )


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
    return Adam(beta_1=c.beta_1, beta_2=c.beta_2, epsilon=c.epsilon, **common)


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


def say_decay(players: Mapping[str, Player], steps: int, length: int) -> None:
    """Says what a schedule does in a training of another length.

    Args:
      players: of a model.
      steps: of the training.
      length: of the one that learning rates decay over.
    """
    rates = {
        name: Schedule(player.optimizer, updates)(updates)
        for name, player in players.items()
        for updates in [length // player.every]
        if player.optimizer.schedule != "constant"
    }
    if rates and steps != length:
        stay = ", ".join(f"{n} at {float(r):g}" for n, r in rates.items())
        logging.warning(
            "train.steps=%d: learning rates decay over the %d steps that"
            " the run began with, %s.",
            steps,
            length,
            f"and then stay, {stay}" if steps > length else "not to the end",
        )


@contextlib.contextmanager
def averaged_weights(
    players: Mapping[str, Player],
    optimizers: Mapping[str, keras.optimizers.Optimizer],
) -> Iterator[None]:
    """Puts moving averages, where they are kept, in the place of weights."""
    # There is no average of a player that has not moved.
    averaged = {
        optimizers[name]: player.variables
        for name, player in players.items()
        if optimizers[name].use_ema and optimizers[name].iterations.numpy()
    }
    kept = [(v, v.numpy()) for values in averaged.values() for v in values]
    for optimizer, variables in averaged.items():
        optimizer.finalize_variable_values(variables)
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)
