"""Tiny models of two domains, and a batch for them."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tfgen import registry
from tfgen.config import DataSpec, Field
from tfgen.nn import randomize

B = 4
X, Y = (8, 8, 1), (8, 8, 3)
SPEC = DataSpec(X, 17, fields=(Field("y", Y, 256),))
SAME = DataSpec(X, 17, fields=(Field("y", X, 17),))


def tiny(name, spec=SPEC, **options):
    """A model with random weights."""
    keras.utils.set_random_seed(0)
    entry = registry.get(name)
    config = entry.module().PRESETS["tiny"].network
    model = entry.build(dataclasses.replace(config, **options), spec)
    randomize(model.trainable_variables, 0.3, seed=0)
    return model


def batch_of(model, step=0, seed=0):
    """Random pictures, and the model's noise."""
    random = np.random.default_rng(seed)
    fields = {field.name: field for field in (model.spec.x, *model.spec.fields)}
    batch = {
        name: random.integers(0, field.levels, (B, *field.shape))
        for name, field in fields.items()
    }
    for name, noise in model.noise.items():
        draw = getattr(
            random, noise.kind if noise.kind == "normal" else "random"
        )
        batch[name] = draw(size=(B, *noise.shape))
    dtype = model.dtype
    batch = {k: tf.constant(v, dtype) for k, v in batch.items()}
    return batch | {"step": tf.fill([B], step)}


def unit(x, levels):
    """Gray levels in [-1, 1]."""
    return 2 * np.asarray(x) / (levels - 1) - 1


def l1(a, b):
    return np.abs(np.asarray(a) - np.asarray(b)).mean((1, 2, 3))


def losses(model, batch, training=False):
    """Those of the model, as arrays."""
    found = model.per_example_losses(
        model.with_generated(batch, training), training
    )
    return {name: value.numpy() for name, value in found.items()}
