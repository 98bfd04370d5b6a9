"""Affine coupling of the two halves of the last axis."""

from collections.abc import Callable

import tensorflow as tf

from tfgen.bijectors.base import Bijector, sum_event


class SplitCoupling(Bijector):
    """`y_a = x_a;  y_b = x_b * exp(s(x_a)) + t(x_a);  log det = sum s(x_a)`.

    Eqs. 4-8 of Dinh et al. 2017 (arXiv:1605.08803) for vectors, and its
    channel-wise mask for images. Halves are split rather than multiplied by a
    mask, so that the conditioner reads and writes half of the channels only.
    """

    def __init__(
        self,
        conditioner: Callable,
        swap: bool = False,
        event_ndims: int = 1,
        name: str = "split_coupling",
    ):
        """Couples the halves of the last axis.

        Args:
          conditioner: `(x_a, condition=None, training=False) -> (s, t)`, each
            of the shape of `x_b`.
          swap: `x_a` is the second half instead of the first. With an odd
            number D of dimensions the first half has D // 2 + 1.
          event_ndims: 1 for vectors [B, D], 3 for images [B, H, W, C].
          name: of the bijector.
        """
        self._conditioner = conditioner
        self._swap = swap
        super().__init__(event_ndims, name)

    def _split(self, x):
        size = x.shape[-1]
        if size < 2:
            raise ValueError(
                f"{self.name}: the last axis must be at least 2, got {size}."
            )
        first = (size + 1) // 2
        x_1, x_2 = tf.split(x, [first, size - first], axis=-1)
        return (x_2, x_1) if self._swap else (x_1, x_2)

    def _join(self, x_a, x_b):
        halves = [x_b, x_a] if self._swap else [x_a, x_b]
        return tf.concat(halves, axis=-1)

    def forward_and_log_det(self, x, condition=None, training=False):
        x_a, x_b = self._split(x)
        s, t = self._conditioner(x_a, condition=condition, training=training)
        return self._join(x_a, x_b * tf.exp(s) + t), sum_event(s)

    def inverse_and_log_det(self, y, condition=None, training=False):
        y_a, y_b = self._split(y)
        s, t = self._conditioner(y_a, condition=condition, training=training)
        return self._join(y_a, (y_b - t) * tf.exp(-s)), -sum_event(s)
