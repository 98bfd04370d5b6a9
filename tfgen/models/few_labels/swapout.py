"""Swapout: a residual network that drops its blocks unit by unit.

Saurabh Singh, Derek Hoiem, David Forsyth: Swapout: Learning an Ensemble of Deep
Architectures. NIPS 2016. arXiv:1605.06465.

    y = Theta_1 * x + Theta_2 * F(x)

with Bernoulli coins for each unit, whose probabilities go linearly from the
first block to the last. F is relu, convolution, relu, convolution. Between the
stages maps are halved by maxima; means of the last maps are classified.

Rectifiers do not commute with means, so one pass with expected coins is no mean
over coins: `classify` is that pass, `classify_with_seed` one draw of the coins,
and `error_rate_stochastic` that of 30 draws, whose probabilities are averaged
(the paper's stochastic inference). These draws are always the same.

What deviates, and why:
- Weights are normalized (Salimans & Kingma 2016, arXiv:1602.07868) and start
  from data. The paper's batch norm learns variances that single passes do not
  have; mean-only batch norm has none to learn.
- The sizes are for small images, and all stages have as many maps.
- The first convolution of a block may be doubly convolutional (Zhai et al.
  2016, arXiv:1610.09716), here with meta kernels of 6 x 6 and maxima of 2 x 2.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, Fraction
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import SemiSupervisedDataConfig
from tfgen.errors import UserError
from tfgen.losses.classification import cross_entropy, judged, most_probable
from tfgen.model import Model, Noise
from tfgen.models import by_size
from tfgen.models.semi_supervised import check_labels
from tfgen.models.settings import training
from tfgen.nn import DoublyConv2D, Swapout, WeightNormConv2D, WeightNormDense

PAPER = "Singh et al. 2016, arXiv:1605.06465"

# B batch, K classes, E coins of an example.

_DRAWS = 30


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings."""

    features: Count = 32  # maps
    stages: Count = 2  # with a halving between
    blocks: Count = 2  # of each stage
    # Probabilities of the coins, theta_1 = theta_2: 1 and 1/2 is the paper's
    # Linear(1, 0.5); 1 and 1 a residual network.
    first: Fraction = 1.0
    last: Fraction = 0.5
    mean_only: bool = True  # mean-only batch norm
    doubly: bool = False  # convolutional; features are a multiple of 4
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=2e-3, schedule="cosine"
    )


class SwapoutNetwork(Model):
    """A classifier of images [B, H, W, C] or vectors [B, D]."""

    player = "classifier"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        check_labels(spec)
        # Vectors are images of one pixel.
        images = len(spec.shape) == 3
        self.shape = spec.shape if images else (1, 1, spec.size)
        most = 1 + by_size.halvings(self.shape, 1)
        if config.stages > most:
            raise UserError(
                f"network.stages={config.stages}: expected at most {most}, for"
                f" examples of shape {spec.shape}."
            )
        F, count = config.features, config.stages * config.blocks
        self.conv_in = self._conv()
        self.convs = [
            (
                DoublyConv2D(F, 3, 6, 2) if config.doubly else self._conv(),
                self._conv(),
            )
            for _ in range(count)
        ]
        step = (config.last - config.first) / max(1, count - 1)
        thetas = [config.first + i * step for i in range(count)]
        self.swapouts = [Swapout(theta, theta) for theta in thetas]
        # Float32, also under mixed precision.
        self.out = WeightNormDense(spec.num_classes, dtype=self.dtype)
        H, W, _ = self.shape
        self.coins = [
            2 * F * (H >> stage) * (W >> stage)
            for stage in range(config.stages)
            for _ in range(config.blocks)
        ]
        self.noise = {"epsilon": Noise((sum(self.coins),))}
        self(tf.zeros([1, *spec.shape]))

    def _conv(self):
        c = self.config
        return WeightNormConv2D(c.features, 3, mean_only=c.mean_only)

    def call(self, x, epsilon=None, training=False, start=False):
        """Returns logits [B, K].

        Args:
          x: [B, H, W, C] or [B, D].
          epsilon: standard normal numbers [B, E] that coins are made of; None
            for what is expected of them.
          training: normalize by the batch.
          start: start the layers from these examples.
        """
        how = {"training": training, "start": start}

        def conv(layer, h):
            plain = isinstance(layer, DoublyConv2D)
            return layer(h) if plain else layer(h, **how)

        coins = [None] * len(self.coins)
        if epsilon is not None:
            coins = tf.split(self.uniforms(epsilon), self.coins, axis=1)
        x = tf.reshape(self.to_unit(x), [-1, *self.shape])
        h = conv(self.conv_in, x)
        for i, (pair, swapout) in enumerate(zip(self.convs, self.swapouts)):
            if i and i % self.config.blocks == 0:
                h = tf.nn.max_pool2d(h, 2, 2, "VALID")
            block = h
            for layer in pair:
                block = conv(layer, tf.nn.relu(block))
            h = swapout(h, block, coins[i])
        return self.out(tf.reduce_mean(tf.nn.relu(h), axis=[1, 2]), **how)

    # The contract.

    def begin(self, batch):
        """Each output of a normalized layer has mean 0 and variance 1."""
        self(batch["x"], batch["epsilon"], training=True, start=True)

    def per_example_losses(self, batch, training):
        """Returns {player: [B]}, in nats."""
        logits = self(batch["labelled_x"], batch["epsilon"], training=training)
        return {self.player: cross_entropy(logits, batch["labelled_label"])}

    def per_example_metrics(self, batch):
        """Returns error rates by expected coins and by draws, [B]."""
        x, label = batch["x"], batch["label"]

        def draw(seed):
            # The same for all examples: no row depends on its batch.
            coins = tf.random.stateless_normal([1, sum(self.coins)], [seed, 0])
            return tf.nn.softmax(self(x, coins))

        by_expected = judged(self(x), label)
        kind = by_expected["cross_entropy"].dtype
        p = tf.map_fn(draw, tf.range(_DRAWS), fn_output_signature=kind)
        by_draws = judged(tf.math.log(tf.reduce_mean(p, axis=0)), label)
        stochastic = {"error_rate_stochastic": by_draws["error_rate"]}
        return by_expected | stochastic

    # Capabilities.

    def classify(self, x):
        """Returns `label` [B] int32, the most probable, `probabilities`."""
        return most_probable(self(x))

    def classify_with_seed(self, x, epsilon):
        """Returns probabilities [B, K] by the coins of epsilon [B, E]."""
        return tf.nn.softmax(self(x, epsilon))


_DIGITS = SemiSupervisedDataConfig("digits", dequantize=False, labels=0)


def auto(
    spec: DataSpec, examples: int, data: SemiSupervisedDataConfig
) -> Preset:
    """Returns settings for other data than the presets'."""
    train = by_size.training(examples, 50, 64, 1500, 50_000)
    stages = 1 + min(2, by_size.halvings(spec.shape))
    return Preset(Config(stages=stages), data, train)


PRESETS = {
    "digits": Preset(
        Config(features=16),
        _DIGITS,
        training(1500, 64, every=300, ema_decay=0.99),
    ),
    "tiny": Preset(
        Config(features=4, blocks=1, mean_only=False, doubly=True),
        dataclasses.replace(_DIGITS, labels=20),
        TINY_TRAIN,
    ),
}
