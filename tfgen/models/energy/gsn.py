"""GSN: a generative stochastic network, the step of a Markov chain.

Yoshua Bengio, Eric Thibodeau-Laufer, Guillaume Alain, Jason Yosinski: Deep
Generative Stochastic Networks Trainable by Backprop. ICML 2014.
arXiv:1306.1091. Walkback: Bengio et al. 2013, arXiv:1305.6663.

A step corrupts x (salt and pepper), updates hidden layers by their neighbours
with noise, the odd ones first and then the even ones, and draws x again:

    x~ ~ C(x~ | x),  h_l = tanh(h_{l-1} W_l + h_{l+1} W_{l+1}^T + b_l + noise)
    p(x | h) = sigmoid(h_1 W_1^T + b_0),  x ~ p(x | h)

Training walks N steps from an example, each from what the step before drew, and
minimizes -log p(example | h) at every one: the way back from wherever the chain
walks to. The chain's stationary distribution is then the data's, as far as
p(x | h) is right (theorem 2). There is no likelihood.

What deviates, and why:
- The noise of hidden layers is uniform, with the standard deviation that the
  paper's Gaussian has: devices are given uniform numbers alone. It is added
  before the tanh only, and not in the first layer, as in the authors' code
  (yaoli/GSN: `noiseless_h1`).
- Adam instead of stochastic gradient descent with momentum.
- A chain starts at bits that are 1 with probability sigmoid(b_0), as of no
  hidden units: from bits of any kind it may not reach the data in its steps.
- Losses are means over the N steps, so that N does not change the rate.
"""

import dataclasses
import itertools
import math

import tensorflow as tf

from tfgen.bounds import Count, NotNegative, Share, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.model import Model, Noise
from tfgen.models import boltzmann, by_size, chains
from tfgen.models.settings import training
from tfgen.nn.levels import softplus

PAPER = "Bengio et al. 2014, arXiv:1306.1091"

