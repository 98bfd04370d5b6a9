"""Weights to begin with: of another run, as far as they fit, or of the data."""

import re
from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.model import Model

# States of random numbers are not learned.
_SEED = "seed_generator_state"


def copy_weights(
    model: Model, other: Model
) -> tuple[Sequence[keras.Variable], Sequence[str]]:
    """Gives a model the weights of another one, by player and layer's name.

    Keras numbers layers over all models of a process, so the n-th layer of a
    name stands for the n-th.

    Args:
      model: gets them.
      other: has them.

    Returns:
      The variables that have got values, and in words, those that have not.
    """
    mine, theirs = _named(model), _named(other)
    if model.spec.words != other.spec.words:
        # A row of word vectors is of another word there.
        theirs = {n: v for n, v in theirs.items() if "embedding" not in n}
    copied, left = [], []
    for name, variable in mine.items():
        shape, found = tuple(variable.shape), theirs.get(name)
        if found is None:
            left.append(f"{name} {shape} (not there)")
        elif tuple(found.shape) != shape:
            left.append(f"{name} {shape} (there {tuple(found.shape)})")
        else:
            variable.assign(found.numpy())
            copied.append(variable)
    return copied, left


def begin(
    model: Model,
    batches: tf.data.Dataset,
    copied: Sequence[keras.Variable] = (),
) -> None:
    """Starts a model from the first of batches [K, B, ...].

    Args:
      model: new.
      batches: of its training.
      copied: variables that have values of another run, and keep them.
    """
    if type(model).begin is not Model.begin:
        held = [variable.numpy() for variable in copied]
        call = next(iter(batches))
        model.begin({name: values[0] for name, values in call.items()})
        for variable, value in zip(copied, held):
            variable.assign(value)


def _named(model: Model) -> dict[str, keras.Variable]:
    """Variables by player, path without numbers, and place among its likes."""
    player_of = {
        id(variable): name
        for name, player in model.players().items()
        for variable in player.variables
    }
    named, seen = {}, {}
    for variable in model.variables:
        path = variable.path.removeprefix(f"{model.name}/")
        if path.endswith(_SEED):
            continue
        parts = (re.sub(r"_\d+$", "", part) for part in path.split("/"))
        name = "/".join([*filter(None, [player_of.get(id(variable))]), *parts])
        seen[name] = seen.get(name, 0) + 1
        named[f"{name}:{seen[name]}"] = variable
    return named
