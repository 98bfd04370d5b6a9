"""Batches: a source -> `tf.data.Dataset`.

Training reads one endless row of examples: epoch after epoch, each in its own
order. Place `g` of that row holds one example and one row of each table of
random numbers (`streams`); step `t` takes the places `t * B` to `(t + 1) * B`.
So a batch is a function of the seed and the step alone, however a run is cut:
by resuming, into calls of several steps, or among replicas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import tensorflow as tf

from tfgen.config import DataSpec, Field
from tfgen.data import augment
from tfgen.data.keys import key
from tfgen.data.source import ArraySource, RecordSource, Source
from tfgen.data.streams import TABLES, uniform
from tfgen.errors import UserError
from tfgen.nn.cells import in_cells
from tfgen.nn.frames import colours_of

if TYPE_CHECKING:
    from tfgen.model import Noise

# Records are shuffled within a window of this many, before they are decoded.
# Up to this size an epoch's order is uniform; beyond, TFDS has already shuffled
# the files when it wrote them.
SHUFFLE_BUFFER = 10_000
_AT_ONCE = 256  # examples decoded together

# AutoGraph would translate it for most of a second; no tensor decides here.
as_written = tf.autograph.experimental.do_not_convert


def train_batches(
    source: Source,
    *,
    batch_size: int,
    seed: int,
    num_steps: int,
    start_step: int = 0,
    steps_per_call: int = 1,
    flip: bool = False,
    jitter: float = 0.0,
    dequantize: bool = True,
    noise: Mapping[str, Noise] | None = None,
    num_replicas: int = 1,
    worker: int = 0,
    num_workers: int = 1,
) -> tf.data.Dataset:
    """Returns the training batches of steps `start_step` to `num_steps`.

    Args:
      source: its "train" split is used.
      batch_size: B, over all replicas of all workers.
      seed: of the order and of everything else that is random.
      num_steps: one past the last step.
      start_step: the first step; the batches are those that a run from step 0
        would see.
      steps_per_call: K, steps in one element; the last may hold fewer.
      flip: mirror half of the images.
      jitter: change their colours, by up to this share.
      dequantize: add noise to gray levels and columns of steps.
      noise: name -> random numbers wanted for each example.
      num_replicas: over all workers; each element is cut along the batch into
        this many elements that follow one another, replica 0 first.
      worker: which worker asks; it gets the pieces of its own replicas only.
      num_workers: how many workers there are.

    Returns:
      A data set of dicts: `x` and every other field [K, B, *shape] float32,
      `label` [K, B] int32 if there are classes, `step` [K, B] int32, and
      [K, B, *shape] float32 for every name in `noise`. With replicas,
      B / num_replicas in place of B.

    Raises:
      UserError: the batch cannot be divided, or `flip` and `jitter` are for
        other data.
    """
    spec = source.spec
    check_batch_size(batch_size, num_replicas, num_workers)
    _check_names(spec, noise)
    if flip and len(spec.shape) != 3:
        raise UserError(
            "data.flip=true: expected images, got examples of shape"
            f" {spec.shape}."
        )
    if jitter and not any(map(_coloured, (spec.x, *spec.fields))):
        raise UserError(
            f"data.jitter={jitter}: expected images of gray levels, got"
            f" {spec.x}."
        )
    first, last = start_step * batch_size, num_steps * batch_size
    chunk = steps_per_call * batch_size
    if isinstance(source, ArraySource):
        examples = _train_arrays(source, seed, first, last, chunk)
    else:
        examples = _train_records(source, seed, first, last, chunk)
    places = tf.data.Dataset.range(first, last, chunk)
    flip_key = key(seed, "flip") if flip else None
    dequantize_key = key(seed, "dequantize") if dequantize else None
    crop_key, jitter_key = key(seed, "crop"), key(seed, "jitter")

    @as_written
    def finish(place: tf.Tensor, batch: dict) -> dict:
        batch = _cropped(spec, place, batch, crop_key)
        if jitter:
            batch = _jittered(spec, place, batch, jitter, jitter_key)
        batch = _finish(spec, place, batch, flip_key, dequantize_key)
        count = tf.shape(batch["x"])[0]
        batch |= _noise(noise, place, count, seed, "noise")
        places = place + tf.range(tf.cast(count, tf.int64))
        batch["step"] = tf.cast(places // batch_size, tf.int32)
        return {name: _steps(t, batch_size) for name, t in batch.items()}

    dataset = tf.data.Dataset.zip(places, examples).map(finish)
    dataset = for_replicas(dataset, num_replicas, worker, num_workers)
    return dataset.prefetch(tf.data.AUTOTUNE)


def eval_batches(
    source: Source,
    split: str,
    *,
    batch_size: int,
    seed: int,
    draw: int = 0,
    dequantize: bool = True,
    noise: Mapping[str, Noise] | None = None,
) -> tf.data.Dataset:
    """Returns all examples of a split, in order, once.

    Args:
      source: where from.
      split: "train", "validation" or "test".
      batch_size: B; the last batch holds what is left.
      seed: of all noise, which depends on the seed, the draw and the example,
        not on the batch it is in.
      draw: other draws give other noise, to average over.
      dequantize: add noise to gray levels and columns of steps.
      noise: name -> random numbers wanted for each example.

    Returns:
      A data set of dicts: `x` and every other field [B, *shape] float32,
      `label` [B] int32 if there are classes, and [B, *shape] float32 for
      every name in `noise`.

    Raises:
      UserError: the batch is empty.
    """
    check_batch_size(batch_size)
    _check_names(source.spec, noise)
    n = source.sizes[split]
    dequantize_key = key(seed, "evaluate", split, draw) if dequantize else None

    @as_written
    def finish(place: tf.Tensor, batch: dict) -> dict:
        batch = _finish(source.spec, place, batch, None, dequantize_key)
        count = tf.shape(batch["x"])[0]
        keys = (seed, "evaluate", split, draw)
        return batch | _noise(noise, place, count, *keys)

    if isinstance(source, ArraySource):
        arrays = _constants(source, split)
        if n <= batch_size:  # tracing functions would take longer
            with tf.device("CPU"):
                return tf.data.Dataset.from_tensors(finish(0, arrays))
        examples = tf.data.Dataset.range(0, n, batch_size).map(
            as_written(
                lambda i: {k: a[i : i + batch_size] for k, a in arrays.items()}
            )
        )
    else:
        examples = in_order(source, split).batch(batch_size)
    places = tf.data.Dataset.range(0, n, batch_size)
    dataset = tf.data.Dataset.zip(places, examples).map(finish)
    return dataset.prefetch(tf.data.AUTOTUNE)


def in_order(source: RecordSource, split: str) -> tf.data.Dataset:
    """Returns the examples of a split one by one, cropped at the centre."""
    if source.ready:
        batches = source.records(split).batch(_AT_ONCE)
        return batches.map(lambda b: source.decode(b, None)).unbatch()
    return source.records(split).map(
        lambda record: source.decode(record, tf.constant(augment.CENTRE)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


def check_batch_size(
    batch_size: int, num_replicas: int = 1, num_workers: int = 1
) -> None:
    """Raises `UserError` if a batch cannot be divided among replicas."""
    if batch_size < 1 or batch_size % num_replicas:
        raise UserError(
            f"train.batch_size={batch_size}: expected a multiple of the"
            f" number of replicas, {num_replicas}, and at least 1."
        )
    if num_replicas % num_workers:
        raise UserError(
            f"{num_replicas} replicas cannot be divided among"
            f" {num_workers} workers: give each as many devices."
        )


def _check_names(spec: DataSpec, noise: Mapping[str, Noise] | None) -> None:
    names = {"x", "label", *(field.name for field in spec.fields)}
    if taken := names & {"step", *(noise or {})}:
        raise UserError(
            f"data: has a field {', '.join(taken)}, which is what the model"
            " calls random numbers, or the number of the step; rename it."
        )


def for_replicas(
    dataset: tf.data.Dataset, num_replicas: int, worker: int, num_workers: int
) -> tf.data.Dataset:
    """Cuts each element [K, B, ...] along B, into one for each replica.

    Every worker makes the whole batch, so that all agree on it, and passes on
    its own part.
    """
    if num_replicas == 1:
        return dataset
    local = num_replicas // num_workers
    mine = slice(worker * local, (worker + 1) * local)
    return dataset.map(
        lambda batch: {
            name: tf.stack(tf.split(t, num_replicas, axis=1)[mine])
            for name, t in batch.items()
        }
    ).unbatch()


def _train_arrays(
    source: ArraySource, seed: int, first: int, last: int, chunk: int
) -> tf.data.Dataset:
    """The examples at places `first` to `last`, `chunk` at a time."""
    arrays = _constants(source, "train")
    n = source.sizes["train"]
    order_key = key(seed, "order")

    @as_written
    def order(epoch: tf.Tensor) -> tf.Tensor:
        start = epoch * n
        indices = tf.random.experimental.stateless_shuffle(
            tf.range(n, dtype=tf.int64), seed=tf.stack([order_key, epoch])
        )
        # Not a slice: that shares memory, which `rebatch` reports as an error.
        return tf.gather(
            indices,
            tf.range(tf.maximum(first - start, 0), tf.minimum(last - start, n)),
        )

    return (
        tf.data.Dataset.range(first // n, -(-last // n))
        .map(order)
        .rebatch(chunk)
        .map(
            as_written(
                lambda i: {k: tf.gather(a, i) for k, a in arrays.items()}
            )
        )
    )


def _constants(source: ArraySource, split: str) -> dict[str, tf.Tensor]:
    # Tensors are captured by the data set's functions; arrays would be copied
    # into their graphs, which hold no more than 2 GB.
    with tf.device("CPU"):
        return {k: tf.constant(a) for k, a in source.splits[split].items()}


def _train_records(
    source: RecordSource, seed: int, first: int, last: int, chunk: int
) -> tf.data.Dataset:
    """As `_train_arrays`; skips to `first` before anything is decoded."""
    n = source.sizes["train"]
    unshuffled = source.records("train")
    order_key, place_key = key(seed, "order"), key(seed, "crop")

    def shuffled(epoch: tf.Tensor) -> tf.data.Dataset:
        # `shuffle` has two seeds: its argument, and that of the graph, here
        # this function's. Left alone, the second is the program's global seed.
        tf.compat.v1.set_random_seed(order_key)
        return unshuffled.shuffle(
            min(n, SHUFFLE_BUFFER), seed=epoch, reshuffle_each_iteration=False
        )

    def decode(place: tf.Tensor, record: object) -> dict:
        return source.decode(record, uniform(place_key, place, 1, [2])[0])

    records = (
        tf.data.Dataset.range(first // n, -(-last // n))
        .flat_map(shuffled)
        .skip(first % n)
        .take(last - first)
    )
    if source.ready:
        return records.batch(chunk).map(lambda b: source.decode(b, None))
    return (
        tf.data.Dataset.zip(tf.data.Dataset.range(first, last), records)
        .map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(chunk)
    )


def _cropped(
    spec: DataSpec, place: tf.Tensor, batch: dict[str, tf.Tensor], crop_key: int
) -> dict[str, tf.Tensor]:
    """Cuts images that have more pixels than they should at random places.

    All fields of an example are cut at the same place.
    """
    cut = dict(batch)
    for field in (spec.x, *spec.fields):
        x = batch[field.name]
        known = len(field.shape) == 3 and x.shape[1]
        if known and known != field.shape[0]:
            places = uniform(crop_key, place, tf.shape(x)[0], [2])
            cut[field.name] = augment.crop_each(x, field.shape[0], places)
    return cut


def _coloured(field: Field) -> bool:
    return len(field.shape) == 3 and field.levels > 2


def _jittered(spec, place, batch, share, jitter_key):
    """Changes colours of images, of all fields of an example alike."""
    u = uniform(jitter_key, place, tf.shape(batch["x"])[0], [3])
    changed = dict(batch)
    for field in filter(_coloured, (spec.x, *spec.fields)):
        changed[field.name] = augment.jitter(
            batch[field.name], field.levels, colours_of(spec, field), share, u
        )
    return changed


def _finish(
    spec: DataSpec,
    place: tf.Tensor,
    batch: dict[str, tf.Tensor],
    flip_key: int | None,
    dequantize_key: int | None,
) -> dict[str, tf.Tensor]:
    """Flips, casts and dequantizes examples that start at `place`."""
    count = tf.shape(batch["x"])[0]
    finished = dict(batch)
    for field in (spec.x, *spec.fields):
        x = tf.ensure_shape(batch[field.name], [None, *field.shape])
        if flip_key is not None and len(field.shape) == 3:
            x = augment.flip(x, uniform(flip_key, place, count, []))
        x = tf.cast(x, tf.float32)
        if dequantize_key is not None and field.discrete:
            table = dequantize_key
            if field.name != "x":
                table = key(dequantize_key, field.name)
            u = uniform(table, place, count, field.shape)
            x = in_cells(x, field, u)
        finished[field.name] = x
    return finished


def _noise(
    noise: Mapping[str, Noise] | None,
    place: tf.Tensor,
    count: tf.Tensor,
    *keys: int | str,
) -> dict[str, tf.Tensor]:
    """Random numbers for `count` examples that start at `place`."""
    return {
        name: TABLES[wanted.kind](key(*keys, name), place, count, wanted.shape)
        for name, wanted in (noise or {}).items()
    }


def _steps(t: tf.Tensor, batch_size: int) -> tf.Tensor:
    """[K * B, ...] -> [K, B, ...]."""
    return tf.reshape(t, [-1, batch_size, *t.shape[1:]])
