"""Two domains: pictures x, and pictures y that they are translated into."""

import keras
import tensorflow as tf

from tfgen.config import DataSpec, Field
from tfgen.errors import UserError
from tfgen.losses import AdversarialLoss
from tfgen.nn.gray_levels import from_unit, to_unit


def domains(spec: DataSpec) -> tuple[Field, Field]:
    """Returns what x and y are.

    Args:
      spec: of the data.

    Raises:
      UserError: there is no y, or x or y are no pictures, or not of one size.
    """
    x, y = spec.x, {field.name: field for field in spec.fields}.get("y")
    if y is None:
        raise UserError(
            "data: has no y; expected two domains, such as paired:FOLDER,"
            " unpaired:A,B or scenes."
        )
    for field in (x, y):
        if len(field.shape) != 3 or not field.levels:
            raise UserError(f"data: {field}; expected pictures of gray levels.")
    if x.shape[:2] != y.shape[:2]:
        raise UserError(
            f"data: {x}, and {y}; expected pictures of one height and width."
        )
    return x, y


def unit(picture: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns gray levels of a domain scaled to [-1, 1]."""
    return to_unit(picture, field.levels)


def levels(picture: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns float32 gray levels of what `unit` makes."""
    return from_unit(tf.cast(picture, tf.float32), field.levels)


def distance(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of pictures [B, H, W, C], [B]."""
    difference = tf.abs(tf.cast(a, b.dtype) - b)
    return tf.reduce_mean(difference, axis=[1, 2, 3])


def error(made: tf.Tensor, true: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns the distance of gray levels, [B]; of black and white, 1."""
    return distance(made, true) / (field.levels - 1)


def game(
    loss: AdversarialLoss, D: keras.Model, real: tf.Tensor, fake: tf.Tensor
) -> tf.Tensor:
    """Returns what a discriminator of patches minimizes, [B].

    The mean over patches of half its loss: "we divide the objective by 2 while
    optimizing D" (Isola et al. 2017, section 3.3).

    Args:
      loss: of the game.
      D: pictures to logits [B, P].
      real: data.
      fake: samples.
    """
    return 0.5 * tf.reduce_mean(loss.discriminator(D(real), D(fake)), axis=1)


def deceived(
    loss: AdversarialLoss, D: keras.Model, fake: tf.Tensor
) -> tf.Tensor:
    """Returns what the generator of samples minimizes, the mean over patches.

    Args:
      loss: see `game`.
      D: likewise.
      fake: likewise.
    """
    return tf.reduce_mean(loss.generator(D(fake)), axis=1)
