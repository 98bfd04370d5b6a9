"""Same seed, same weights: what TensorFlow needs for it on a CPU.

`tf.config.experimental.enable_op_determinism` leaves out one operator: AddN
adds into the buffer of the first of its inputs that nothing else needs any
more, and so in an order that depends on timing. Of two terms any order is the
same; of three or more the rounding is not. TensorFlow makes them in two places:
where gradients meet, and where Grappler's arithmetic optimizer finds a row of
sums.
"""

import contextlib
import functools
from collections.abc import Iterator
from unittest import mock

import tensorflow as tf
from tensorflow.python.ops import gen_math_ops  # what tapes and loops call


def make_deterministic() -> None:
    """Makes what this process computes from now on reproducible."""
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_experimental_options(
        {"arithmetic_optimization": False}
    )


@contextlib.contextmanager
def pairwise_sums() -> Iterator[None]:
    """Gradients that are recorded meanwhile are added two at a time, in order.

    Not inside of a replica, whose threads take turns.
    """
    add_n = gen_math_ops.add_n

    def pairwise(inputs, name=None):
        return functools.reduce(lambda a, b: add_n([a, b], name), inputs)

    with mock.patch.object(gen_math_ops, "add_n", pairwise):
        yield
