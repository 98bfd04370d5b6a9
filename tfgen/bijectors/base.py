"""The one pair of methods a tfgen bijector writes; TFP derives the rest."""

import abc

import tensorflow as tf
import tensorflow_probability as tfp


class Bijector(tfp.bijectors.Bijector):
    """A `tfp.bijectors.Bijector` that gives value and log-det in one pass.

    A coupling needs its conditioner both for the value and for the Jacobian.
    TFP asks for them in two calls, which runs the network twice; the flows here
    call `forward_and_log_det`, and TFP's own methods are derived from it.

    Keyword arguments (`training`, `condition`) are passed through unchanged, so
    that every bijector of a flow can be called alike.
    """

    def __init__(self, event_ndims, name, inverse_event_ndims=None):
        super().__init__(
            forward_min_event_ndims=event_ndims,
            inverse_min_event_ndims=inverse_event_ndims or event_ndims,
            validate_args=False,
            dtype=None,
            name=name,
        )

    @abc.abstractmethod
    def forward_and_log_det(self, x, **kwargs):
        """Returns `f(x)` and `log |det df/dx|`, shape [B]."""

    @abc.abstractmethod
    def inverse_and_log_det(self, y, **kwargs):
        """Returns `g(y) = f^-1(y)` and `log |det dg/dy|`, shape [B]."""

    def _forward(self, x, **kwargs):
        return self.forward_and_log_det(x, **kwargs)[0]

    def _inverse(self, y, **kwargs):
        return self.inverse_and_log_det(y, **kwargs)[0]

    def _forward_log_det_jacobian(self, x, **kwargs):
        return self.forward_and_log_det(x, **kwargs)[1]

    def _inverse_log_det_jacobian(self, y, **kwargs):
        return self.inverse_and_log_det(y, **kwargs)[1]


def sum_event(x: tf.Tensor) -> tf.Tensor:
    """Sums everything but the first axis: [B, ...] -> [B]."""
    return tf.reduce_sum(x, axis=list(range(1, x.shape.rank)))
