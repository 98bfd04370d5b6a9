"""Losses of generator and discriminator, from logits [B] to values [B]."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """What the two players minimize.

    Attributes:
      discriminator: logits of data and of samples, each [B] -> [B].
      generator: logits of samples [B] -> [B].
    """

    discriminator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]


def _cross_entropy(real, fake):
    # -log D(x) - log(1 - D(G(z))) with D = sigmoid(logit).
    return tf.nn.softplus(-real) + tf.nn.softplus(fake)


ADVERSARIAL = {
    # Goodfellow et al. 2014, eq. 1: the generator minimizes log(1 - D(G(z))).
    "minimax": AdversarialLoss(
        _cross_entropy, lambda fake: -tf.nn.softplus(fake)
    ),
    # Section 3 there: it maximizes log D(G(z)), for stronger gradients.
    "non_saturating": AdversarialLoss(
        _cross_entropy, lambda fake: tf.nn.softplus(-fake)
    ),
    # Mao et al. 2017, eq. 9 with a = 0, b = c = 1.
    "least_squares": AdversarialLoss(
        lambda real, fake: 0.5 * (tf.square(real - 1) + tf.square(fake)),
        lambda fake: 0.5 * tf.square(fake - 1),
    ),
    # Lim & Ye 2017, Miyato et al. 2018, eqs. 16-17.
    "hinge": AdversarialLoss(
        lambda real, fake: tf.nn.relu(1 - real) + tf.nn.relu(1 + fake),
        lambda fake: -fake,
    ),
    # Arjovsky et al. 2017, eqs. 2-3: the critic's negative estimate of W_1.
    "wasserstein": AdversarialLoss(
        lambda real, fake: fake - real, lambda fake: -fake
    ),
}
