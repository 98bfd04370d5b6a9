"""What BiGANs are compared to: Donahue et al. 2017, section 4.1.

Latent regressors and autoencoders, of the same three networks. Each function
returns what the players minimize, [B].
"""

import tensorflow as tf

from tfgen.losses import ADVERSARIAL
from tfgen.model import Batch, Model


def latent_regressor(
    model: Model,
    batch: Batch,
    x: tf.Tensor,
    z: tf.Tensor,
    training: bool,
) -> Batch:
    """A GAN, and an encoder that minimizes L(z, E(G(z))), as G may, too.

    L is the sigmoid cross entropy of (z + 1) / 2, the mean over dimensions; D,
    that of a plain GAN, is the baseline D.

    Args:
      model: has `generator`, `encoder`, `discriminator` and `seen`.
      batch: has what `seen` needs.
      x: data in the size of G(z), in units of [-1, 1].
      z: [B, Z], in (-1, 1).
      training: normalize by the batch.
    """
    g_z = tf.cast(model.generator(z, training=training), x.dtype)
    real, fake = (
        model.discriminator(image, training=training)
        for image in model.seen(batch, x, g_z)
    )
    logits = model.encoder(g_z, training=training)
    regression = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(
            (z + 1) / 2, tf.cast(logits, z.dtype)
        ),
        axis=1,
    )
    game = ADVERSARIAL["non_saturating"]
    if model.config.inverse:  # section 3.4
        generator = game.discriminator(fake, real)
    else:
        generator = -game.discriminator(real, fake)
    if model.config.objective == "joint_latent_regressor":
        # With all of it the generator would make what is easy to regress.
        generator += 0.25 * regression
    return {
        "discriminator": game.discriminator(real, fake),
        "generator": generator,
        "encoder": regression,
    }


def autoencoder(
    model: Model, x: tf.Tensor, code: tf.Tensor, training: bool
) -> Batch:
    """G and E minimize the mean l1 or l2 distance of x and G(E(x)).

    Args:
      model: has a `generator`.
      x: as for `latent_regressor`.
      code: E(x).
      training: normalize by the batch.
    """
    l1 = model.config.objective == "autoencoder_l1"
    error = x - tf.cast(model.generator(code, training=training), x.dtype)
    distance = tf.abs(error) if l1 else tf.square(error)
    loss = tf.reduce_mean(distance, range(1, len(error.shape)))
    return {"generator": loss, "encoder": loss}
