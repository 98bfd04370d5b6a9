"""Vectors made one number after another, each given those before it.

A network for this has

- `order` [D] int32: which number comes first, second, …;
- `start(n, condition)`: a list of tensors, what it knows of n vectors of which
  nothing is read;
- `parameters(state, d)`: [n, P], what it says of number d;
- `read(state, place, x_d)`: the state after the number at that place.

So a vector costs about one pass through the network, not one for each number.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def generate(
    network: Any,
    choose: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    n: tf.Tensor,
    condition: tf.Tensor | None = None,
) -> tf.Tensor:
    """Returns x [n, D].

    Args:
      network: see above.
      choose: (d, parameters [n, P]) -> number d of each vector, [n].
      n: how many vectors.
      condition: [n, N], or None.
    """
    D = len(network.order)
    order = tf.constant(network.order)
    state = network.start(n, condition)

    def body(place, x, *state):
        d = order[place]
        x_d = choose(d, network.parameters(state, d))
        # Not a scatter: devices take this form of a loop.
        x += x_d[:, None] * tf.one_hot(d, D, dtype=x.dtype)
        return place + 1, x, *network.read(state, place, x_d)

    x = tf.zeros([n, D], state[0].dtype)
    return tf.while_loop(
        lambda place, *_: place < D, body, (0, x, *state), maximum_iterations=D
    )[1]


def column(x: tf.Tensor, d: tf.Tensor) -> tf.Tensor:
    """Returns number d of each vector, [n], of x [n, D]."""
    return tf.gather(x, d, axis=1)
