"""What experiments share: data, and a training without a run."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data.settings import DataConfig
from tfgen.evaluate.classifier import Classifier, train_classifier
from tfgen.model import Model
from tfgen.train.optimizers import make_optimizers
from tfgen.train.step import make_train_steps

_STEPS = 50  # of a compiled call

Split = Mapping[str, np.ndarray]


class Splits(NamedTuple):
    """Data in memory: `x` [N, H, W, 1] float32, `label` [N] int32, …."""

    spec: DataSpec
    train: Split
    validation: Split
    test: Split


def splits(config: DataConfig, seed: int = 0) -> Splits:
    """Returns data with labels.

    Args:
      config: which.
      seed: of the split.
    """
    source = config.load(seed).source
    parts = (
        {**part, "x": np.asarray(part["x"], np.float32)}
        for name in ("train", "validation", "test")
        for part in [source.splits[name]]
    )
    return Splits(source.spec, *parts)


def classifier(data: Splits, seed: int, epochs: int = 15) -> Classifier:
    """Returns a classifier of the data, trained for so many epochs at most."""
    return train_classifier(
        data.train,
        data.validation,
        data.spec.num_classes,
        data.spec.levels,
        seed,
        epochs,
        progress=False,
    )


def train(
    model: Model,
    batch: Callable[[np.random.Generator, tuple[int, ...]], Split],
    steps: int,
    batch_size: int,
    seed: int,
    jit_compile: bool = True,
) -> Model:
    """Trains a model's players, and returns it.

    Args:
      model: see `tfgen.model`.
      batch: (random numbers, shape) -> examples, name -> [*shape, ...].
      steps: a multiple of 50.
      batch_size: examples of a step.
      seed: of the batches.
      jit_compile: with XLA.
    """
    strategy = tf.distribute.get_strategy()
    optimizers = make_optimizers(model.players(), steps, 0.0, strategy)
    train_steps = make_train_steps(
        model, optimizers, batch_size, strategy, jit_compile
    )
    random = np.random.default_rng(seed)
    for _ in range(steps // _STEPS):
        arrays = batch(random, (_STEPS, batch_size))
        train_steps({name: tf.constant(a) for name, a in arrays.items()})
    return model


def likeliest(
    logits: Callable[[tf.Tensor], tf.Tensor], shape: tuple[int, int]
) -> np.ndarray:
    """Returns the likeliest symbols, one after the other, [B, m].

    Args:
      logits: y [B, m] int32 -> logits of each symbol, given those before,
        [B, m, v].
      shape: B and m.
    """
    y = np.zeros(shape, np.int32)
    for i in range(shape[1]):
        y[:, i] = logits(tf.constant(y)).numpy()[:, i].argmax(-1)
    return y


def begin(seed: int) -> None:
    """Makes what follows a function of the seed, but for rounding."""
    keras.utils.set_random_seed(seed)
