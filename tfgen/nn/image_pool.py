"""Samples of steps before (Shrivastava et al. 2017, arXiv:1612.07828, 2.3)."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.replicas import gathered, own_rows


class ImagePool(keras.layers.Layer):
    """A pool of pictures from which a discriminator is shown some again.

    As CycleGAN's: the first N pictures fill the pool, and come out as they went
    in. From then on each, with probability one half, is exchanged for one of
    the pool, which all are equally likely to be.

    The pool is a variable, so that checkpoints hold it; what is random comes
    with the batch, so that a run that resumes goes on alike. Replicas have one
    pool: that of their whole batch.
    """

    def __init__(self, size: int, shape: Sequence[int], **kwargs):
        """Makes an empty pool.

        Args:
          size: N.
          shape: of a picture, (H, W, C).
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.pool = self.add_weight(
            (size, *shape),
            "zeros",
            trainable=False,
            aggregation="only_first_replica",
            autocast=False,
            name="pool",
        )
        self.built = True

    def exchange(
        self, x: tf.Tensor, coins: tf.Tensor, step: tf.Tensor
    ) -> tf.Tensor:
        """Returns pictures of now and before, [B, H, W, C].

        Args:
          x: pictures, [B, H, W, C], which get no gradient.
          coins: uniform in [0, 1), [B, 2]: whether it is exchanged (below 0.5),
            and for which.
          step: how many batches came before, [B].
        """
        N, *shape = self.pool.shape
        flat = tf.reshape(x, [tf.shape(x)[0], -1])
        rows = gathered(tf.cast(flat, self.pool.dtype))
        coins = gathered(coins)
        B = tf.shape(rows)[0]
        place = tf.range(B)
        seen = step[0] * B + place
        full = seen >= N
        slot = tf.where(full, tf.cast(coins[:, 1] * N, tf.int32), seen)
        stored = tf.logical_or(~full, coins[:, 0] < 0.5)
        # The last row before each that went where this one goes, or -1.
        same = (slot[:, None] == slot) & stored & (place < place[:, None])
        before = tf.reduce_max(tf.where(same, place, -1), axis=1)
        pool = tf.reshape(self.pool.value, [N, -1])
        held = tf.where(
            before[:, None] < 0,
            tf.gather(pool, slot),
            tf.gather(rows, tf.maximum(before, 0)),
        )
        out = tf.where((full & stored)[:, None], held, rows)
        # The last row of the batch that goes into each slot, or -1.
        into = (slot == tf.range(N)[:, None]) & stored
        last = tf.reduce_max(tf.where(into, place, -1), axis=1)
        pool = tf.where(
            last[:, None] < 0, pool, tf.gather(rows, tf.maximum(last, 0))
        )
        self.pool.assign(tf.reshape(pool, [N, *shape]))
        out = tf.cast(own_rows(out, tf.shape(x)[0]), x.dtype)
        return tf.stop_gradient(tf.reshape(out, tf.shape(x)))
