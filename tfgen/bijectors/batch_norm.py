"""Batch normalization as a bijector."""

import tensorflow as tf

from tfgen.bijectors.base import Bijector
from tfgen.nn.running_batch_norm import RunningBatchNorm


class BatchNorm(Bijector):
    """`y = (x - m) / sqrt(v + eps);  log det = -1/2 sum log(v + eps)`.

    Eqs. 17-18 of Dinh et al. 2017 (arXiv:1605.08803). The statistics m and v
    belong to each channel (or dimension) and come from a `RunningBatchNorm`
    layer; the inverse uses its running averages.
    """

    def __init__(self, layer: RunningBatchNorm, event_ndims: int):
        """Wraps `layer`, which must have neither scale nor offset."""
        self._layer = layer
        super().__init__(event_ndims, "batch_norm")

    def _log_det(self, x, variance):
        positions = tf.TensorShape(x.shape[1:-1]).num_elements()
        log_det = -0.5 * positions * tf.reduce_sum(tf.math.log(variance))
        return tf.fill(tf.shape(x)[:1], log_det)

    def forward_and_log_det(self, x, training=False, **kwargs):
        mean, variance = self._layer.statistics(x, training)
        variance += self._layer.epsilon
        return (x - mean) * tf.math.rsqrt(variance), self._log_det(x, variance)

    def inverse_and_log_det(self, y, **kwargs):
        mean, variance = self._layer.statistics(y, training=False)
        variance += self._layer.epsilon
        return y * tf.sqrt(variance) + mean, -self._log_det(y, variance)
