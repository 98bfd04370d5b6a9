"""The game of a discriminator and a generator, as several papers play it."""

from collections.abc import Sequence
from typing import Literal

import keras
import tensorflow as tf

from tfgen.losses import ADVERSARIAL
from tfgen.model import Batch, Model, Player

Loss = Literal[
    "minimax", "non_saturating", "least_squares", "hinge", "wasserstein"
]


def players(
    model: Model,
    discriminator: Sequence[keras.Variable] = (),
    until: int | None = None,
) -> dict[str, Player]:
    """Returns a discriminator, which moves first, and a generator.

    Args:
      model: has a `generator`; its settings, an optimizer for each.
      discriminator: its variables; those of `model.discriminator` if none.
      until: see `Player`; the end of the generator's stage.
    """
    config, G = model.config, model.generator.trainable_variables
    D = discriminator or model.discriminator.trainable_variables
    return {
        "discriminator": Player(D, config.discriminator_optimizer),
        "generator": Player(G, config.generator_optimizer, until=until),
    }


def generate(model: Model, batch: Batch, training: bool) -> tf.Tensor:
    """Returns G(z), of which both players learn, [B, ...].

    Args:
      model: has a `generator`.
      batch: with noise `z`, of which the latent is made.
      training: normalize by the batch.
    """
    return model.generator(*model.prior(batch["z"]), training=training)


def decode(model: Model, z: tf.Tensor) -> tf.Tensor:
    """Returns x = G(z) of a latent z [B, Z], scaled as the data."""
    return model.from_unit(model.generator(z))


def losses(model: Model, batch: Batch, training: bool) -> Batch:
    """Returns what each player minimizes, [B].

    Data and samples are batches of their own, each with its own statistics.

    Args:
      model: has a `discriminator` to logits, and `config.loss`.
      batch: with `generated`, in units of [-1, 1].
      training: normalize by the batch.
    """
    loss = ADVERSARIAL[model.config.loss]
    x = model.to_unit(batch["x"])
    real = model.discriminator(x, training=training)
    fake = model.discriminator(batch["generated"], training=training)
    return {
        "discriminator": loss.discriminator(real, fake),
        "generator": loss.generator(fake),
    }


def metrics(model: Model, batch: Batch) -> Batch:
    """Returns whether the discriminator takes data for samples, [B]."""
    wrong = model.discriminator(model.to_unit(batch["x"])) < 0
    return {"discriminator_error": tf.cast(wrong, tf.float32)}


def logit(model: Model, y: tf.Tensor, *latents, **given) -> tf.Tensor:
    """Returns D's logit that y is data, [B].

    Args:
      model: has a `discriminator` to logits.
      y: [B, ...] in units of [-1, 1].
      *latents: that y is made of, which D does not see.
      **given: the conditions.
    """
    del latents, given
    return model.discriminator(y)
