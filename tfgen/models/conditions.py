"""What conditional models see beside x: labels, attributes, columns."""

import math
from collections.abc import Mapping, Sequence

import tensorflow as tf

from tfgen.bijectors import Standardize
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Model


def known(spec: DataSpec) -> tuple[str, ...]:
    """Returns the fields that may be the condition.

    The label, or attributes; and columns of a table.
    """
    names = [field.name for field in spec.fields]
    found = ["label"] if spec.num_classes else []
    found += [n for n in ("attributes", "condition") if n in names]
    if found[:2] == ["label", "attributes"]:
        del found[1]
    return tuple(found)


def fields(spec: DataSpec) -> tuple[str, ...]:
    """Returns the fields that are the condition; see `known`.

    Raises:
      UserError: the data have none.
    """
    if not (found := known(spec)):
        raise UserError(
            "network.conditional=true: the data have no labels, attributes or"
            " columns for it; use such data or network.conditional=false."
        )
    return found


def widths(model: Model) -> list[int]:
    """Returns how many numbers of `vector` each condition has."""
    spec = model.spec
    sizes = {field.name: math.prod(field.shape) for field in spec.fields}
    return [sizes.get(n, spec.num_classes) for n in model.conditions]


def width(model: Model) -> int:
    """Returns N of `vector`; 0 without a condition."""
    return sum(widths(model))


def vector(model: Model, given: Mapping[str, tf.Tensor]) -> tf.Tensor | None:
    """Returns the conditions in one, [B, N]; None without.

    Labels are one-hot, real numbers standardized.

    Args:
      model: whose condition.
      given: name -> [B, ...]; may hold others.
    """
    if not model.conditions:
        return None
    spec, parts = model.spec, []
    standard = {field.name: field.standard for field in spec.fields}
    for name in model.conditions:
        if name == "label":
            classes = tf.cast(given[name], tf.int32)
            part = tf.one_hot(classes, spec.num_classes, dtype=model.dtype)
        else:
            part = tf.cast(given[name], model.dtype)
            if standard[name]:
                part = Standardize(standard[name]).forward(part)
        parts.append(part)
    return tf.concat(parts, axis=-1) if len(parts) > 1 else parts[0]


def beside(
    model: Model, latents: Sequence[tf.Tensor], given: Mapping[str, tf.Tensor]
) -> tf.Tensor:
    """Returns latents, and the condition if there is one, in one [B, Z + N].

    Args:
      model: whose condition.
      latents: [B, Z] each.
      given: see `vector`.
    """
    condition = vector(model, given)
    parts = [*latents, *([] if condition is None else [condition])]
    return tf.concat(parts, axis=1) if len(parts) > 1 else parts[0]


def example(model: Model) -> dict[str, tf.Tensor]:
    """Returns the conditions of one example, all zeros."""
    shapes = {field.name: field.shape for field in model.spec.fields}
    return {n: tf.zeros((1, *shapes.get(n, ()))) for n in model.conditions}
