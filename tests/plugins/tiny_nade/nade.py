"""NADE of bits (Larochelle & Murray 2011, AISTATS)."""

import dataclasses

import keras
import tensorflow as tf

from tfgen.config import TINY_TRAIN, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model

PAPER = "Larochelle & Murray 2011, AISTATS"


@dataclasses.dataclass(frozen=True)
class Config:
    units: int = 16
    optimizer: OptimizerConfig = OptimizerConfig()


class NADE(Model):
    """Gray levels above the middle are 1; rows of x are read in order."""

    player = "nade"
    discrete = True

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
        uniform, D = self.uniforms(noise), self.spec.size

        def read(d, a, x):
            W, V, b = (tf.gather(v, d) for v in (self.W, self.V, self.b))
            p = tf.sigmoid(tf.linalg.matvec(tf.sigmoid(a), V) + b)
            bit = tf.cast(tf.gather(uniform, d, axis=1) < p, tf.float32)
            x += bit[:, None] * tf.one_hot(d, D)
            return d + 1, a + bit[:, None] * W, x

        zero = tf.zeros_like(noise)
        start = 0, zero[:, :1] + self.c, zero
        x = tf.while_loop(lambda d, *_: d < D, read, start)[2]
        return tf.reshape(x * (self.spec.levels - 1), [-1, *self.spec.shape])


PRESETS = {"tiny": Preset(Config(), DataConfig(dequantize=False), TINY_TRAIN)}
