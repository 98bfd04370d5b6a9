"""NADE: a hidden layer that is updated as numbers are read.

Hugo Larochelle, Iain Murray: The Neural Autoregressive Distribution Estimator.
AISTATS 2011.

What goes into the H hidden units is a running sum, so that all D conditionals
share W and c:

    a_1 = c,  a_{d+1} = a_d + W_d x_d
    p(x_d = 1 | x_<d) = sigmoid(b_d + V_d sigmoid(a_d))

What deviates, and why:
- More than two gray levels have a softmax instead of the sigmoid.
- Numbers come row by row; the paper draws an order.
- Adam instead of stochastic gradient descent.
- A density adds up blocks of about sqrt(D) numbers, each by one matrix product
  that begins anew for each number in it: O(D^1.5 H) a vector, where the
  recurrence has O(D H), in sqrt(D) steps instead of D. Training computes the
  hidden units of a block again for the gradient: those of all numbers, [B, D,
  H], would be 157 MB at the paper's size. Sampling is the recurrence as it
  stands, of O(D H).
"""

import dataclasses
import math

import keras
import numpy as np
import tensorflow as tf

from tfgen.bounds import Count
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, conditions, discrete
from tfgen.models import density_presets as presets
from tfgen.models.settings import training
from tfgen.nn import number_by_number

PAPER = "Larochelle & Murray 2011"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings."""

    hidden: Count = 500  # H
    conditional: bool = False  # p(x | label or attributes); not the paper's
    optimizer: OptimizerConfig = OptimizerConfig()


class Network(keras.layers.Layer):
    """Maps x [n, D] to P parameters of each number, [n, P*D].

    It is read number by number, too (`tfgen/nn/number_by_number.py`).
    """

    def __init__(self, D: int, H: int, P: int, N: int):
        """Args: D numbers, H units, P parameters, N of a condition or 0."""
        super().__init__()
        self.order = np.arange(D, dtype=np.int32)
        self.W = self.add_weight(shape=(D, H), name="W")
        self.c = self.add_weight(shape=(H,), initializer="zeros", name="c")
        # One number's map from hidden units, not all numbers' together.
        bound = math.sqrt(6 / (H + P))
        uniform = keras.initializers.RandomUniform(-bound, bound)
        self.V = self.add_weight((D, H, P), uniform, name="V")
        self.b = self.add_weight((D, 1, P), "zeros", name="b")
        if N:
            self.of_condition = self.add_weight(shape=(N, H), name="condition")

    def call(self, x, condition=None, training=False):
        """Returns the parameters, P blocks of D."""
        del training
        (a,), h = self.start(tf.shape(x)[0], condition), []
        D = len(self.order)
        size = math.isqrt(D)
        W, V, b = (tf.convert_to_tensor(v) for v in (self.W, self.V, self.b))
        for i in range(0, D, size):
            part = slice(i, i + size)
            h.append(_block(a, x[:, part], W[part], V[part], b[part]))
            a += tf.matmul(x[:, part], W[part])
        h = tf.transpose(tf.concat(h, axis=0), [1, 2, 0])
        return tf.reshape(h, [-1, h.shape[1] * D])

    generate = number_by_number.generate

    def start(self, n, condition=None):
        """a_1, [n, H]."""
        a = tf.tile(self.c[None], [n, 1])
        if condition is not None:
            a += tf.matmul(condition, self.of_condition)
        return [a]

    def parameters(self, state, d):
        """Of number d, [n, P]."""
        V, b = tf.gather(self.V, d), tf.gather(self.b, d)
        return tf.matmul(tf.sigmoid(state[0]), V) + b

    def read(self, state, place, x_d):
        """The sum with the number at a place, [n]."""
        return [state[0] + x_d[:, None] * tf.gather(self.W, place)]


@tf.recompute_grad
def _block(a, x, W, V, b):
    """Parameters [k, n, P] of k numbers x [n, k], given the sum before them."""
    n, k = tf.shape(x)[0], W.shape[0]
    earlier = tf.constant(np.tri(k, k=-1)[:, None], x.dtype)
    seen = tf.reshape(earlier * x, [-1, k])  # by each number, before it
    a += tf.reshape(tf.matmul(seen, W), [k, n, W.shape[1]])
    return tf.matmul(tf.sigmoid(a), V) + b


class NADE(discrete.Discrete, Model):
    """A NADE for vectors [B, D] or images of gray levels, row by row."""

    player = "estimator"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.network = Network(
            spec.size,
            config.hidden,
            self.density.parameters,
            conditions.width(self),
        )
        discrete.build(self)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': width by size."""
    network = dataclasses.replace(_SMALL, hidden=by_size.units(spec.size))
    return presets.auto(network, examples, data, 100, 100, 2000, 100_000)


_SMALL = Config(
    hidden=128,
    optimizer=OptimizerConfig(learning_rate=1e-2, schedule="cosine"),
)

PRESETS = {
    "digits": Preset(_SMALL, presets.DIGITS, training(3000, 100, every=100)),
    "mnist": presets.mnist(Config(), 200_000, 100, every=5000),
    # For --data=npz:… with some thousand digits.
    "mnist_short": presets.mnist(_SMALL, 4000, 100, every=200),
    "tiny": presets.tiny(Config(hidden=6, optimizer=presets.TINY_ADAM)),
}
