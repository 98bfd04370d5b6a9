"""The network of DeepNADE (Uria et al. 2014, arXiv:1310.1757)."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from tfgen.nn import number_by_number


class Network(keras.layers.Layer):
    """Maps numbers x [..., D], 0 where unknown, to P parameters of each.

    What goes into the first layer is a sum over known numbers, which is read
    number by number (`tfgen/nn/number_by_number.py`).
    """

    def __init__(self, D: int, hidden: tuple[int, ...], P: int, N: int):
        """Args: D numbers, widths, P parameters, N of a condition or 0."""
        super().__init__()
        self.order = np.arange(D, dtype=np.int32)
        he = keras.initializers.HeNormal()
        first, last = hidden[0], hidden[-1]
        self.of_x = self.add_weight((D, first), he, name="of_x")
        self.of_mask = self.add_weight((D, first), he, name="of_mask")
        self.bias = self.add_weight((first,), "zeros", name="bias")
        if N:
            self.of_condition = self.add_weight((N, first), he, name="given")
        self.kernels = [
            self.add_weight(shape, he, name=f"kernel_{i}")
            for i, shape in enumerate(itertools.pairwise(hidden))
        ]
        self.biases = [
            self.add_weight((H,), "zeros", name=f"bias_{i}")
            for i, H in enumerate(hidden[1:])
        ]
        self.V = self.add_weight((D, last, P), he, name="V")
        self.b = self.add_weight((D, 1, P), "zeros", name="b")

    def call(self, x, mask, condition=None):
        """Returns the parameters [n, D, P] of x [n, D], known by a mask."""
        (a,) = self.start(tf.shape(x)[0], condition, x, mask)
        return tf.einsum("nh,dhp->ndp", self._top(a), self.V) + self.b[:, 0]

    generate = number_by_number.generate

    def start(self, n, condition=None, x=0.0, mask=None):
        """What goes into the first layer, [n, H]; of what is known, if any."""
        a = tf.tile(self.bias[None], [n, 1])
        if condition is not None:
            a += tf.matmul(condition, self.of_condition)
        if mask is not None:
            a += tf.matmul(x * mask, self.of_x) + tf.matmul(mask, self.of_mask)
        return [a]

    def parameters(self, state, d):
        """Of number d, [n, P]; of numbers d [O], [O, n, P] of [O, n, H]."""
        V, b = tf.gather(self.V, d), tf.gather(self.b, d)
        return tf.matmul(self._top(state[0]), V) + b

    def read(self, state, d, x_d, share=1.0):
        """The state with number d, [n]; of numbers d [O], [O, n]."""
        d, x_d = tf.convert_to_tensor(d)[..., None], x_d[..., None]
        seen = x_d * tf.gather(self.of_x, d) + tf.gather(self.of_mask, d)
        return [state[0] + share * seen]

    def _top(self, a):
        """The last hidden layer."""
        h = tf.nn.relu(a)
        for kernel, bias in zip(self.kernels, self.biases):
            h = tf.nn.relu(tf.matmul(h, kernel) + bias)
        return h


class Rest:
    """A network that knows some numbers from the start and reads the others."""

    def __init__(self, network, x, mask):
        self.order, self.parameters = network.order, network.parameters
        self._network, self._x, self._mask = network, x, mask

    generate = number_by_number.generate

    def start(self, n, condition):
        """See `Network`."""
        return self._network.start(n, condition, self._x, self._mask)

    def read(self, state, d, x_d):
        """See `Network`; of a number that is known, it stays as it is."""
        unknown = 1 - number_by_number.column(self._mask, d)[:, None]
        return self._network.read(state, d, x_d, unknown)
