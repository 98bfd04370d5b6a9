"""Values shared by the replicas of a training, which have equal parts."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf

from tfgen.errors import UserError

_in_pieces = False


@contextlib.contextmanager
def in_pieces() -> Iterator[None]:
    """Code traced in this context sees a piece of the batch, never all of it.

    Raises:
      UserError: the batch as a whole is asked for.
    """
    global _in_pieces
    before, _in_pieces = _in_pieces, True
    try:
        yield
    finally:
        _in_pieces = before


def mean_over_replicas(x: tf.Tensor) -> tf.Tensor:
    """Returns the mean of what the replicas have, with its gradient.

    Args:
      x: a replica's own mean.
    """
    context = _context()
    if context is None:
        return x
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, x)


def one_replica() -> bool:
    """Whether a batch is all there."""
    return _context() is None


def gathered(rows: tf.Tensor) -> tf.Tensor:
    """Returns the rows of all replicas, in order, [N, s], with their gradient.

    Args:
      rows: of this replica, [N / replicas, s].
    """
    context = _context()
    if context is None:
        return rows
    # `all_gather` has a gradient in graphs only.
    own = tf.one_hot(
        context.replica_id_in_sync_group,
        context.num_replicas_in_sync,
        dtype=rows.dtype,
    )
    parts = context.all_reduce(
        tf.distribute.ReduceOp.SUM, own[:, None, None] * rows
    )
    return tf.reshape(parts, [-1, tf.shape(rows)[1]])


def own_rows(rows: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Returns this replica's rows of those of all replicas.

    Args:
      rows: of all replicas, as `gathered` returns them.
      count: number of rows of each replica.
    """
    context = _context()
    if context is None:
        return rows
    first = context.replica_id_in_sync_group * count
    return rows[first : first + count]


def _context() -> tf.distribute.ReplicaContext | None:
    """Returns this replica's context; None if there is one replica."""
    if _in_pieces:
        raise UserError(
            "train.accumulate: this model has statistics or a loss of the whole"
            " batch, which is never there at once; expected 1."
        )
    context = tf.distribute.get_replica_context()
    several = context is not None and context.num_replicas_in_sync > 1
    return context if several else None
