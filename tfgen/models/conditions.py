"""What conditional models see beside x: labels, or the attributes of faces."""

from collections.abc import Mapping

import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Model


def field(spec: DataSpec) -> str:
    """Returns the field that is the condition.

    Raises:
      UserError: the data have none.
    """
    if spec.num_classes:
        return "label"
    if any(field.name == "attributes" for field in spec.fields):
        return "attributes"
    raise UserError(
        "network.conditional=true: the data have neither labels nor"
        " attributes; use such data or network.conditional=false."
    )


def width(spec: DataSpec) -> int:
    """Returns N of `vector`."""
    name = field(spec)
    shapes = {field.name: field.shape for field in spec.fields}
    return spec.num_classes if name == "label" else shapes[name][0]


def vector(model: Model, given: Mapping[str, tf.Tensor]) -> tf.Tensor | None:
    """Returns one-hot labels or attributes [B, N]; None without condition.

    Args:
      model: whose condition.
      given: name -> [B, ...]; may hold others.
    """
    if not model.conditions:
        return None
    (name,) = model.conditions
    if name == "label":
        classes = tf.cast(given[name], tf.int32)
        return tf.one_hot(classes, model.spec.num_classes, dtype=model.dtype)
    return tf.cast(given[name], model.dtype)


def example(model: Model) -> dict[str, tf.Tensor]:
    """Returns the conditions of one example, all zeros."""
    shapes = {field.name: field.shape for field in model.spec.fields}
    return {n: tf.zeros((1, *shapes.get(n, ()))) for n in model.conditions}
