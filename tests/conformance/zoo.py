"""Every model of the registry, as `tiny`, with random weights."""

import functools

import keras
import pytest

from tfgen import registry
from tfgen.config import apply_overrides
from tfgen.nn import randomize

# With two scales, ten couplings take seconds a call; they are in
# tests/models/flows.
SMALLER = {"real_nvp": ("network.scales=1",)}

every = pytest.mark.parametrize("name", registry.MODELS)


@functools.cache
def data(name):
    """The data of the preset."""
    preset = registry.get(name).load().PRESETS["tiny"]
    return preset.data.load(seed=0)


def build(name, seed=0):
    """Returns a model with random weights, also where it starts at zero."""
    keras.utils.set_random_seed(seed)
    entry = registry.get(name)
    preset = entry.load().PRESETS["tiny"]
    preset = apply_overrides(preset, SMALLER.get(name, ()))
    model = entry.build(preset.network, data(name).spec)
    randomize(model.variables, 0.1, seed)
    return model


@functools.cache
def shared(name, seed=0):
    """A model for the tests that leave it as it is: building takes seconds."""
    return build(name, seed)
