"""Pairs that do not belong together, for a discriminator to learn from."""

import tensorflow as tf

from tfgen.losses import AdversarialLoss
from tfgen.replicas import gathered, own_rows


def others(x: tf.Tensor) -> tf.Tensor:
    """Returns another row's for each row of a batch, [B, ...].

    That of the row before, over all replicas; of the first, the last one's.

    Args:
      x: [B, ...], of which nothing is learned.
    """
    count = tf.shape(x)[0]
    rows = gathered(tf.reshape(x, [count, -1]))
    return tf.reshape(own_rows(tf.roll(rows, 1, axis=0), count), tf.shape(x))


def against_wrong_pairs(
    loss: AdversarialLoss,
    real: tf.Tensor,
    fake: tf.Tensor,
    wrong: tf.Tensor | None,
    pairs: tf.Tensor,
) -> tf.Tensor:
    """Returns what a discriminator minimizes, [B].

    Samples and wrong pairs are each half of what is no data: of optimal logits,
    D* = p / (p + (p_G + p_wrong) / 2). Where two neighbours of the batch are
    equal, the pair is not wrong, and samples alone count.

    Args:
      loss: of the game.
      real: logits of data, [B].
      fake: of samples.
      wrong: of wrong pairs, see `others`; None for samples alone.
      pairs: what `others` was made of, [B, ...].
    """
    of_fakes = loss.discriminator(real, fake)
    if wrong is None:
        return of_fakes
    axes = list(range(1, pairs.shape.rank))
    is_wrong = tf.reduce_any(pairs != others(pairs), axis=axes)
    of_wrong = loss.discriminator(real, wrong)
    return tf.where(is_wrong, (of_fakes + of_wrong) / 2, of_fakes)
