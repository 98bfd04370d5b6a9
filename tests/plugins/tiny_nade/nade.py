"""NADE of bits (Larochelle & Murray 2011, AISTATS)."""

import dataclasses

import keras
import tensorflow as tf

from tfgen.config import TINY_TRAIN, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model, Player

PAPER = "Larochelle & Murray 2011, AISTATS"


@dataclasses.dataclass(frozen=True)
class Config:
    units: int = 16
    optimizer: OptimizerConfig = OptimizerConfig()


class NADE(Model):
    """Gray levels above the middle are 1; rows of x are read in order."""

    def __init__(self, config, spec):
        super().__init__(config, spec)
        D, H = spec.size, config.units
        normal = keras.initializers.RandomNormal(stddev=0.1)
        self.W, self.V = (
            self.add_weight(shape=(D, H), initializer=normal, name=name)
            for name in "WV"
        )
        self.b = self.add_weight(shape=(D,), initializer="zeros", name="b")
        self.c = self.add_weight(shape=(H,), initializer="zeros", name="c")

    def players(self):
        return {"nade": Player(self.trainable_variables, self.config.optimizer)}

    def _logit(self, d, a):
        """Of bit d, given the sum a [B, H] of what was before it."""
        h = tf.sigmoid(a)
        return tf.linalg.matvec(h, self.V[d]) + self.b[d]

    def _bits(self, x):
        x = tf.reshape(x, [-1, self.spec.size])
        return tf.cast(x > (self.spec.levels - 1) / 2, tf.float32)

    def log_prob(self, x):
        bits = self._bits(x)
        # a_d = c + sum of W_k x_k over k < d, for all d at once: [B, D, H].
        terms = bits[:, :, None] * self.W
        a = self.c + tf.cumsum(terms, axis=1, exclusive=True)
        logits = tf.reduce_sum(tf.sigmoid(a) * self.V, axis=2) + self.b
        signs = 2 * bits - 1
        return -tf.reduce_sum(tf.nn.softplus(-signs * logits), axis=1)

    def per_example_losses(self, batch, training):
        return {"nade": -self.log_prob(batch["x"])}

    def per_example_metrics(self, batch):
        return {"nats": -self.log_prob(batch["x"])}

    @property
    def sample_noise(self):
        return self.spec.size

    def sample(self, noise):
        uniform = 0.5 + 0.5 * tf.math.erf(noise / 2**0.5)
        a, bits = tf.zeros_like(noise[:, :1]) + self.c, []
        for d in range(self.spec.size):
            p = tf.sigmoid(self._logit(d, a))
            bits.append(tf.cast(uniform[:, d] < p, tf.float32))
            a += bits[-1][:, None] * self.W[d]
        x = tf.stack(bits, axis=1) * (self.spec.levels - 1)
        return tf.reshape(x, [-1, *self.spec.shape])


PRESETS = {"tiny": Preset(Config(), DataConfig(dequantize=False), TINY_TRAIN)}
