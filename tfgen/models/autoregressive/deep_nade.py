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
import math

import numpy as np
import tensorflow as tf

from tfgen.bounds import Count, Widths
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model, Noise
from tfgen.models import by_size, conditions, discrete
from tfgen.models import density_presets as presets
from tfgen.models.deep_nade_network import Network, Rest
from tfgen.models.settings import training

PAPER = "Uria et al. 2014, arXiv:1310.1757"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings."""

    hidden: Widths = (500, 500)
    orders: Count = 8  # the first is the natural one, the others are drawn
    conditional: bool = False  # p(x | label or attributes); not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(schedule="cosine")


class DeepNADE(discrete.Discrete, Model):
    """A DeepNADE for vectors [B, D] or images of gray levels."""

    player = "network"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
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
            conditions.width(self),
        )
        discrete.build(self)

    def log_prob(self, x, training=False, **given):
        """Returns log of the mean of p(x) over orders, in nats, [B]."""
        del training
        log_p = self._in_orders(x, self._orders, given)
        return tf.reduce_logsumexp(log_p, axis=0) - math.log(len(self._orders))

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
        log_p = tf.zeros([count, n], x.dtype)
        start = 0, tf.tile(a[None], [count, 1, 1]), log_p
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

    def complete(self, x, mask, noise, **given):
        """Returns x [B, ...] where mask is 1; elsewhere drawn given all of it.

        Args:
          x: [B, ...] gray levels.
          mask: [B, ...], 1 where x is known, else 0.
          noise: [B, D] standard normal.
          **given: the condition, of a conditional model.
        """
        x, mask = (tf.reshape(v, [-1, self.spec.size]) for v in (x, mask))
        x = tf.where(mask > 0.5, x, 0)  # what is hidden may be NaN
        rest = Rest(self.network, discrete.scaled(self, x), mask)
        inputs = {"u": self.uniforms(noise), "x": x, "mask": mask}
        return discrete.made(self, {**inputs, **given}, rest)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': widths by size."""
    network = Config(hidden=(2 * by_size.units(spec.size),) * 2, orders=1)
    return presets.auto(network, examples, data, 200, 100, 3000, 200_000)


PRESETS = {
    "digits": Preset(Config(), presets.DIGITS, training(5000, 100, every=500)),
    # One order while it trains: each is 784 passes.
    "mnist": presets.mnist(Config(orders=1), 500_000, 100, every=25_000),
    # For --data=npz:… with some thousand digits.
    "mnist_short": presets.mnist(Config(orders=1), 10_000, 100, every=2000),
    "tiny": presets.tiny(
        Config(hidden=(6, 5), orders=2, optimizer=presets.TINY_ADAM)
    ),
}
