"""TCL: time-contrastive learning, a nonlinear independent component analysis.

Aapo Hyvarinen, Hiroshi Morioka: Unsupervised Feature Extraction by
Time-Contrastive Learning and Nonlinear ICA. NIPS 2016. arXiv:1605.06336.

Sources s are independent, and their variances change from segment to segment of
a time series; x = f(s) for some invertible f. A network h and a multinomial
regression learn in which of T segments a point is,

    p(C = t | x) = softmax_t(w_t h(x) + b_t)

and then h(x) = A |s| + d, some linear mixture of the sources' absolute values
(theorem 1, for Laplace sources): linear ICA of h(x), which evaluation does,
finds them.

Labels are segments. `encode` gives h(x).

What deviates, and why:
- Adam instead of stochastic gradient descent, and no first phase of the
  regression alone: thousands of steps instead of hundreds of thousands.
- There are local optima. So several networks start apart, and the one with the
  least training loss, averaged over late batches, is used.
- x is whitened by the first batch, not by all examples.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Sizes
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.losses import mean_over_replicas
from tfgen.losses.classification import (
    cross_entropy,
    judged,
    most_probable,
)
from tfgen.model import Latent, Model
from tfgen.models import by_size
from tfgen.models.settings import training

PAPER = "Hyvarinen & Morioka 2016, arXiv:1605.06336"

# Average training losses keep so much of themselves each step.
_KEPT = 0.99

# B batch, D dimensions, F features, R restarts, T segments.


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings."""

    hidden: Sizes = (40,)  # maxout units; with the features, L layers
    features: CountOrNone = 0  # F; 0 is as many as x has dimensions
    maxout: Count = 2  # numbers, of which a unit is the largest
    restarts: Count = 3  # R; ours
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-2, schedule="cosine"
    )


class Maxout(keras.layers.Layer):
    """The largest of some affine functions, [B, units]."""

    def __init__(self, units: int, pieces: int):
        super().__init__()
        self.units, self.pieces = units, pieces
        self.dense = keras.layers.Dense(units * pieces)

    def call(self, x):
        """Returns it."""
        y = tf.reshape(self.dense(x), [-1, self.units, self.pieces])
        return tf.reduce_max(y, axis=-1)


class TCL(Model):
    """TCL for time series of vectors [B, D]; of images, too."""

    player = "classifier"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if not spec.num_classes:
            raise UserError("data: has no labels, which are the segments.")
        D, R = spec.size, config.restarts
        F = config.features or D
        self.latents = {"z": Latent((F,))}
        # Features and logits are float32, also under mixed precision.
        self.extractors = [
            keras.Sequential(
                [
                    keras.layers.Input((D,)),
                    *(Maxout(n, config.maxout) for n in config.hidden),
                    keras.layers.Dense(F, tf.abs, dtype=self.dtype),
                ]
            )
            for _ in range(R)
        ]
        self.regressions = [
            keras.layers.Dense(spec.num_classes, dtype=self.dtype)
            for _ in range(R)
        ]
        fixed = {"trainable": False, "aggregation": "only_first_replica"}
        self.mean = self.add_weight((D,), "zeros", name="mean", **fixed)
        self.whiten = self.add_weight(
            (D, D), "identity", name="whiten", **fixed
        )
        self.loss_of = self.add_weight((R,), "zeros", name="loss_of", **fixed)
        self.logits(tf.zeros((1, *spec.shape)))

    def logits(self, x):
        """Returns features [B, R, F] and logits [B, R, T] of all networks."""
        rows = tf.reshape(self.to_unit(x), [-1, self.spec.size])
        rows = tf.matmul(rows - self.mean, self.whiten)
        h = [extract(rows) for extract in self.extractors]
        logits = [regress(f) for regress, f in zip(self.regressions, h)]
        return tf.stack(h, axis=1), tf.stack(logits, axis=1)

    def best(self, of_each):
        """Returns what the network of least training loss says, [B, N]."""
        R = self.config.restarts
        chosen = tf.one_hot(
            tf.argmin(tf.convert_to_tensor(self.loss_of)),
            R,
            dtype=of_each.dtype,
        )
        return tf.reduce_sum(of_each * chosen[:, None], axis=1)

    def begin(self, batch):
        """Whitens by the first batch."""
        rows = tf.reshape(self.to_unit(batch["x"]), [-1, self.spec.size])
        mean = tf.reduce_mean(rows, axis=0)
        centred = rows - mean
        covariance = tf.matmul(centred, centred, transpose_a=True)
        covariance /= tf.cast(tf.shape(rows)[0], rows.dtype)
        values, vectors = tf.linalg.eigh(covariance)
        # Directions without variance, as of pixels that never change, stay.
        scale = tf.where(values > 1e-6, tf.math.rsqrt(values), 1.0)
        self.mean.assign(mean)
        self.whiten.assign(vectors * scale)

    def per_example_losses(self, batch, training):
        """Returns {player: [B]}: cross-entropies, summed over networks."""
        R = self.config.restarts
        _, logits = self.logits(batch["x"])
        labels = tf.repeat(tf.cast(batch["label"], tf.int32)[:, None], R, 1)
        losses = cross_entropy(logits, labels)
        if training:
            mean = mean_over_replicas(tf.reduce_mean(losses, axis=0))
            self.loss_of.assign(_KEPT * self.loss_of + (1 - _KEPT) * mean)
        return {self.player: tf.reduce_sum(losses, axis=1)}

    def per_example_metrics(self, batch):
        """Returns `cross_entropy` in nats and `error_rate`, [B]."""
        logits = self.best(self.logits(batch["x"])[1])
        return judged(logits, batch["label"])

    def classify(self, x):
        """Returns the most probable segment of x [B, ...]: see `Model`."""
        return most_probable(self.best(self.logits(x)[1]))

    def encode(self, x):
        """Returns h(x) [B, F], before linear ICA."""
        return self.best(self.logits(x)[0])


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    network = dataclasses.replace(
        _SOURCES, features=min(spec.size, 20), hidden=(8 * min(spec.size, 20),)
    )
    train = by_size.training(examples, 60, 512, 4000, 100_000)
    return Preset(network, data, train)


_SOURCES = Config()

PRESETS = {
    # 512 training examples in each of 64 segments.
    "sources": Preset(
        _SOURCES,
        DataConfig("mixed_sources_2", num_examples=40_960),
        training(4000, 512, every=500),
    ),
    "tiny": Preset(
        Config(hidden=(3,), restarts=2),
        DataConfig("mixed_sources_2", num_examples=640),
        TINY_TRAIN,
    ),
}
