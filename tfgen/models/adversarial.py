"""The game of a discriminator and a generator, as several papers play it."""

from collections.abc import Sequence
from typing import Literal

import keras
import tensorflow as tf

from tfgen.losses import ADVERSARIAL
from tfgen.model import Batch, Model, Player
from tfgen.models import conditions, techniques
from tfgen.models.conditional_game import judged, misread

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
      batch: with noise `z`, of which the latents are made.
      training: normalize by the batch.
    """
    z = conditions.beside(model, model.prior(batch["z"]), batch)
    return model.generator(z, training=training)


def generate_with_techniques(
    model: Model, batch: Batch, training: bool
) -> tf.Tensor:
    """Returns what `generate` does; the players' averages see the step.

    Args:
      model: also has `averages`.
      batch: see `generate`.
      training: likewise.
    """
    techniques.observe(model, batch, training)
    return generate(model, batch, training)


def decode(model: Model, *latents: tf.Tensor, **given: tf.Tensor) -> tf.Tensor:
    """Returns x = G(z), scaled as the data.

    Args:
      model: has a `generator`.
      *latents: z [B, Z], or several.
      **given: the condition, of a conditional model.
    """
    z = conditions.beside(model, latents, given)
    return model.from_unit(model.generator(z))


def losses(model: Model, batch: Batch, training: bool) -> Batch:
    """Returns what each player minimizes, [B].

    Data and samples are batches of their own, each with its own statistics.

    Args:
      model: has a `discriminator` to logits, `config.loss` and
        `config.techniques`.
      batch: with `generated`, in units of [-1, 1].
      training: normalize by the batch.
    """
    loss = ADVERSARIAL[model.config.loss]
    x = model.to_unit(batch["x"])
    D, (x, y) = model.discriminator, techniques.seen(model, batch, x)
    real, of_real = judged(model, D, x, batch, training)
    fake, of_fake = judged(model, D, y, batch, training)
    found = {
        "discriminator": loss.discriminator(real, fake),
        "generator": loss.generator(fake),
    }
    found = with_conditions(model, batch, found, of_real, of_fake)
    return techniques.applied(model, batch, found, (x, y), real, training)


def with_conditions(
    model: Model,
    batch: Batch,
    losses: Batch,
    of_real: tf.Tensor | None,
    of_fake: tf.Tensor | None,
) -> Batch:
    """Returns losses with ACGAN's -L_C, if D says what the conditions are.

    Args:
      model: whose conditions.
      batch: with the conditions.
      losses: of D, which comes first, and of G, [B].
      of_real: what D says of data, [B, N], or None.
      of_fake: likewise, of samples.
    """
    if of_real is None:
        return losses
    real, fake = (misread(model, batch, told) for told in (of_real, of_fake))
    terms = zip(losses.items(), (real + fake, fake))
    return {name: loss + term for (name, loss), term in terms}


def metrics(model: Model, batch: Batch) -> Batch:
    """Returns whether the discriminator takes data for samples, [B]."""
    x = model.to_unit(batch["x"])
    logits, _ = judged(model, model.discriminator, x, batch, training=False)
    return {"discriminator_error": tf.cast(logits < 0, tf.float32)}


def logit(model: Model, y: tf.Tensor, *latents, **given) -> tf.Tensor:
    """Returns D's logit that y is data, [B].

    Args:
      model: has a `discriminator` to logits.
      y: [B, ...] in units of [-1, 1].
      *latents: that y is made of, which D does not see.
      **given: the conditions.
    """
    del latents
    D = model.discriminator
    return judged(model, D, y, given, training=False)[0]