# B batch, D bits, L hidden layers, N steps.


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the authors' code's, for MNIST."""

    hidden: Widths = (1500, 1500)  # tanh units of h_1, …, h_L
    walkback: Count = 4  # N; at least L
    corruption: Share = 0.4  # of bits, half of which become 0 and half 1
    hidden_noise: NotNegative = 2.0  # standard deviation
    sample_steps: Count = 50  # from first bits to a sample
    optimizer: OptimizerConfig = OptimizerConfig(schedule="cosine")


class GSN(chains.Walks, Model):
    """A GSN for bits: vectors [B, D] or images."""

    discrete = True
    player = "chain"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        boltzmann.check_bits(self)
        if config.walkback < len(config.hidden):
            raise UserError(
                f"network.walkback={config.walkback}: expected at least the"
                f" {len(config.hidden)} layers; the last would not learn."
            )
        widths = (spec.size, *config.hidden)
        self.W = [
            self.add_weight(shape, "glorot_uniform", name=f"W_{i}")
            for i, shape in enumerate(itertools.pairwise(widths), 1)
        ]
        self.b = [
            self.add_weight((n,), "zeros", name=f"b_{i}")
            for i, n in enumerate(widths)
        ]
        # Of a step: what is corrupted, what is drawn, and the hidden noise.
        self.parts = [spec.size, spec.size, *config.hidden[1:]]
        self.noise = {"u": Noise((config.walkback, sum(self.parts)), "uniform")}

    def corrupt(self, x, u):
        """Returns x [B, D] with salt and pepper, by numbers u in [0, 1)."""
        half = self.config.corruption / 2
        kept = tf.where(u < 1 - half, x, 1.0)
        return tf.where(u < half, 0.0, kept)

    def step(self, x, h, u):
        """Makes a step of the chain.

        Args:
          x: [B, D] bits.
          h: hidden layers, [B, H_l] each.
          u: uniform numbers in [0, 1), [B, sum(parts)].

        Returns:
          The next x and h, and the logits of x.
        """
        of_bits, of_x, *of_hidden = tf.split(u, self.parts, axis=1)
        layers, L = [self.corrupt(x, of_bits), *h], len(h)
        width = self.config.hidden_noise * math.sqrt(12)
        for i in (*range(1, L + 1, 2), *range(2, L + 1, 2)):
            a = tf.matmul(layers[i - 1], self.W[i - 1]) + self.b[i]
            if i < L:
                a += tf.matmul(layers[i + 1], self.W[i], transpose_b=True)
            if i > 1:
                a += width * (of_hidden[i - 2] - 0.5)
            layers[i] = tf.tanh(a)
        logits = tf.matmul(layers[1], self.W[0], transpose_b=True) + self.b[0]
        x = tf.cast(of_x < tf.sigmoid(logits), x.dtype)
        return x, layers[1:], logits

    def begin(self, batch):
        """Log-odds of a batch's pixels are the first b_0."""
        x = boltzmann.bits(self, batch["x"])
        self.b[0].assign(boltzmann.log_odds(x))

    def nothing(self, x):
        """Returns hidden layers of zeros for x [B, D]."""
        n = tf.shape(x)[0]
        return [tf.zeros([n, H], x.dtype) for H in self.config.hidden]

    def nats(self, batch):
        """Returns the mean over the walk of -log p(x | h), [B]."""
        target = boltzmann.bits(self, batch["x"])
        x, h, total = target, self.nothing(target), 0.0
        for k in range(self.config.walkback):
            x, h, logits = self.step(x, h, batch["u"][:, k])
            total += tf.reduce_sum(softplus(logits) - target * logits, axis=1)
        return total / self.config.walkback

    def per_example_losses(self, batch, training):
        """Returns {player: [B]}, in nats."""
        del training
        return {self.player: self.nats(batch)}

    def per_example_metrics(self, batch):
        """Returns `walkback_nats`, [B]: no likelihood, but of the noise."""
        return {"walkback_nats": self.nats(batch)}

    def reconstruct(self, x):
        """Returns the probabilities of bits after a walk without noise."""
        x = boltzmann.bits(self, x)
        half = tf.fill([tf.shape(x)[0], sum(self.parts)], 0.5)
        half, h = tf.cast(half, x.dtype), self.nothing(x)
        for _ in range(self.config.walkback):
            x, h, logits = self.step(x, h, half)
        return tf.reshape(tf.sigmoid(logits), [-1, *self.spec.shape])

    @property
    def sample_noise(self):
        """First bits, and the numbers of each step."""
        return self.spec.size + self.config.sample_steps * sum(self.parts)

    def first(self, uniforms):
        """Returns first bits without hidden units, and numbers of steps."""
        D, T = self.spec.size, self.config.sample_steps
        x = uniforms[:, :D] < tf.sigmoid(self.b[0])
        x = tf.cast(x, uniforms.dtype)
        u = tf.reshape(uniforms[:, D:], [-1, T, sum(self.parts)])
        return [x, *self.nothing(x)], u

    def walk(self, state, u):
        """Returns x and hidden layers after a step, by numbers [B, M]."""
        x, h, _ = self.step(state[0], state[1:], u)
        return [x, *h]


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': width by size."""
    H = by_size.units(spec.size)
    network = dataclasses.replace(Config(), hidden=(H, H))
    data = dataclasses.replace(data, dequantize=False)
    train = by_size.training(examples, 200, 100, 3000, 100_000)
    return Preset(network, data, train)


_DIGITS = DataConfig("digits", binarize=8, dequantize=False)

PRESETS = {
    "digits": Preset(
        Config(hidden=(256, 256), hidden_noise=1.0),
        _DIGITS,
        training(4000, 100, every=400),
    ),
    "mnist": Preset(
        Config(),
        DataConfig("mnist", binarize=128, dequantize=False),
        training(100_000, 100, every=2500),
    ),
    "tiny": Preset(
        Config(hidden=(5, 4), walkback=2, sample_steps=3),
        _DIGITS,
        TINY_TRAIN,
    ),
}
