"""Convolutions that take the fastest way, in training on a CPU and in exports.

The numbers are those of Keras's layers, but for their rounding; so are the
weights and the layers' names. What is neither has Keras's own convolutions, and
so have exports, but for transposed ones, which TFLite is slow at.
"""

import keras
import tensorflow as tf

from tfgen.nn.doubling import doubled
from tfgen.nn.exported import exporting
from tfgen.nn.pixel_blocks import of_blocks
from tfgen.nn.windows import convolved, transposed
from tfgen.nn.winograd import winograd

# Measured on 2 cores: products pay where the kernel is large and pixels are
# few; 4 products for 9 pay where there are enough of both.
_FEW_PIXELS, _LARGE_KERNEL = 64, 1 << 18
_TILES, _MAPS = 32, 128
_WIDE, _FEW_MAPS = 7, 4


class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, by products of matrices where they are faster."""

    def call(self, inputs, training=False):
        """Returns the maps, [B, H', W', D].

        Args:
          inputs: [B, H, W, C].
          training: look for the fastest way.
        """
        x = inputs
        if not (training and _products_pay(x)):
            return super().call(x)
        kernel = tf.cast(self.kernel, x.dtype)
        stride, k = self.strides[0], kernel.shape[0]
        B, H, W, _ = x.shape
        if self.padding == "same":
            places = B * -(-H // stride) * -(-W // stride)
            if _few(places, kernel):
                return _finished(self, convolved(x, kernel, stride))
            return super().call(x)
        even = stride == 1 and not ((H - k + 1) % 2 or (W - k + 1) % 2)
        if even and k >= _WIDE and kernel.shape[-1] <= _FEW_MAPS:
            return _finished(self, of_blocks(x, kernel))
        if even and k == 3:
            tiles = B * (H - 2) * (W - 2) // 4
            if tiles >= _TILES and min(kernel.shape[2:]) >= _MAPS:
                return _finished(self, winograd(x, kernel))
        return super().call(x)


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, likewise; its padding is "same"."""

    def call(self, inputs, training=False):
        """Returns the maps, [B, stride H, stride W, D].

        Args:
          inputs: [B, H, W, C].
          training: see `Conv2D`.
        """
        x = inputs
        if exporting() and self.strides == (2, 2) and min(self.kernel_size) > 1:
            return _finished(self, doubled(x, tf.cast(self.kernel, x.dtype)))
        if not (training and _products_pay(x)):
            return super().call(x)
        kernel = tf.cast(self.kernel, x.dtype)
        B, H, W, _ = x.shape
        if not _few(B * H * W, kernel):
            return super().call(x)
        return _finished(self, transposed(x, kernel, self.strides[0]))


def of_cpus() -> bool:
    """Returns whether no accelerator has convolutions of its own."""
    devices = tf.config.list_logical_devices()
    return all(device.device_type == "CPU" for device in devices)


def _products_pay(x):
    return x.shape.is_fully_defined() and of_cpus()


def _few(places, kernel):
    return (
        places <= _FEW_PIXELS and kernel.shape.num_elements() >= _LARGE_KERNEL
    )


def _finished(layer, y):
    """Adds the bias and applies the activation."""
    if layer.use_bias:
        y = y + tf.cast(layer.bias, y.dtype)
    return y if layer.activation is None else layer.activation(y)
