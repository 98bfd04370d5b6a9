"""What models of numbers one by one share: `p(x) = prod_d p(x_d | x_<d)`.

Gray levels have probabilities, not densities: noise added to them changes
nothing. Real numbers, which few of the models take, have normal densities.
B is the batch, D the numbers of an example, P the parameters of a level.
"""

import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.models import conditions
from tfgen.nn import gaussian, levels
from tfgen.nn.number_by_number import column


class Discrete:
    """Methods of models whose `network` is read number by number.

    See `tfgen/nn/number_by_number.py`. Such a model has a `density` of one
    number: by default the softmax of levels, or the sigmoid of two
    (`tfgen/nn/levels.py`); of real numbers, standardized, a normal one.
    """

    takes_real = False

    def __init__(self, config: Any, spec: DataSpec):
        super().__init__(config, spec)
        self.discrete = bool(spec.levels)
        if self.discrete:
            self.density = levels.of_levels(spec.levels)
        elif self.takes_real:
            self.density = gaussian.Gaussian()
        else:
            raise UserError(
                f"data: real numbers, but {self.name} is of gray levels; use"
                " made, maf, real_nvp or another flow."
            )
        self.generated = tf.function(
            lambda inputs: made(self, inputs), autograph=False
        )
        if config.conditional:
            self.conditions = conditions.fields(spec)

    def log_prob(self, x, training=False, **given):
        """Returns log p(x) in nats, [B].

        Args:
          x: [B, H, W, C] or [B, D] gray levels, of which what is behind the
            point does not count; or real numbers.
          training: use dropout.
          **given: the condition, of a conditional model.
        """
        x = tf.reshape(x, [-1, self.spec.size])
        condition = conditions.vector(self, given)
        h = self.network(
            scaled(self, x), condition=condition, training=training
        )
        return summed(self, x, h)

    def call(self, x, training=False, **given):
        """Returns `log_prob`."""
        return self.log_prob(x, training=training, **given)

    def per_example_losses(self, batch, training):
        """Returns {player: [B]}: -log p(x) in nats, plus the L2 penalties."""
        given = self.given(batch)
        nll = -self.log_prob(batch["x"], training=training, **given)
        penalty = tf.add_n(self.losses) if self.losses else 0.0
        return {self.player: nll + penalty}

    def per_example_metrics(self, batch):
        """Returns nats and bits per dimension, each [B]."""
        nats = -self.log_prob(batch["x"], **self.given(batch))
        return {
            "nats": nats,
            "bits_per_dim": nats / (self.spec.size * math.log(2)),
        }

    def draw(self, uniforms, **given):
        """Returns samples x [B, ...] of numbers [B, D] in [0, 1)."""
        return self._generate({"u": uniforms, **given})

    def complete(self, x, mask, noise, **given):
        """Returns x [B, ...] where mask is 1; elsewhere drawn, one by one.

        Each number is drawn given those before it in the model's order, known
        and drawn ones; known ones that come later have no say.

        Args:
          x: [B, ...].
          mask: [B, ...], 1 where x is known, else 0.
          noise: [B, D] standard normal.
          **given: the condition, of a conditional model.
        """
        flat = [-1, self.spec.size]
        known = {
            "x": tf.reshape(x, flat),
            "mask": tf.reshape(mask, flat),
        }
        return self._generate({"u": self.uniforms(noise), **known, **given})

    def _generate(self, inputs):
        """In one graph for all that ask: an eager loop would cost more."""
        inputs = {name: tf.convert_to_tensor(v) for name, v in inputs.items()}
        batch = None if tf.executing_eagerly() else inputs["u"].shape[0]
        specs = {
            name: tf.TensorSpec([batch, *value.shape[1:]], value.dtype)
            for name, value in inputs.items()
        }
        return self.generated.get_concrete_function(specs)(inputs)


def build(model: Model) -> None:
    """Makes the variables."""
    x = tf.zeros((1, *model.spec.shape))
    model.log_prob(x, **conditions.example(model))


def scaled(model: Model, x: tf.Tensor) -> tf.Tensor:
    """Returns x as networks see it: whole levels from 0 to 1, columns
    standardized.
    """
    if model.discrete:
        return tf.floor(x) / (model.spec.levels - 1)
    return model.to_unit(x)


def summed(model: Model, x: tf.Tensor, h: tf.Tensor) -> tf.Tensor:
    """Returns log p(x) [B] of x [B, D], given h [B, P*D]."""
    D = model.spec.size
    h = tf.reshape(tf.cast(h, x.dtype), [-1, model.density.parameters, D])
    h = tf.transpose(h, [0, 2, 1])
    x = tf.floor(x) if model.discrete else model.to_unit(x)
    unit = sum(math.log(c.stddev) for c in model.spec.standard)
    return tf.reduce_sum(model.density.log_prob(x, h), axis=1) - unit


def made(model: Model, inputs: Mapping[str, tf.Tensor], network=None):
    """Returns samples [B, ...].

    Args:
      model: whose samples.
      inputs: u, uniform [B, D]; x and mask [B, D], if x is known where mask is
        1; and the conditions, or a code in their place, `code`.
      network: read number by number; by default the model's.
    """
    u = inputs["u"]
    step = 1 / (model.spec.levels - 1) if model.discrete else 1.0
    known = scaled(model, inputs["x"]) if "mask" in inputs else None

    def choose(d, h):
        x_d = step * model.density.quantile(column(u, d), tf.cast(h, u.dtype))
        if known is None:
            return x_d
        return tf.where(column(inputs["mask"], d) > 0.5, column(known, d), x_d)

    condition = inputs.get("code")
    if condition is None:
        condition = conditions.vector(model, inputs)
    network = network or model.network
    x = network.generate(choose, tf.shape(u)[0], condition)
    x = tf.round(x / step) if model.discrete else model.from_unit(x)
    if known is not None:  # exactly
        given = inputs["x"]
        x = tf.where(inputs["mask"] > 0.5, given, tf.cast(x, given.dtype))
    return tf.reshape(x, [-1, *model.spec.shape])
