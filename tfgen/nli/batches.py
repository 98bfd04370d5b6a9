"""Batches of pairs of about one length, a function of the seed and the step.

As for images (`tfgen.data.pipeline`), training reads one endless row of
examples, epoch after epoch, and step `t` takes the places `t * B` to
`(t + 1) * B`. The examples of an epoch are shuffled. Those of its whole batches
are then sorted into *runs*: `RUN` batches of sentences of about one length. The
runs are shuffled again. The batch at which two epochs meet holds examples of
any length.

Runs start at multiples of `RUN` steps, so that the K steps of one element are
of one run if K divides `RUN`. Another K gives the same batches in the same
order, and sometimes more padding.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfgen.data.keys import key
from tfgen.data.pipeline import check_batch_size, for_replicas
from tfgen.errors import UserError
from tfgen.nli.encode import EncodedPairs

RUN = 20  # batches; `TrainConfig.steps_per_call`


def train_batches(
    pairs: EncodedPairs,
    *,
    batch_size: int,
    seed: int,
    num_steps: int,
    start_step: int = 0,
    steps_per_call: int = 1,
    multiple: int = 1,
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
      steps_per_call: K, the steps in one element. The first element ends at a
        multiple of K; it and the last may hold fewer.
      multiple: widths are rounded up to multiples of it: with `jit_compile`,
        every width is compiled anew.
      num_replicas: over all workers; each element is cut along the batch into
        this many elements that follow one another, replica 0 first.
      worker: which worker asks; it gets the pieces of its own replicas only.
      num_workers: how many workers there are.

    Returns:
      A data set of dicts: `premise` [K, B, T_p] int32 and `hypothesis`
      [K, B, T_h] int32, padded with 0 to the longest of the element (rounded up
      to `multiple`), and `label` [K, B] int32. With replicas,
      B / num_replicas in place of B.

    Raises:
      UserError: no pairs, or the batch cannot be divided.
    """
    _check(pairs, batch_size, num_replicas, num_workers)
    order = Order(pairs, batch_size, seed)
    # The first element ends at a multiple of K, too.
    K = steps_per_call
    later = range(start_step - start_step % K + K, num_steps, K)
    starts = [start_step, *later] if start_step < num_steps else []
    ends = [*starts[1:], num_steps]

    def element(i: int) -> dict[str, np.ndarray]:
        steps = range(starts[i], ends[i])
        index = np.stack([order.batch(t) for t in steps])
        return _rows(pairs, index, multiple)

    dataset = _dataset(element, len(starts), (None, batch_size))
    # The width is that of all replicas.
    dataset = for_replicas(dataset, num_replicas, worker, num_workers)
    return dataset.prefetch(tf.data.AUTOTUNE)


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
    _check(pairs, batch_size)
    # By length of the premise, then of the hypothesis, then by place.
    order = np.lexsort((pairs.hypothesis.lengths, pairs.premise.lengths))

    def element(i: int) -> dict[str, np.ndarray]:
        index = order[i * batch_size : (i + 1) * batch_size]
        return {**_rows(pairs, index, 1), "index": index.astype(np.int32)}

    count = -(-len(pairs) // batch_size)
    dataset = _dataset(element, count, (None,), index=True)
    return dataset.prefetch(tf.data.AUTOTUNE)


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
        # A batch may hold the end of an epoch and the start of the next.
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
        # Examples are sorted by random numbers: PCG64's are the same in every
        # version of NumPy, the results of `permutation` are not.
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
        lengths = np.stack([side[examples] for side in self._lengths])
        # The steps at which runs start or end; all runs but the first and the
        # last are whole.
        cuts = [first, *range(first - first % RUN + RUN, last, RUN), last]
        counts = np.diff(cuts)
        # Lengths must not come in order: runs are in random order, and so are
        # the batches of a run.
        shuffled = np.argsort(bits.random_raw(len(counts)), kind="stable")
        runs: list = [None] * len(counts)
        for i, run in zip(shuffled, _parts(lengths, counts[shuffled] * size)):
            ones = np.full(counts[i], size)
            batches = [run[b] for b in _parts(lengths[:, run], ones)]
            mix = np.argsort(bits.random_raw(len(batches)), kind="stable")
            runs[i] = np.concatenate([batches[j] for j in mix])
        return examples[np.concatenate(runs)]


def _parts(lengths: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """Divides examples into parts of about one length each.

    A tree of cuts does it. Each cuts at a premise's or a hypothesis's length,
    where its two sides need the least space.

    Args:
      lengths: [2, n] of premises and hypotheses.
      counts: [parts] how many examples each gets; their sum is n.

    Returns:
      For each part, which examples.
    """
    # Sorting is linear in time for 16 bits.
    lengths = np.minimum(lengths, np.iinfo(np.int16).max).astype(np.int16)

    def divide(index: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
        if len(counts) == 1:
            return [index]
        # The examples to the left of each possible cut. A cut leaves an eighth
        # on either side, so that the tree is not deep.
        least = max(1, len(counts) // 8)
        left = np.cumsum(counts)[least - 1 : len(counts) - least]
        best = None
        for side in (0, 1):
            order = index[np.argsort(lengths[side, index], kind="stable")]
            there = lengths[:, order]
            most = np.maximum.accumulate(there, axis=1)[:, left - 1]
            rest = np.maximum.accumulate(there[:, ::-1], axis=1)[
                :, len(order) - left - 1
            ]
            space = left * most.sum(0, dtype=np.int64) + (
                len(order) - left
            ) * rest.sum(0, dtype=np.int64)
            cut = int(space.argmin())
            if best is None or space[cut] < best[0]:
                best = space[cut], cut, order
        _, cut, order = best
        n, k = left[cut], least + cut
        return divide(order[:n], counts[:k]) + divide(order[n:], counts[k:])

    return divide(np.arange(lengths.shape[1]), counts)


def _check(pairs: EncodedPairs, *division: int) -> None:
    if not len(pairs):
        raise UserError("no sentence pairs: expected at least one.")
    check_batch_size(*division)


def _rows(
    pairs: EncodedPairs, index: np.ndarray, multiple: int
) -> dict[str, np.ndarray]:
    """The pairs at `index` [...]: ids [..., T] and labels [...]."""
    return {
        "premise": pairs.premise.padded(index, multiple),
        "hypothesis": pairs.hypothesis.padded(index, multiple),
        "label": pairs.label[index],
    }


def _dataset(
    element: Callable[[int], Mapping[str, np.ndarray]],
    count: int,
    shape: tuple[int | None, ...],
    index: bool = False,
) -> tf.data.Dataset:
    """The elements 0 to `count`.

    Not by `from_generator`: it tells malloc to give each freed block back to
    the system, which makes the small products of an LSTM's steps three times
    slower for the rest of the process.
    """
    shapes = {
        "premise": [*shape, None],
        "hypothesis": [*shape, None],
        "label": shape,
    }
    if index:
        shapes["index"] = shape

    def make(i: np.ndarray) -> list[np.ndarray]:
        values = element(int(i))
        return [values[name] for name in shapes]

    def read(i: tf.Tensor) -> dict[str, tf.Tensor]:
        values = tf.numpy_function(make, [i], [tf.int32] * len(shapes))
        return {
            name: tf.ensure_shape(value, shapes[name])
            for name, value in zip(shapes, values)
        }

    return tf.data.Dataset.range(count).map(read)
