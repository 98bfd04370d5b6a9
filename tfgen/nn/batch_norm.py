"""Batch normalization for the players of a game."""

import keras

from tfgen.nn import fused_norm


class FusedBatchNorm(keras.layers.BatchNormalization):
    """Keras's, and in training by one kernel where there is one."""

    def __init__(self, momentum: float = 0.98, **kwargs):
        """Makes the layer.

        Args:
          momentum: of moving averages: those of about the last fifty steps, as
            players change too fast for Keras's hundred.
          **kwargs: of `keras.layers.BatchNormalization`.
        """
        super().__init__(momentum=momentum, **kwargs)

    def call(self, inputs, training=None, mask=None):
        """See `keras.layers.BatchNormalization`."""
        by_batch = training and self.trainable and mask is None
        learnt = self.scale and self.center
        if not (by_batch and learnt and fused_norm.fits(inputs)):
            return super().call(inputs, training=training, mask=mask)
        y, *batch = fused_norm.normalized(
            inputs, self.gamma, self.beta, self.epsilon
        )
        moving = self.moving_mean, self.moving_variance
        for variable, value in zip(moving, batch):
            variable.assign(
                self.momentum * variable + (1 - self.momentum) * value
            )
        return y
