"""DeepNADE: one deep network for all orders of the numbers.

Benigno Uria, Iain Murray, Hugo Larochelle: A Deep and Tractable Density
Estimator. ICML 2014. arXiv:1310.1757.

A network sees some numbers, and which they are, and says what the others are.
Training draws an order o and how many numbers, d - 1, are known:

    loss = D / (D - d + 1) sum_{i >= d} -log p(x_{o_i} | x_{o_<d})

Its mean over orders and d is the mean of -log p(x) over orders. The density is
the mean of those in `orders` orders; one order takes D passes through the
network. Known pixels, whichever, come first: a completion is drawn given all of
them.

What deviates, and why:
- More than two gray levels have a softmax instead of the sigmoid.
- Each example has its own order and d, so that a step sees many of both.
- Adam instead of stochastic gradient descent.
- Samples are drawn in the first order, not in one of `orders` at random.
"""

import dataclasses
import itertools
import math

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model, Noise
from tfgen.models import by_size, conditions, discrete
from tfgen.models.settings import check, training
from tfgen.nn import levels
from tfgen.nn.number_by_number import column

PAPER = "Uria et al. 2014, arXiv:1310.1757"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the widths are the paper's for binarized MNIST."""

    hidden: tuple[int, ...] = (500, 500)
    orders: int = 8  # the first is the natural one, the others are drawn
    conditional: bool = False  # p(x | label or attributes); not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(schedule="cosine")


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


class _Rest:
    """A network that knows some numbers from the start and reads the others."""

    def __init__(self, network, x, mask):
        self.order, self.parameters = network.order, network.parameters
        self._network, self._x, self._mask = network, x, mask

    def start(self, n, condition):
        return self._network.start(n, condition, self._x, self._mask)

    def read(self, state, d, x_d):
        unknown = 1 - column(self._mask, d)[:, None]
        return self._network.read(state, d, x_d, unknown)


class DeepNADE(Model):
    """A DeepNADE for vectors [B, D] or images of gray levels."""

    player = "network"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        check(config, at_least_1="orders", some_widths="hidden")
        discrete.begin(self)
        self.density = levels.of_levels(spec.levels)
        D, random = spec.size, np.random.default_rng(0)
        others = [random.permutation(D) for _ in range(config.orders - 1)]
        self._orders = np.array([np.arange(D), *others])
        self.noise = {
            "order": Noise((D,), "uniform"),  # those below a bound are known
            "known": Noise((), "uniform"),  # share of them
        }
        self.network = Network(
            D,
            config.hidden,
            self.density.parameters,
            conditions.width(spec) if config.conditional else 0,
        )
        discrete.build(self)

    def log_prob(self, x, training=False, **given):
        """Returns log of the mean of p(x) over orders, in nats, [B]."""
        del training
        log_p = self._in_orders(x, self._orders, given)
        return tf.reduce_logsumexp(log_p, axis=0) - math.log(len(self._orders))

    call = log_prob

    def _in_orders(self, x, orders, given):
        """Densities [O, B] in orders [O, D], in nats."""
        D = self.spec.size
        x = tf.floor(tf.reshape(x, [-1, D]))
        n = tf.shape(x)[0]
        (a,) = self.network.start(n, conditions.vector(self, given))
        unit = tf.cast(discrete.scaled(self, x), a.dtype)

        def body(place, a, log_p):
            d = tf.gather(tf.constant(orders), place, axis=1)
            x_d, unit_d = (
                tf.transpose(tf.gather(v, d, axis=1)) for v in (x, unit)
            )
            h = tf.cast(self.network.parameters([a], d), x.dtype)
            log_p += self.density.log_prob(x_d, h)
            return place + 1, *self.network.read([a], d, unit_d), log_p

        count = len(orders)
        start = (
            0,
            tf.tile(a[None], [count, 1, 1]),
            tf.zeros([count, n], x.dtype),
        )
        return tf.while_loop(
            lambda place, *_: place < D, body, start, maximum_iterations=D
        )[-1]

    def per_example_losses(self, batch, training):
        """Returns {"network": [B]}: the paper's loss of an order and a d."""
        del training
        D = self.spec.size
        x = tf.floor(tf.reshape(batch["x"], [-1, D]))
        count = tf.cast(D * batch["known"], tf.int32)  # d - 1
        bound = tf.gather(tf.sort(batch["order"]), count, batch_dims=1)
        mask = tf.cast(batch["order"] < bound[:, None], x.dtype)
        condition = conditions.vector(self, self.given(batch))
        h = self.network(discrete.scaled(self, x), mask, condition)
        nll = -self.density.log_prob(x, tf.cast(h, x.dtype)) * (1 - mask)
        return {
            "network": D * tf.reduce_sum(nll, 1) / tf.reduce_sum(1 - mask, 1)
        }

    per_example_metrics = discrete.per_example_metrics
    draw = discrete.draw

    def complete(self, x, mask, noise, **given):
        """Returns x [B, ...] where mask is 1; elsewhere drawn given all of it.

        Args:
          x: [B, ...] gray levels.
          mask: [B, ...], 1 where x is known, else 0.
          noise: [B, D] standard normal.
          **given: the condition, of a conditional model.
        """
        x, mask = (tf.reshape(v, [-1, self.spec.size]) for v in (x, mask))
        rest = _Rest(self.network, discrete.scaled(self, x), mask)
        known = tf.floor(x), mask
        return discrete.made(self, self.uniforms(noise), given, *known, rest)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': widths by size."""
    network = Config(hidden=(2 * by_size.units(spec.size),) * 2, orders=1)
    data = dataclasses.replace(data, dequantize=False)
    return Preset(
        network, data, by_size.training(examples, 200, 100, 3000, 200_000)
    )


_DIGITS = DataConfig("digits", binarize=8, dequantize=False)

PRESETS = {
    "digits": Preset(Config(), _DIGITS, training(5000, 100, every=500)),
    # One order while it trains: each is 784 passes.
    "mnist": Preset(
        Config(orders=1),
        DataConfig("mnist", binarize=128, dequantize=False),
        training(500_000, 100, every=25_000),
    ),
    "tiny": Preset(
        Config(
            hidden=(6, 5),
            orders=2,
            optimizer=OptimizerConfig(epsilon=1e-6),
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}
