"""Every model of the registry, as `tiny`, with random weights.

Building and compiling cost most: all tests share what is made here.
"""

import contextlib
import functools

import pytest

from benchmarks import compiled_steps
from tfgen import registry
from tfgen.config import TrainConfig

# The largest; what is left out is in tests/models and tests/nn.
SMALLER = {
    # Without lag, biases before batch normalization have no gradient.
    "real_nvp": (
        "network.scales=1",
        "network.blocks=0",
        "network.bn_lag=true",
    ),
    "ebgan_ladder": ("network.hidden=4",),
    "inner_attention": ("network.inputs=original",),
    "stack_gan": ("network.ratio=0",),  # one stage
}
SHORT = ("data.max_length=3",)  # sentences

every = pytest.mark.parametrize("name", registry.MODELS)


def settings(name):
    """Those of `tiny` that are others here."""
    pairs = registry.MODELS[name].family == "classifiers"
    return SMALLER.get(name, ()) + (SHORT if pairs else ())


def start(name):
    """Returns data, a model, and its weights."""
    return compiled_steps.start(name, 0, settings(name))


def shared(name):
    """The model that the tests of all files share; none trains it."""
    return start(name)[1]


@functools.cache
def steps(name, dtype="float32", **options):
    """Training steps of another one with the same weights."""
    return compiled_steps.Steps(name, dtype, settings=settings(name), **options)


@functools.cache
def eager(name, **options):
    """The result of the same steps one by one, in double precision."""
    double = steps(name, "float64", **options)
    with restored(double.model):
        return compiled_steps.eager(double)


def batch_of(steps):
    """The batch of the first step."""
    return {name: values[0] for name, values in steps.batch.items()}


def held_out(name):
    """Examples to measure, which have what a training may hide."""
    data, model, _ = start(name)
    train = TrainConfig(batch_size=compiled_steps.B)
    batches = data.eval_batches("validation", train, 0, model.noise)
    batch = next(iter(batches))
    return {key: values[: compiled_steps.B] for key, values in batch.items()}


@contextlib.contextmanager
def restored(model):
    """Puts the variables back at the end."""
    before = [v.numpy() for v in model.variables]
    try:
        yield
    finally:
        for variable, value in zip(model.variables, before):
            variable.assign(value)
