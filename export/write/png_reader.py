"""PNG files as pixels in a graph, as `tfgen.data.image_file` reads them."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

_PNG = b"\x89PNG\r\n\x1a\n"
_BITS = 24  # the byte of the header that has the bits of a channel
# Red, green and blue in a gray picture (ITU-R 601), of 2^16: Pillow's, which
# TensorFlow's own are one level off.
_LUMA = (19_595, 38_470, 7_471)


def read_png(
    file: tf.Tensor, channels: int, background: Sequence[int], name: str
) -> tf.Tensor:
    """Returns the pixels of a PNG file, [H, W, C] int32 in [0, 255].

    Transparent pixels show the background. EXIF, which may say that a picture
    lies on its side, is not looked at.

    Args:
      file: a scalar string.
      channels: C, 1 or 3. With 4, the fourth is alpha, and nothing shows
        through.
      background: red, green and blue.
      name: of the input, for errors.

    Raises:
      InvalidArgumentError: it is no PNG file, damaged, or has 16 bits.
    """
    # Of a file that is shorter, the rest is 0.
    header = tf.strings.substr(file + b"\0" * (_BITS + 1), 0, _BITS + 1)
    bits = tf.cast(tf.io.decode_raw(header, tf.uint8)[_BITS], tf.int32)
    is_png = tf.strings.substr(header, 0, len(_PNG)) == _PNG
    checks = [
        _check(is_png, f"{name}: expected a PNG file"),
        _check(
            ~is_png | (bits <= 8),
            f"{name}: 16 bits per channel; expected 8",
        ),
    ]
    with tf.control_dependencies(checks):
        shades = tf.io.decode_png(file, channels=4)
    shades = tf.cast(shades, tf.int32)
    colours, alpha = shades[..., :3], shades[..., 3:]
    # Where a file has no alpha, TensorFlow adds the most of its bits, 3 of 2
    # bits, to pixels that then have 8.
    most = tf.bitwise.left_shift(1, bits) - 1
    alpha = tf.where(tf.reduce_all(alpha == most), 255, alpha)
    if channels == 4:
        return tf.concat([colours, alpha], -1)
    mixed = alpha * colours + (255 - alpha) * tf.constant(background)
    # Rounded; 255 is odd, so nothing lies in the middle of two.
    colours = (mixed + 127) // 255
    if channels == 3:
        return colours
    gray = tf.reduce_sum(colours * _LUMA, axis=-1, keepdims=True)
    return (gray + (1 << 15)) // (1 << 16)


def _check(condition: tf.Tensor, text: str) -> tf.Operation:
    return tf.raw_ops.Assert(condition=condition, data=[text])
