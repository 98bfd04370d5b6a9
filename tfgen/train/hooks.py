"""What the training loop needs from outside."""

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from tfgen.model import Model


@dataclasses.dataclass(frozen=True)
class Hooks:
    """Data, evaluation and pictures of a run.

    Attributes:
      batches: `(start_step, num_replicas, worker, num_workers)` -> dataset of
        batches [K, B / replicas, ...], one element a replica in turn.
      evaluate: model -> mapping of metrics on the validation split; the first
        selects the best checkpoint, lower is better, unless the model says
        that it is the last.
      picture: model -> [H, W, C] uint8 sample grid, or None.
      complaint: metrics -> what is wrong with such a model, or None; it does
        not become the best checkpoint.
      settings: name -> value of what TensorBoard shows beside the curves.
      copied: variables that have values of another run.
    """

    batches: Callable[[int, int, int, int], tf.data.Dataset]
    evaluate: Callable[[Model], Mapping[str, float]]
    picture: Callable[[Model], np.ndarray] | None = None
    complaint: Callable[[Mapping[str, float]], str | None] = lambda _: None
    settings: Mapping[str, typing.Any] = dataclasses.field(default_factory=dict)
    copied: Sequence[keras.Variable] = ()
