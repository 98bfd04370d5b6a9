"""What flows share: `log p(x) = log p_Z(f(x)) + log |det df(x)/dx|`.

A flow is a model whose attribute `flow` is a bijector from examples to vectors
z [B, D].
B is the batch, H W C an image, D = H*W*C numbers an example.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen import bijectors
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Latent, Model
from tfgen.models import conditions


class Flow:
    """Methods of models that are flows, and how such a model begins.

    The file makes the bijectors and calls `build`. Networks of bijectors are
    listed in `networks`: Keras tracks layers, not bijectors.
    """

    player = "flow"

    def __init__(self, config: Any, spec: DataSpec):
        # The flow is float32 under mixed precision, the networks are not.
        super().__init__(config, spec, autocast=False)
        self.networks: list[keras.layers.Layer] = []
        if config.conditional:
            self.conditions = conditions.fields(spec)

    def per_example_losses(self, batch, training):
        """Returns {"flow": [B]}: -log p(x) in nats, plus the L2 penalties."""
        given = self.given(batch)
        nll = -self.log_prob(batch["x"], training=training, **given)
        # Each example carries the whole penalty: averaging leaves it as it is.
        penalty = tf.add_n(self.losses) if self.losses else 0.0
        return {"flow": nll + penalty}

    def per_example_metrics(self, batch):
        """Returns bits per dimension and nats, each [B]."""
        nats = -self.log_prob(batch["x"], **self.given(batch))
        return {
            "bits_per_dim": nats / (self.spec.size * math.log(2)),
            "nats": nats,
        }

    def _encode(self, x, given, training=False):
        """Returns `f(x)` [B, D] and `log |det df/dx|` [B]."""
        return self.flow.forward_and_log_det(
            x, condition=conditions.vector(self, given), training=training
        )

    def log_prob(self, x, training=False, **given):
        """Returns log p(x) in nats, [B].

        Args:
          x: [B, H, W, C] gray levels in [0, levels), or [B, D].
          training: update the running averages.
          **given: of a conditional model: label [B] int32, attributes [B, N]
            from 0 to 1, or columns of a table, condition [B, N].
        """
        z, log_det = self._encode(x, given, training)
        return self.latents["z"].log_prob(z) + log_det

    def call(self, x, training=False, **given):
        """Returns `log_prob`."""
        return self.log_prob(x, training=training, **given)

    def encode(self, x, **given):
        """Returns z = f(x), [B, D]; x and conditions as for `log_prob`."""
        return self._encode(x, given)[0]

    def decode(self, z, **given):
        """Returns x = g(z), shaped and scaled as for `log_prob`."""
        condition = conditions.vector(self, given)
        return self.flow.inverse_and_log_det(z, condition=condition)[0]

    def sample(self, noise, **given):
        """Returns `decode` of the prior, gray levels clipped to [0, levels)."""
        x = self.decode(*self.prior(noise), **given)
        levels = np.float32(self.spec.levels)
        return tf.clip_by_value(x, 0, np.nextafter(levels, 0)) if levels else x


def build(
    model: Model,
    flow: Sequence[bijectors.Bijector],
    flat: bool = False,
    prior: str = "normal",
    gray: Callable[..., bijectors.Bijector] | None = None,
    from_z: bool = False,
) -> None:
    """Gives a model its `flow` and `latents`, and the variables.

    Columns of tables go to mean 0 and variance 1 first.

    Args:
      model: whose `config` and `spec` are set.
      flow: from examples to z; the first is applied first.
      flat: the bijectors are of vectors: images become such first.
      prior: of z; see `Latent`.
      gray: makes the bijector of gray levels, given `levels` and `event_ndims`;
        by default a logit (`config.alpha`).
      from_z: variables are made by `decode`, where that is the cheap direction.
    """
    config, spec = model.config, model.spec
    model.latents = {"z": Latent((spec.size,), prior)}
    gray = gray or functools.partial(
        bijectors.LogitGrayLevels, alpha=config.alpha
    )
    first = bijectors.of_data(spec, gray)
    if flat and len(spec.shape) == 3:
        first.append(bijectors.Flatten(spec.shape))
    model.flow = bijectors.Sequential([*first, *flow])
    make, shape = model.log_prob, spec.shape
    if from_z:
        make, shape = model.decode, (spec.size,)
    make(tf.zeros((1, *shape), model.dtype), **conditions.example(model))


def check_halves(size: int) -> None:
    """Raises `UserError` for vectors of one number, which has no halves."""
    if size < 2:
        raise UserError(f"data: vectors of {size}; expected 2 or more.")
