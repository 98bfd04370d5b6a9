"""Convolutions that see no pixel after their own, row by row.

Aäron van den Oord, Nal Kalchbrenner, Koray Kavukcuoglu: Pixel Recurrent Neural
Networks. ICML 2016. arXiv:1601.06759, section 3.4.
"""

from typing import Literal

import keras
import numpy as np
import tensorflow as tf

# n images [n, H, W, F]; T pixels of a window that are seen.


class CausalConv(keras.layers.Layer):
    """A convolution of a window: rows above a pixel, and its own row.

    Of its own row, masks A and B see what is left of the pixel. Of the pixel
    itself, mask A sees the colours before its own, none of gray images, and
    mask B its own, too. With mask V the whole row is seen: that is for maps
    which are of rows above alone. Maps belong to the colours in turn.

    Weights are masked where they are used, so that no optimizer, average or
    start can undo it.
    """

    def __init__(
        self,
        filters: int,
        mask: Literal["A", "B", "V"],
        above: int = 0,
        left: int = 0,
        right: int = 0,
        colours: int = 1,
        parts: int = 1,
        weight_norm: bool = False,
        **kwargs,
    ):
        """Makes the layer.

        Args:
          filters: output maps.
          mask: see above.
          above: rows.
          left: columns.
          right: columns.
          colours: that maps belong to; 1 if colours are not told apart.
          parts: equal parts of the output, in each of which colours take turns.
          weight_norm: the kernel is `g * v / |v|` for each output map (Salimans
            & Kingma 2016, arXiv:1602.07868), and g starts at 1.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.filters, self.mask = filters, mask
        self.above, self.left, self.right = above, left, right
        self._colours, self._parts = colours, parts
        self._weight_norm = weight_norm

    def build(self, input_shape):
        F, filters = input_shape[-1], self.filters
        shape = (self.above + 1, self.left + 1 + self.right, F, filters)
        self.v = self.add_weight(shape=shape, name="kernel")
        if self._weight_norm:
            self.g = self.add_weight(
                shape=(filters,), initializer="ones", name="g"
            )
        self.bias = self.add_weight(
            shape=(filters,), initializer="zeros", name="bias"
        )
        self._seen = np.ones(shape, bool)
        if self.mask != "V":
            self._seen[-1, self.left + 1 :] = False
            own = np.arange(F)[:, None] % self._colours
            other = np.arange(filters) % (filters // self._parts)
            other = other % self._colours
            before = own < other if self.mask == "A" else own <= other
            self._seen[-1, self.left] = before
        # [T, 2]: the rows and columns of the window that are seen.
        self._taps = np.argwhere(self._seen.any(axis=(2, 3)))

    def kernel(self):
        """Returns [above + 1, left + 1 + right, F, filters], masked."""
        kernel = tf.convert_to_tensor(self.v)
        if not self._seen.all():
            kernel *= tf.constant(self._seen, kernel.dtype)
        if self._weight_norm:
            square = tf.reduce_sum(tf.square(kernel), [0, 1, 2])
            kernel *= self.g * tf.math.rsqrt(square)
        return kernel

    def call(self, x):
        """Of whole images [n, H, W, F]."""
        return self._conv(x, self.kernel(), self.above)

    def _conv(self, x, kernel, above=0):
        if above or self.left or self.right:
            columns = (self.left, self.right)
            x = tf.pad(x, [(0, 0), (above, 0), columns, (0, 0)])
        return tf.nn.conv2d(x, kernel, 1, "VALID") + self.bias

    # Row by row (mask V) or pixel by pixel (masks A and B).

    def past(self, n: tf.Tensor, width: int) -> tf.Tensor | None:
        """Returns what is before the first row or pixel; None if not seen.

        [n, above, W, F] rows, or [n, above * W + left, F] pixels.

        Args:
          n: images.
          width: W of theirs.
        """
        F = self.v.shape[2]
        if self.mask == "V":
            shape = (self.above, width, F)
        else:
            shape = (self.above * width + self.left, F)
        return tf.zeros([n, *shape], self.v.dtype) if shape[0] else None

    def weights_of_a_step(self) -> tf.Tensor:
        """Returns what every `step` needs and none need compute again."""
        kernel = self.kernel()
        if self.mask == "V":
            return kernel
        F, filters = kernel.shape[2:]
        kernel = tf.reshape(kernel, [-1, F, filters])
        places = self._taps @ [self.left + 1 + self.right, 1]
        return tf.reshape(tf.gather(kernel, places), [-1, filters])

    def push(self, past: tf.Tensor | None, x: tf.Tensor) -> tf.Tensor:
        """Returns the past and the row x [n, 1, W, F] or pixel [n, 1, 1, F]."""
        x = x if self.mask == "V" else tf.reshape(x, [-1, 1, x.shape[-1]])
        return x if past is None else tf.concat([past, x], axis=1)

    def step(self, x, past, weights, column, width):
        """Returns the maps of one row, or of a pixel, and the past with it.

        Args:
          x: [n, 1, W, F] or [n, 1, 1, F].
          past: see `past`.
          weights: see `weights_of_a_step`.
          column: of the pixel.
          width: W of the images.
        """
        window = self.push(past, x)
        past = None if past is None else window[:, 1:]
        if self.mask == "V":
            return self._conv(window, weights), past
        rows, columns = (self._taps - [self.above, self.left]).T
        last = window.shape[1] - 1
        # Neighbours beyond the edge are 0: none is there, whatever is found.
        places = np.clip(last + rows * width + columns, 0, last)
        seen = np.arange(width)[:, None] + columns
        seen = tf.constant((seen >= 0) & (seen < width))
        seen = tf.cast(tf.gather(seen, column), x.dtype)
        taps = tf.gather(window, places, axis=1) * seen[:, None]
        y = tf.matmul(tf.reshape(taps, [-1, weights.shape[0]]), weights)
        y = tf.reshape(y + self.bias, [-1, 1, 1, self.filters])
        return y, past
