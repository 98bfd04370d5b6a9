"""Batch normalization by statistics of the data, not of the last steps.

Donahue et al. 2017, arXiv:1605.09782: features are read with the plain mean of
the statistics of up to 1,000 batches. The moving averages of the training are
of weights that have moved since, and of samples where a network sees both.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator

import keras
import tensorflow as tf


@contextlib.contextmanager
def recomputed(
    model: keras.Model, call: Callable, batches: Iterable
) -> Iterator[None]:
    """Puts the means of the statistics of `batches` in for a while.

    Args:
      model: whose layers of batch normalization are meant; those that `call`
        does not reach stay as they are.
      call: runs them on a batch, training.
      batches: what `call` takes; at least one.
    """
    norms = list(_norms(model))
    before = [
        (norm.moving_mean.numpy(), norm.moving_variance.numpy())
        for norm in norms
    ]
    momentum = [norm.momentum for norm in norms]

    @tf.function(autograph=False, reduce_retracing=True)
    def step(batch, share):
        for norm in norms:
            norm.momentum = share
        call(batch)

    try:
        for i, batch in enumerate(batches if norms else ()):
            # Makes moving averages means.
            step(batch, tf.constant(i / (i + 1)))
            for norm, usual in zip(norms, momentum):
                norm.momentum = usual  # not the graph's tensor
        yield
    finally:
        for norm, usual, (mean, variance) in zip(norms, momentum, before):
            norm.momentum = usual
            norm.moving_mean.assign(mean)
            norm.moving_variance.assign(variance)


def _norms(layer):
    if isinstance(layer, keras.layers.BatchNormalization):
        yield layer
    for inner in getattr(layer, "layers", ()):
        yield from _norms(inner)
