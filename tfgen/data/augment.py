"""What is done to examples at random; the randomness is an argument."""

from __future__ import annotations

import tensorflow as tf

CENTRE = (0.5, 0.5)  # the place of a crop when nothing is random


def flip(x: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    """Mirrors half of the images, left to right.

    Args:
      x: [B, H, W, C].
      u: [B] uniform in [0, 1); images with `u < 0.5` are mirrored.

    Returns:
      [B, H, W, C] of the type of `x`.
    """
    mirrored = tf.reverse(x, axis=[2])
    return tf.where(u[:, None, None, None] < 0.5, mirrored, x)


def jitter(
    x: tf.Tensor, levels: int, colours: int, share: float, u: tf.Tensor
) -> tf.Tensor:
    """Changes colour, contrast and brightness of images.

    Colours move from gray, all values from the middle level, by a factor from
    1 - share to 1 + share; then a number is added, at most so large a share of
    the middle level. Values are whole levels again, those beyond the range its
    ends.

    Args:
      x: [B, H, W, C] of gray levels.
      levels: how many there are.
      colours: channels of one picture; C is a multiple of it, of frames. All
        frames of a row change alike, each by its own gray.
      share: see above.
      u: [B, 3] uniform in [0, 1): of colour, contrast and brightness.

    Returns:
      [B, H, W, C] float32.
    """
    x, middle = tf.cast(x, tf.float32), (levels - 1) / 2
    shape = tf.shape(x)
    x = tf.reshape(x, [*tf.unstack(shape[:3]), -1, colours])
    change = share * (2 * u - 1)[:, None, None, None]
    colour, contrast, brightness = tf.split(change, 3, axis=-1)
    gray = tf.reduce_mean(x, axis=-1, keepdims=True)
    x = gray + (1 + colour) * (x - gray)
    x = middle + (1 + contrast) * (x - middle) + brightness * middle
    x = tf.reshape(x, shape)
    return tf.clip_by_value(tf.round(x), 0, levels - 1)


def crop_each(x: tf.Tensor, size: int, places: tf.Tensor) -> tf.Tensor:
    """Returns `crop` of each image of a batch, at places [B, 2]."""
    return tf.map_fn(
        lambda image_and_place: crop(
            image_and_place[0], size, image_and_place[1]
        ),
        (x, places),
        fn_output_signature=x.dtype,
    )


def crop(x: tf.Tensor, size: int, place: tf.Tensor) -> tf.Tensor:
    """Cuts a square out of an image.

    Args:
      x: [H, W, C], no side shorter than `size`.
      size: side of the square in pixels.
      place: [2] in [0, 1), down and across; uniform numbers make all squares
        equally likely, `CENTRE` is the centre.

    Returns:
      [size, size, C] of the type of `x`.
    """
    free = tf.cast(tf.shape(x)[:2] - size + 1, tf.float32)
    top, left = tf.unstack(tf.cast(place * free, tf.int32))
    return x[top : top + size, left : left + size]
