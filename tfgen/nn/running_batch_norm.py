"""Batch normalization with running averages also during training."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.nn import fused_norm
from tfgen.replicas import mean_over_replicas, one_replica


class RunningBatchNorm(keras.layers.Layer):
    """Normalizes by a running average of the batch statistics.

    Appendix E of Dinh et al. 2017 (arXiv:1605.08803): with batch statistics
    m^_t, v^_t and momentum rho,

        m_{t+1} = rho * m_t + (1 - rho) * m^_t      (and v likewise)

    is used to normalize in training as well, and the gradient flows through
    m^_t, v^_t alone. Plain batch normalization (`lag=False`) trains with
    m^_t, v^_t and keeps the running averages for evaluation.

    The averages do not depend on what they start from, as those of Adam: at
    batch t the weight of what was before is `rho (1 - rho^{t-1}) / (1 - rho^t)`
    instead of rho. (The authors' code divides by `1 - rho^t` as well, but an
    average that starts at v = 1.)
    """

    def __init__(
        self,
        momentum: float = 0.9,
        lag: bool = True,
        epsilon: float = 1e-4,
        affine: bool = False,
        **kwargs,
    ):
        """Makes the layer.

        Args:
          momentum: rho, in [0, 1).
          lag: train with the running averages (appendix E) or with the batch's
            own statistics.
          epsilon: added to the variance.
          affine: learn a scale and an offset as well.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lag = lag
        self.epsilon = epsilon
        self.affine = affine

    def build(self, input_shape):
        shape = (input_shape[-1],)
        # Statistics are float32 under mixed precision. After the all-reduce
        # each replica assigns the same value.
        running = {
            "trainable": False,
            "aggregation": "only_first_replica",
            "autocast": False,
        }
        self.mean = self.add_weight(
            shape=shape, initializer="zeros", name="mean", **running
        )
        self.variance = self.add_weight(
            shape=shape, initializer="ones", name="variance", **running
        )
        self.batches = self.add_weight(
            shape=(),
            initializer="zeros",
            dtype="int32",
            name="batches",
            **running,
        )
        if self.affine:
            self.scale = self.add_weight(
                shape=shape, initializer="ones", autocast=False, name="scale"
            )
            self.offset = self.add_weight(
                shape=shape, initializer="zeros", autocast=False, name="offset"
            )
        self.built = True

    def statistics(
        self, x: tf.Tensor, training: bool, observe: bool = True
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the mean and variance to normalize with, each [C].

        Args:
          x: [B, ..., C].
          training: move the running averages by this batch first.
          observe: keep them moved.
        """
        if not self.built:
            self.build(x.shape)
        mean = tf.convert_to_tensor(self.mean)
        variance = tf.convert_to_tensor(self.variance)
        if not training:
            return mean, variance
        batch = _global_moments(tf.cast(x, mean.dtype))
        moved = self._moved(*batch, observe)
        return moved if self.lag else batch

    def _moved(self, batch_mean, batch_variance, observe):
        """The running averages after this batch."""
        rho, batches = self.momentum, self.batches + 1
        t = tf.cast(batches, batch_mean.dtype)
        total = 1 - rho**t  # of the weights of t batches
        before, now = rho * (1 - rho ** (t - 1)) / total, (1 - rho) / total
        mean = before * self.mean + now * batch_mean
        variance = before * self.variance + now * batch_variance
        if observe:
            self.batches.assign(batches)
            self.mean.assign(mean)
            self.variance.assign(variance)
        return mean, variance

    def call(self, x, training=False, observe=True):
        of_batch = training and not self.lag and one_replica()
        if of_batch and self.affine and fused_norm.fits(x):
            y, *batch = fused_norm.normalized(
                x, self.scale, self.offset, self.epsilon
            )
            self._moved(*batch, observe)
            return y
        mean, variance = self.statistics(x, training, observe)
        scale = tf.math.rsqrt(variance + self.epsilon)
        if self.affine:
            scale *= self.scale
        offset = -mean * scale
        if self.affine:
            offset += self.offset
        return x * tf.cast(scale, x.dtype) + tf.cast(offset, x.dtype)


class TrainingStatistics:
    """Puts the mean statistics of training batches into layers.

    Each batch goes through the layers normalized by its own, as in training.
    """

    def __init__(
        self, layers: Sequence[keras.layers.Layer], call: Callable[..., Any]
    ):
        """Makes nothing yet.

        Args:
          layers: some of them normalize.
          call: runs them on `(batch, training=True)`.
        """
        self._norms = [n for n in layers if isinstance(n, RunningBatchNorm)]
        self._call = call
        self._of_batch = tf.function(self._found, reduce_retracing=True)

    def _found(self, batch):
        for norm in self._norms:
            norm.batches.assign(0)  # an average's first value is all of it
        self._call(batch, training=True)
        return [(norm.mean.value, norm.variance.value) for norm in self._norms]

    def __call__(
        self, batches: Callable[[], Iterable], most: int = 1_000
    ) -> None:
        """Takes those of the first batches.

        Args:
          batches: returns them; is not called if no layer normalizes.
          most: of them.
        """
        if not self._norms:
            return
        found = [self._of_batch(b) for b in itertools.islice(batches(), most)]
        for norm, values in zip(self._norms, zip(*found)):
            mean, variance = np.mean(values, axis=0)
            norm.mean.assign(mean)
            norm.variance.assign(variance)


def global_mean(x: tf.Tensor) -> tf.Tensor:
    """Returns the mean of each channel over the batch of all replicas, [C].

    Args:
      x: [B, ..., C]; all replicas have as many rows.
    """
    mean = tf.reduce_mean(x, list(range(x.shape.rank - 1)))
    return mean_over_replicas(mean)


def _global_moments(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance of each channel over the batch of all replicas."""
    mean = global_mean(x)
    # Two passes lose less precision than E[x^2] - E[x]^2.
    return mean, global_mean(tf.math.squared_difference(x, mean))
