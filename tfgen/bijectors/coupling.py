"""Coupling: a part of x stays and says how the rest changes."""

from collections.abc import Callable

import tensorflow as tf

from tfgen.bijectors.base import Bijector, sum_event
from tfgen.bijectors.spline import Spline
from tfgen.bijectors.splits import Checkerboard, Halves
from tfgen.bijectors.transformers import Additive, Affine


class Coupling(Bijector):
    """`y_a = x_a;  y_b = f(x_b; h(x_a));  log det = sum log |df/dx_b|`.

    The inverse is `x_b = f^-1(y_b; h(y_a))`: y_a = x_a, so h sees what it saw
    in forward. Section 3.2 of Dinh et al. 2017 (arXiv:1605.08803) for any split
    of x, any network h and any scalar bijection f.
    """

    def __init__(
        self,
        split: Halves | Checkerboard,
        conditioner: Callable,
        transformer: Additive | Affine | Spline,
        name: str = "coupling",
    ):
        """Couples the two parts of a split.

        Args:
          split: says what stays and what changes.
          conditioner: h, a network `(x_a, condition=None, training=False)` that
            returns the parameters of f, [..., P * C] for the C channels of x_b.
          transformer: f, with P parameters for each number.
          name: of the bijector.
        """
        self._split = split
        self._conditioner = conditioner
        self._transformer = transformer
        super().__init__(split.event_ndims, name)

    def _condition(self, x, kwargs):
        x_a, x_b = self._split.split(x)
        h = self._conditioner(x_a, **kwargs)
        # Float32 under mixed precision: errors add up in the likelihood.
        return x_a, x_b, self._split.mask(tf.cast(h, x.dtype))

    def forward_and_log_det(self, x, **kwargs):
        x_a, x_b, h = self._condition(x, kwargs)
        y_b, log_det = self._transformer.forward_and_log_det(x_b, h)
        return self._split.join(x_a, y_b), sum_event(log_det)

    def inverse_and_log_det(self, y, **kwargs):
        y_a, y_b, h = self._condition(y, kwargs)
        x_b, log_det = self._transformer.inverse_and_log_det(y_b, h)
        return self._split.join(y_a, x_b), sum_event(log_det)
