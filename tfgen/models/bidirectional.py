"""The game of pairs (x, z), which BiGAN and ALI found independently.

Donahue et al. 2017, arXiv:1605.09782; Dumoulin et al. 2017, arXiv:1606.00704.

    V = E_x log D(x, E(x)) + E_z log(1 - D(G(z), z))
"""

import math

import keras
import tensorflow as tf

from tfgen.losses import ADVERSARIAL
from tfgen.model import Noise, Player
from tfgen.models.bigan_networks import (
    NetworkConfig,
    as_made,
    convolutions,
    last_hidden,
    made_shape,
    perceptrons,
)
from tfgen.nn import shifted


class Bidirectional:
    """Methods of models with a generator and an encoder.

    Such a model has `mean_code`. Its settings are `optimizer` and those of
    `tfgen/models/bigan_networks.py`.
    """

    simultaneous = True

    def make_networks(self, codes: int, joint: bool = True) -> keras.Model:
        """Makes generator and encoder, and returns the discriminator.

        Args:
          codes: how many numbers E makes.
          joint: D sees x and z.

        Raises:
          UserError: settings that do not fit the data.
        """
        config, spec = self.config, self.spec
        self.made = made_shape(config, spec.shape)
        build = convolutions if config.convolutional else perceptrons
        self.generator, self.encoder, discriminator = build(
            config, spec, self.made, codes, joint
        )
        return discriminator

    def mean_code(self, output):
        """Returns the code, or its mean, of what the encoder's network says."""
        raise NotImplementedError

    def players(self) -> dict[str, Player]:
        """Discriminator, generator and encoder; no D without its game."""
        networks = self.named_networks()
        return {
            name: Player(network.trainable_variables, self.config.optimizer)
            for name in ("discriminator", "generator", "encoder")
            if (network := networks.get(name))
        }

    def game(self, batch, x, z, code, inverse, training):
        """Returns what the players minimize, [B]: D -V, E and G V.

        Args:
          batch: has what `seen` needs.
          x: data in the size of G(z), in units of [-1, 1].
          z: of the prior, [B, Z].
          code: of x, [B, Z].
          inverse: E and G maximize V with data and samples in each other's
            place, for stronger gradients.
          training: normalize by the batch.
        """
        g_z = tf.cast(self.generator(z, training=training), x.dtype)
        x, g_z = self.seen(batch, x, g_z)
        real = self.discriminator([x, code], training=training)
        fake = self.discriminator([g_z, z], training=training)
        loss = ADVERSARIAL["non_saturating"].discriminator
        V = -loss(real, fake)
        value = loss(fake, real) if inverse else V
        return {"discriminator": -V, "generator": value, "encoder": value}

    def seen(self, batch, *images):
        """Returns x and G(z) as D sees them, each image moved on its own."""
        if not (most := self.config.shift):
            return images
        places = tf.unstack(batch["shift"], axis=1)
        return [shifted(x, u, most) for x, u in zip(images, places)]

    def per_example_metrics(self, batch):
        """Returns the mean `(x - G(E(x)))^2` in units of [-1, 1], [B]."""
        x = as_made(self.to_unit(batch["x"]), self.made)
        error = tf.square(x - self.to_unit(self.reconstruct(batch["x"])))
        mean = tf.reduce_mean(error, range(1, len(error.shape)))
        return {"reconstruction_l2": mean}

    def encode(self, x):
        """Returns z = E(x), or its mean, [B, Z]; x as the data have it."""
        return tf.cast(
            self.mean_code(self.encoder(self.to_unit(x))), tf.float32
        )

    def features(self, x, training=False):
        """Returns layers that tell images apart, name -> [B, F].

        `hidden`, E's layer before its output (C.2: conv5), and `output`, E(x).
        """
        h = last_hidden(self.encoder, self.to_unit(x), training)
        output = self.mean_code(self.encoder.layers[-1](h))
        return flat({"hidden": h, "output": output})

    def decode(self, z):
        """Returns x = G(z) of z [B, Z], in (-1, 1) if uniform."""
        return self.from_unit(self.generator(z))

    def logit(self, y, z):
        """Returns D's logit that y, in units of [-1, 1], is data of code z."""
        return self.discriminator([as_made(y, self.made), z])

    def reconstruct(self, x):
        """Returns G(E(x)), scaled as x and of the size of G(z)."""
        return self.decode(self.encode(x))


def shifts(config: NetworkConfig) -> dict[str, Noise]:
    """Returns the noise that moves x and G(z), down and across."""
    return {"shift": Noise((2, 2), "uniform")} if config.shift else {}


def flat(features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns layers as [B, F] float32."""
    return {
        name: tf.cast(tf.reshape(h, [-1, math.prod(h.shape[1:])]), tf.float32)
        for name, h in features.items()
    }
