"""Autoregressive bijectors: each number changes as those before it say."""

from typing import Any

import tensorflow as tf

from tfgen.bijectors.base import Bijector, sum_event
from tfgen.nn.number_by_number import column, generate


class Autoregressive(Bijector):
    """`y_d = f(x_d; h(x_<d));  log det = sum_d log |df/dx_d|`.

    Of vectors. One pass of the network; the inverse makes one number after
    another, `x_d = f^-1(y_d; h(x_<d))`. The inverse has no dropout, not even in
    training: with other units at each number it would be the inverse of
    nothing.
    """

    def __init__(
        self, conditioner: Any, transformer: Any, name: str = "autoregressive"
    ):
        """Makes the bijector.

        Args:
          conditioner: h, a `MaskedMLP` or what else can be called and read
            number by number; it returns [B, P*D].
          transformer: f, with P parameters for each number.
          name: of the bijector.
        """
        self._conditioner = conditioner
        self._transformer = transformer
        super().__init__(1, name)

    def forward_and_log_det(self, x, **kwargs):
        # Float32 under mixed precision: errors add up in the likelihood.
        h = tf.cast(self._conditioner(x, **kwargs), x.dtype)
        y, log_det = self._transformer.forward_and_log_det(x, h)
        return y, sum_event(log_det)

    def log_prob(self, x: tf.Tensor, **kwargs) -> tf.Tensor:
        """Returns the sum of the transformer's log p(x_d; h(x_<d)), [B]."""
        h = tf.cast(self._conditioner(x, **kwargs), x.dtype)
        return sum_event(self._transformer.log_prob(x, h))

    def inverse_and_log_det(self, y, condition=None, **kwargs):
        def choose(d, h):
            y_d = column(y, d)[:, None]
            h = tf.cast(h, y.dtype)
            return self._transformer.inverse_and_log_det(y_d, h)[0][:, 0]

        x = generate(self._conditioner, choose, tf.shape(y)[0], condition)
        _, log_det = self.forward_and_log_det(x, condition=condition)
        return x, -log_det


class Inverse(Bijector):
    """A bijector the other way round."""

    def __init__(self, bijector: Bijector, name: str = "inverse"):
        """Args: the `bijector`."""
        self._bijector = bijector
        super().__init__(
            bijector.inverse_min_event_ndims,
            name,
            bijector.forward_min_event_ndims,
        )

    def forward_and_log_det(self, x, **kwargs):
        return self._bijector.inverse_and_log_det(x, **kwargs)

    def inverse_and_log_det(self, y, **kwargs):
        return self._bijector.forward_and_log_det(y, **kwargs)

    def _forward_event_shape(self, shape):
        return self._bijector.inverse_event_shape(shape)

    def _inverse_event_shape(self, shape):
        return self._bijector.forward_event_shape(shape)
