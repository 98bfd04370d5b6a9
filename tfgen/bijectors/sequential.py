"""Composition of bijectors, in the order in which they are applied."""

from collections.abc import Sequence

from tfgen.bijectors.base import Bijector


class Sequential(Bijector):
    """`y = f_L(... f_2(f_1(x)))`; log-dets add up (eqs. 10-11).

    (`tfp.bijectors.Chain` lists the last function first and evaluates value and
    log-det apart.)
    """

    def __init__(self, bijectors: Sequence[Bijector], name="sequential"):
        """Composes `bijectors`; the first is applied first."""
        self.bijectors = tuple(bijectors)
        super().__init__(
            bijectors[0].forward_min_event_ndims,
            name,
            bijectors[-1].inverse_min_event_ndims,
        )

    def forward_and_log_det(self, x, **kwargs):
        total = 0.0
        for bijector in self.bijectors:
            x, log_det = bijector.forward_and_log_det(x, **kwargs)
            total += log_det
        return x, total

    def log_prob(self, x, **kwargs):
        """Returns log p(x) in nats, [B], where the last is a density's."""
        *layers, last = self.bijectors
        total = 0.0
        for layer in layers:
            x, log_det = layer.forward_and_log_det(x, **kwargs)
            total += log_det
        return total + last.log_prob(x, **kwargs)

    def inverse_and_log_det(self, y, **kwargs):
        total = 0.0
        for bijector in reversed(self.bijectors):
            y, log_det = bijector.inverse_and_log_det(y, **kwargs)
            total += log_det
        return y, total

    def _forward_event_shape(self, shape):
        for bijector in self.bijectors:
            shape = bijector.forward_event_shape(shape)
        return shape

    def _inverse_event_shape(self, shape):
        for bijector in reversed(self.bijectors):
            shape = bijector.inverse_event_shape(shape)
        return shape
