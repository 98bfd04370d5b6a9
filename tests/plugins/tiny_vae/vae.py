"""Variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114)."""

import dataclasses
import math

import keras
import tensorflow as tf

from tfgen.config import TINY_TRAIN, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Latent, Model, Noise, Player

PAPER = "Kingma & Welling 2014, arXiv:1312.6114"


@dataclasses.dataclass(frozen=True)
class Config:
    latent: int = 4
    units: int = 32
    optimizer: OptimizerConfig = OptimizerConfig()


class VAE(Model):
    def __init__(self, config, spec):
        super().__init__(config, spec)
        self.latents = {"z": Latent((config.latent,))}
        self.noise = {"e": Noise((config.latent,))}
        units, dense = config.units, keras.layers.Dense
        flat = [keras.layers.Input(spec.shape), keras.layers.Flatten()]
        self.encoder = keras.Sequential(
            [*flat, dense(units, "tanh"), dense(2 * config.latent)]
        )
        hidden = [keras.layers.Input((config.latent,)), dense(units, "tanh")]
        out = [dense(spec.size), keras.layers.Reshape(spec.shape)]
        self.decoder = keras.Sequential([*hidden, *out])

    def players(self):
        return {"vae": Player(self.trainable_variables, self.config.optimizer)}

    def per_example_losses(self, batch, training):
        x = self.to_unit(batch["x"])
        mean, log_var = tf.split(self.encoder(x), 2, axis=1)
        z = mean + tf.exp(log_var / 2) * batch["e"]
        error = tf.reduce_sum((x - self.decoder(z)) ** 2, [1, 2, 3])
        log_p = -error / 2 - self.spec.size / 2 * math.log(2 * math.pi)
        terms = mean**2 + tf.exp(log_var) - log_var - 1
        kl = tf.reduce_sum(terms, axis=1) / 2
        return {"vae": kl - log_p, "kl": kl}

    def per_example_metrics(self, batch):
        return {"negative_elbo": self.per_example_losses(batch, False)["vae"]}

    def encode(self, x):
        return tf.split(self.encoder(self.to_unit(x)), 2, axis=1)[0]

    def decode(self, z):
        return self.from_unit(self.decoder(z))


PRESETS = {"tiny": Preset(Config(), DataConfig(dequantize=False), TINY_TRAIN)}
