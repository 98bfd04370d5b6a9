"""Batches of pairs of about one length, a function of the seed and the step.

As for images (`tfgen.data.pipeline`), training reads one endless row of
examples, epoch after epoch, and step `t` takes the places `t * B` to
`(t + 1) * B`. Within an epoch, the examples are shuffled; those of the batches
that lie in it whole are then sorted into *runs* of `RUN` batches of one bucket
of lengths, and the runs are shuffled again. The batch at which two epochs meet
holds examples of any length.

Runs start at multiples of `RUN` steps, so that the K steps of one element are
of one bucket wherever K divides `RUN`, or is `RUN`. Any other K gives the same
batches in the same order, and at times some more padding.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tfgen.data.keys import key
from tfgen.data.nli.encode import EncodedPairs
from tfgen.errors import UserError

RUN = 20  # batches; `TrainConfig.steps_per_call`
MULTIPLE = 4  # widths are rounded up to it: fewer shapes to compile for


def train_batches(
    pairs: EncodedPairs,
    *,
    batch_size: int,
    seed: int,
    num_steps: int,
    start_step: int = 0,
    steps_per_call: int = 1,
    num_replicas: int = 1,
    worker: int = 0,
    num_workers: int = 1,
) -> tf.data.Dataset:
    """Returns the training batches of steps `start_step` to `num_steps`.

    Args:
      pairs: the training split.
      batch_size: B, over all replicas of all workers.
      seed: of the order.
      num_steps: one past the last step.
      start_step: the first step; the batches are those that a run from step 0
        would see.
      steps_per_call: K, steps in one element; the last may hold fewer, and so
        may the first, which ends at a multiple of K.
      num_replicas: over all workers; each element is cut along the batch into
        this many elements that follow one another, replica 0 first.
      worker: which worker asks; it gets the pieces of its own replicas only.
      num_workers: how many workers there are.

    Returns:
      A data set of dicts: `premise` [K, B, T_p] int32 and `hypothesis`
      [K, B, T_h] int32, padded with 0 to the longest of the element (rounded up
      to a multiple of `MULTIPLE`), and `label` [K, B] int32. With replicas,
      B / num_replicas in place of B.

    Raises:
      UserError: no pairs, or the batch cannot be divided.
    """
    _check(pairs, batch_size, num_replicas, num_workers)
    order = Order(pairs, batch_size, seed)
    local = batch_size // num_replicas
    first = worker * (num_replicas // num_workers)
    mine = range(first, first + num_replicas // num_workers)

    def elements() -> Iterator[dict[str, np.ndarray]]:
        step = start_step
        while step < num_steps:
            end = min(step - step % steps_per_call + steps_per_call, num_steps)
            index = np.stack([order.batch(t) for t in range(step, end)])
            batch = _rows(pairs, index)
            for r in mine:
                yield {
                    name: a[:, r * local : (r + 1) * local]
                    for name, a in batch.items()
                }
            step = end

    return _dataset(elements, (None, local))


def eval_batches(pairs: EncodedPairs, *, batch_size: int) -> tf.data.Dataset:
    """Returns all pairs once, short ones first, so that little is padding.

    Args:
      pairs: any split.
      batch_size: B; the last batch holds what is left.

    Returns:
      A data set of dicts: `premise` [B, T_p] int32, `hypothesis` [B, T_h]
      int32, `label` [B] int32, and `index` [B] int32, the place of each pair in
      `pairs`.

    Raises:
      UserError: no pairs, or the batch is empty.
    """
    _check(pairs, batch_size, 1, 1)
    # Stable, and ties are told apart by the second sentence and then by place.
    order = np.lexsort((pairs.hypothesis.lengths, pairs.premise.lengths))

    def elements() -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, len(pairs), batch_size):
            index = order[start : start + batch_size]
            yield {**_rows(pairs, index), "index": index.astype(np.int32)}

    return _dataset(elements, (None,), index=True)


def padding_share(
    pairs: EncodedPairs,
    *,
    batch_size: int,
    seed: int,
    num_steps: int,
    steps_per_call: int = 1,
) -> float:
    """Returns the share of padding in the training batches, in [0, 1].

    Args:
      pairs: the training split.
      batch_size: as in `train_batches`.
      seed: as in `train_batches`.
      num_steps: how many steps to look at, from step 0.
      steps_per_call: as in `train_batches`.
    """
    order = Order(pairs, batch_size, seed)
    words = places = 0
    for start in range(0, num_steps, steps_per_call):
        end = min(start + steps_per_call, num_steps)
        index = np.stack([order.batch(t) for t in range(start, end)])
        for side in (pairs.premise, pairs.hypothesis):
            lengths = side.lengths[index]
            words += int(lengths.sum())
            places += lengths.size * _width(lengths)
    return 1 - words / places


class Order:
    """Which examples are in which batch."""

    def __init__(self, pairs: EncodedPairs, batch_size: int, seed: int):
        """Prepares an order; nothing is drawn yet.

        Args:
          pairs: n of them.
          batch_size: B.
          seed: other seeds give other orders.
        """
        self._n, self._batch_size, self._seed = len(pairs), batch_size, seed
        self._lengths = (pairs.premise.lengths, pairs.hypothesis.lengths)
        # Two epochs meet in a batch; more, if it is larger than an epoch.
        self._epoch = functools.lru_cache(2)(self._draw)

    def batch(self, step: int) -> np.ndarray:
        """Returns the examples of a step: [B] int64."""
        place, end = step * self._batch_size, (step + 1) * self._batch_size
        parts = []
        while place < end:
            epoch, start = divmod(place, self._n)
            part = self._epoch(epoch)[start : start + end - place]
            parts.append(part)
            place += len(part)
        return np.concatenate(parts)

    def _draw(self, epoch: int) -> np.ndarray:
        """The examples of an epoch in order: [n] int64."""
        n, size = self._n, self._batch_size
        # Philox and PCG64 are fixed for good; `permutation` is not, so the
        # order is that of random numbers.
        bits = np.random.PCG64(key(self._seed, "nli order", epoch))
        order = np.argsort(bits.random_raw(n), kind="stable")
        # Batches that lie in this epoch whole: first to last.
        first = -(-epoch * n // size)
        last = (epoch + 1) * n // size
        if last - first < 2:
            return order
        head = first * size - epoch * n
        inner = slice(head, head + (last - first) * size)
        order[inner] = self._in_runs(order[inner], first, last, bits)
        return order

    def _in_runs(
        self,
        examples: np.ndarray,
        first: int,
        last: int,
        bits: np.random.PCG64,
    ) -> np.ndarray:
        """Reorders the examples of the batches of steps `first` to `last`."""
        size = self._batch_size
        premise, hypothesis = (lengths[examples] for lengths in self._lengths)
        # The steps at which runs start or end; all runs but the first and the
        # last are whole.
        cuts = [first, *range(first - first % RUN + RUN, last, RUN), last]
        counts = np.diff(cuts)
        # A run takes the next examples of a path through the plane of the two
        # lengths: strata by premise, and within each by hypothesis, up and down
        # in turn so that neighbours on the path are neighbours in the plane.
        strata = max(1, math.isqrt(len(counts)))
        by_premise = np.argsort(premise, kind="stable")
        stratum = np.empty(len(examples), np.int64)
        stratum[by_premise] = np.arange(len(examples)) * strata // len(examples)
        path = np.lexsort(
            (
                premise,
                np.where(stratum % 2, -hypothesis, hypothesis),
                stratum,
            )
        )
        shuffled = np.argsort(bits.random_raw(len(counts)), kind="stable")
        starts = np.zeros(len(counts), np.int64)
        starts[shuffled] = np.cumsum(counts[shuffled]) - counts[shuffled]
        pieces = []
        for start, count in zip(starts, counts):
            run = path[start * size : (start + count) * size]
            # Within a run the examples are in random order again.
            mix = np.argsort(bits.random_raw(len(run)), kind="stable")
            pieces.append(run[mix])
        return examples[np.concatenate(pieces)]


def _check(
    pairs: EncodedPairs, batch_size: int, num_replicas: int, num_workers: int
) -> None:
    if not len(pairs):
        raise UserError("no sentence pairs: expected at least one.")
    if batch_size < 1 or batch_size % num_replicas:
        raise UserError(
            f"--set train.batch_size={batch_size}: expected a multiple of the"
            f" number of replicas, {num_replicas}, and at least 1."
        )
    if num_replicas % num_workers:
        raise UserError(
            f"{num_replicas} replicas cannot be divided among"
            f" {num_workers} workers: give each as many devices."
        )


def _width(lengths: np.ndarray) -> int:
    return -(-int(lengths.max()) // MULTIPLE) * MULTIPLE


def _rows(pairs: EncodedPairs, index: np.ndarray) -> dict[str, np.ndarray]:
    """The pairs at `index` [...]: ids [..., T] and labels [...]."""
    return {
        "premise": pairs.premise.padded(
            index, _width(pairs.premise.lengths[index])
        ),
        "hypothesis": pairs.hypothesis.padded(
            index, _width(pairs.hypothesis.lengths[index])
        ),
        "label": pairs.label[index],
    }


def _dataset(elements, shape, index: bool = False) -> tf.data.Dataset:
    def spec(*more: None) -> tf.TensorSpec:
        return tf.TensorSpec([*shape, *more], tf.int32)

    signature: Mapping[str, tf.TensorSpec] = {
        "premise": spec(None),
        "hypothesis": spec(None),
        "label": spec(),
    }
    if index:
        signature = {**signature, "index": spec()}
    return tf.data.Dataset.from_generator(
        elements, output_signature=signature
    ).prefetch(tf.data.AUTOTUNE)
