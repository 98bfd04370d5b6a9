"""Which part of x a coupling keeps, x_a, and which it changes, x_b."""

import numpy as np
import tensorflow as tf


class Halves:
    """Halves of the last axis: `(x_a, x_b) = x`, or `(x_b, x_a) = x`.

    Section 3.2 of Dinh et al. 2017 (arXiv:1605.08803) for vectors, and its
    channel-wise mask for images. Halves are split rather than multiplied by a
    mask, so that the conditioner reads and writes half of the channels only.
    """

    def __init__(self, swap: bool = False, event_ndims: int = 1):
        """Makes the split.

        Args:
          swap: x_a is the second half instead of the first. With an odd number
            D of channels the first half has D // 2 + 1.
          event_ndims: 1 for vectors [B, D], 3 for images [B, H, W, C].
        """
        self._swap = swap
        self.event_ndims = event_ndims

    def changed(self, channels: int) -> int:
        """Returns the channels of x_b where x has `channels`."""
        return (channels + self._swap) // 2

    def split(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns x_a and x_b.

        Raises:
          ValueError: the last axis is shorter than 2.
        """
        size = x.shape[-1]
        if size < 2:
            raise ValueError(
                f"halves: the last axis must be at least 2, got {size}."
            )
        first = (size + 1) // 2
        x_1, x_2 = tf.split(x, [first, size - first], axis=-1)
        return (x_2, x_1) if self._swap else (x_1, x_2)

    def mask(self, h: tf.Tensor) -> tf.Tensor:
        """Returns the parameters h as they are: all of x_b changes."""
        return h

    def join(self, x_a: tf.Tensor, y_b: tf.Tensor) -> tf.Tensor:
        """Returns y."""
        halves = [y_b, x_a] if self._swap else [x_a, y_b]
        return tf.concat(halves, axis=-1)


class Checkerboard:
    """Pixels of two colours: `x_a = b * x;  y = f(x; (1-b) * h(x_a))`.

    Eq. 9 of Dinh et al. 2017 (arXiv:1605.08803): where b = 1 the parameters are
    0, and f is the identity. The conditioner's convolutions
    are needed at every pixel, because their neighbours read them. What the mask
    throws away is half of the output layer: `F * 2C` of about `18 F^2 * blocks`
    multiplications a pixel, 0.4 % for F = 32, C = 3 and 4 blocks, less than
    gathering the other half would cost.
    """

    event_ndims = 3

    def __init__(self, swap: bool = False):
        """Keeps the odd pixels; with `swap` the even ones."""
        self._swap = swap

    def changed(self, channels: int) -> int:
        """Returns the channels of x_b where x has `channels`."""
        return channels

    def split(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns x_a, zero where pixels change, and x_b, all of x."""
        return self._b(x) * x, x

    def mask(self, h: tf.Tensor) -> tf.Tensor:
        """Returns the parameters (1-b) * h: 0 where pixels stay."""
        return (1 - self._b(h)) * h

    def join(self, x_a: tf.Tensor, y_b: tf.Tensor) -> tf.Tensor:
        """Returns y_b, which has the pixels that stay."""
        return y_b

    def _b(self, x):
        _, height, width, _ = x.shape
        return tf.constant(checkerboard(height, width, self._swap), x.dtype)


def checkerboard(height: int, width: int, swap: bool = False) -> np.ndarray:
    """The mask b of figure 3: 1 where row + column is odd, else 0.

    Args:
      height: H.
      width: W.
      swap: 1 where the sum is even instead.

    Returns:
      [1, H, W, 1] float32.
    """
    sums = np.arange(height)[:, None] + np.arange(width)[None, :]
    mask = (sums + swap) % 2
    return mask[None, :, :, None].astype(np.float32)
