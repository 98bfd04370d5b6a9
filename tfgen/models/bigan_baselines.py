"""What BiGANs are compared to: Donahue et al. 2017, section 4.1.

Latent regressors and autoencoders, of the same three networks. Each function
returns what the players minimize, [B].
"""

from collections.abc import Callable

import tensorflow as tf

from tfgen.losses import ADVERSARIAL
from tfgen.model import Batch, Model


def latent_regressor(
    model: Model,
    batch: Batch,
    x: tf.Tensor,
    z: tf.Tensor,
    training: bool,
    share: float = 0.0,
) -> Batch:
    """A GAN, and an encoder that minimizes L(z, E(G(z))).

    L is the sigmoid cross entropy of (z + 1) / 2, the mean over dimensions; D,
    that of a plain GAN, is the baseline D.

    Args:
      model: has `generator`, `encoder` and `judge`.
      batch: the randomness with which D sees images.
      x: data in the size of G(z), in units of [-1, 1].
      z: [B, Z], in (-1, 1).
      training: normalize by the batch.
      share: of L that G minimizes, too: the joint latent regressor. With 1 the
        generator makes what is easy to regress.
    """
    g_z = tf.cast(model.generator(z, training=training), x.dtype)
    real, fake = model.judge(batch, (x,), (g_z,), training)
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
    if share:
        generator += share * regression
    return {
        "discriminator": game.discriminator(real, fake),
        "generator": generator,
        "encoder": regression,
    }


def autoencoder(
    model: Model,
    x: tf.Tensor,
    code: tf.Tensor,
    training: bool,
    distance: Callable[[tf.Tensor], tf.Tensor],
) -> Batch:
    """G and E minimize the mean distance of x and G(E(x)).

    Args:
      model: has a `generator`.
      x: as for `latent_regressor`.
      code: E(x).
      training: normalize by the batch.
      distance: of an error, one number for each.
    """
    error = x - model.generator(code, training=training)
    loss = tf.reduce_mean(distance(error), range(1, len(error.shape)))
    return {"generator": loss, "encoder": loss}
