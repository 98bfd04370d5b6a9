"""Plain TensorFlow's products, in a process that does nothing else.

What the steps of the games are set beside: products are slower in a process
that trains.
"""

import tensorflow as tf

from benchmarks import adversaries, bench


def products(rows: int) -> bench.Work:
    """A product of [rows, 1024] and [1024, 1024]."""
    size = adversaries.UNITS
    a, b = tf.random.normal([rows, size]), tf.random.normal([size, size])
    return bench.Work(lambda: tf.matmul(a, b), 2e-9 * rows * size * size)


def figures() -> dict[str, dict[str, bench.Work]]:
    """Both kinds of products, as `adversaries.Bench` has them."""
    return {
        "matrix": {"tf.matmul": products(adversaries.UNITS)},
        "layer": {"tf.matmul": products(adversaries.BATCH)},
    }


def build(data: adversaries.Data) -> adversaries.Bench:
    """No games."""
    del data
    return adversaries.Bench({}, {}, {}, {}, {}, **figures())
