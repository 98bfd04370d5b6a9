"""The network of MADE: what it says of a number depends on those before it.

Mathieu Germain, Karol Gregor, Iain Murray, Hugo Larochelle: MADE: Masked
Autoencoder for Distribution Estimation. ICML 2015. arXiv:1502.03509.
"""

import functools
import itertools
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.nn import number_by_number

# n vectors of D numbers, P parameters of each; H units of a layer.


class MaskedMLP(keras.layers.Layer):
    """Maps x [n, D] to parameters [n, P*D]; those of number d see what is
    before it in an order.

    Number d at place p (from 0) has degree p + 1; a hidden unit of degree m
    sees numbers up to degree m and units up to m, and is seen by outputs of a
    degree above m (eqs. 8-9 and 12-13). A condition [n, N] is seen by all.

    Degrees of hidden units are spread evenly, in steps that go up, where the
    paper draws them: a layer's units of one degree lie side by side, which
    `number_by_number` makes use of. Every dependency is there if each hidden
    layer has D - 1 units, or D with a condition, or if inputs and outputs are
    connected. Without a unit of its degree, a number does not see the one
    before it; a line says so.
    """

    def __init__(
        self,
        hidden: Sequence[int],
        order: Sequence[int],
        parameters: int,
        activation: str = "relu",
        condition: int = 0,
        direct: bool = False,
        zero_init: bool = False,
        dropout: float = 0.0,
        l2: float = 0.0,
        **kwargs,
    ):
        """Makes the network.

        Args:
          hidden: widths of the hidden layers; none is a linear map.
          order: [D], the number that comes first, second, ….
          parameters: P. The output has P blocks of D.
          activation: of the hidden layers.
          condition: N of a condition, 0 for none.
          direct: connect inputs and outputs, too (section 4.4 of the paper).
          zero_init: start with an output of zeros.
          dropout: share of hidden units that training drops.
          l2: penalty of the squares of all weights but biases.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.order = np.asarray(order, np.int32)
        self.P, self.N = parameters, condition
        self.activation = keras.activations.get(activation)
        self.dropout = keras.layers.Dropout(dropout)
        self._zero_init = zero_init
        self._l2 = keras.regularizers.L2(l2) if l2 else None
        D = len(self.order)
        places = np.argsort(self.order)
        self._places = places
        # Without a condition, a unit of degree 0 would see nothing.
        lowest = 0 if condition or D == 1 else 1
        spread = [lowest + np.arange(H) * (D - lowest) // H for H in hidden]
        self._hidden = spread
        self._direct = direct and bool(hidden)
        narrowest = min(hidden, default=D)
        if narrowest < D - lowest and not direct:
            _say_narrow(narrowest, D - lowest)
        # The units of each degree, 0 to D: [D + 1, k], and whether there are.
        self._units = [_by_degree(each, D) for each in spread]
        self.build((None, D))

    def build(self, input_shape):
        del input_shape

        def weights(name, shape, initializer):
            return self.add_weight(
                shape=shape,
                initializer=initializer,
                regularizer=self._l2 if len(shape) > 1 else None,
                name=name,
            )

        D = len(self.order)
        widths = [D, *map(len, self._hidden), self.P * D]
        shapes = list(itertools.pairwise(widths))
        starts = ["he_normal"] * len(self._hidden) + [
            "zeros" if self._zero_init else "glorot_uniform"
        ]
        self.kernels = [
            weights(f"kernel_{i}", *pair)
            for i, pair in enumerate(zip(shapes, starts))
        ]
        self.biases = [
            weights(f"bias_{i}", shape[1:], "zeros")
            for i, shape in enumerate(shapes)
        ]
        if self._direct:
            self.direct = weights("direct", (D, self.P * D), "zeros")
        if self.N:
            shape = (self.N, widths[1])
            self.of_condition = weights("condition", shape, "glorot_uniform")

    def call(self, x, condition=None, training=False, places=None):
        """Returns the parameters; in another order if `places` [D] are given.

        They are the places of the numbers; weights are those of all orders.
        """
        h, last = x, len(self._hidden)
        for i, bias in enumerate(self.biases):
            a = tf.matmul(h, self._kernel(i, places)) + bias
            if i == 0 and self.N:
                a += tf.matmul(condition, self.of_condition)
            if i < last:
                h = self.dropout(self.activation(a), training=training)
        if self._direct:
            a += tf.matmul(x, self._direct_kernel(places))
        return a

    def _kernel(self, i, places=None, rows=None):
        inputs, outputs = self._ends(places)
        degrees = [inputs, *self._hidden, outputs]
        return _masked(self.kernels[i], degrees[i], degrees[i + 1], rows)

    def _direct_kernel(self, places=None, rows=None):
        return _masked(self.direct, *self._ends(places), rows)

    def _ends(self, places):
        """Degrees of the inputs; of outputs, the highest that each sees."""
        places = self._places if places is None else places
        return places + 1, tf.tile(places, [self.P])

    # Number by number.

    generate = number_by_number.generate

    def start(self, n, condition=None):
        """What goes into the units of each layer, [n, H], so far."""
        state = [tf.tile(bias[None], [n, 1]) for bias in self.biases]
        if self.N:
            state[0] += tf.matmul(condition, self.of_condition)
        return self._passed_on(state, 0)

    def parameters(self, state, d):
        """Of number d, [n, P]."""
        out = tf.reshape(state[-1], [-1, self.P, len(self.order)])
        return tf.gather(out, d, axis=2)

    def read(self, state, place, x_d):
        """The state with the number at a place, [n]."""
        d = tf.gather(self.order, place)

        x_d, state = x_d[:, None], list(state)
        state[0] += x_d * self._kernel(0, rows=[d])
        if self._direct:
            state[-1] += x_d * self._direct_kernel(rows=[d])
        return self._passed_on(state, place + 1)

    def _passed_on(self, state, degree):
        """Hidden units of a degree have all that they see: others see them."""
        state = list(state)
        for i, (units, some) in enumerate(self._units):
            k = tf.gather(units, degree)
            h = self.activation(tf.gather(state[i], k, axis=1))
            h *= tf.cast(tf.gather(some, degree), h.dtype)
            state[i + 1] += tf.matmul(h, self._kernel(i + 1, rows=k))
        return state


def alternating(
    count: int, hidden: Sequence[int], D: int, parameters: int, **options
) -> list[MaskedMLP]:
    """Returns the networks of steps that see the numbers in turned orders.

    Args:
      count: of steps. The first has the order 0, 1, …, the second D - 1, ….
      hidden: see `MaskedMLP`, whose outputs start at zero here.
      D: numbers.
      parameters: see there.
      **options: likewise.
    """
    order = np.arange(D)
    return [
        MaskedMLP(
            hidden, order[:: (-1) ** i], parameters, zero_init=True, **options
        )
        for i in range(count)
    ]


@functools.cache
def _say_narrow(width: int, enough: int) -> None:
    """Once: a flow has several such networks, and is built again and again."""
    logging.warning(
        "Masks: a hidden layer of %d units leaves %d numbers or more that do"
        " not see the one before them; %d units are enough for all.",
        width,
        enough - width,
        enough,
    )


def _masked(kernel: keras.Variable, below, above, rows=None):
    """The kernel, 0 between units below and those above that do not see them.

    Or some rows of it, which a loop need not mask all for. In a graph the
    degrees are small, the mask is not.
    """
    kernel = tf.convert_to_tensor(kernel)
    below, above = tf.convert_to_tensor(below), tf.convert_to_tensor(above)
    if rows is not None:
        kernel, below = tf.gather(kernel, rows), tf.gather(below, rows)
    seen = below[:, None] <= above
    return kernel * tf.cast(seen, kernel.dtype)


def _by_degree(degrees: np.ndarray, D: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns [D + 1, k], the units of each degree, and 1 for each, or 0."""
    counts = np.bincount(degrees, minlength=D + 1)
    starts = np.cumsum(counts) - counts
    places = np.arange(counts.max())
    some = places < counts[:, None]
    units = np.where(some, starts[:, None] + places, 0)
    return units.astype(np.int32), some
