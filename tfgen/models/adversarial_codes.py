"""Codes that a game gives the shape of a prior, as autoencoders share them.

Makhzani et al. 2015, arXiv:1511.05644, section 2: the codes of all x together,
q(z) = E_x q(z|x), are to be those of a prior p(z). In each step, one after the
other:

    encoder, decoder   min  distortion of x, given its code
    discriminator      max  E_p(z) log D(z) + E_x log(1 - D(e(x)))
    generator          max  E_x log D(e(x)), of the encoder

A code is z, of normal numbers, or y, of categories: a softmax, whose
discriminator sees one-hot draws; or both, with a discriminator each.

`normalize` gives the logits of each category a mean of 0 and the same deviation
over the batch: it is not the papers'. Without, the game soon leaves categories
that no example has, where the softmax has no gradient.

B is the batch, Z latent dimensions, K categories.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from tfgen.config import DataSpec, OptimizerConfig
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL
from tfgen.losses.classification import cross_entropy, most_probable
from tfgen.model import Latent, Model, Noise, Player
from tfgen.nn import FusedBatchNorm, dense_discriminator, dense_stack

# Rates that do not fall lose the digits' game after 3,000 steps.
ADAM = OptimizerConfig(learning_rate=1e-3, beta_1=0.5, schedule="linear")
SLOWER = dataclasses.replace(ADAM, learning_rate=2e-4)
# Of normalized logits: a softmax that is nearly one-hot.
_DEVIATION = 3.0
_LOSS = ADVERSARIAL["non_saturating"]


class AdversarialCodes:
    """Methods of models with an encoder to such codes.

    Such a model makes a decoder, then its `discriminators`, and has
    `distortion`. Its settings are `latent`, `categories`, `supervised`,
    `hidden`, `discriminator`, `normalize`, `optimizer`, `game_optimizer`.
    """

    def __init__(self, config: Any, spec: DataSpec):
        """Makes the encoder.

        Raises:
          UserError: no code, or labels that the data do not have.
        """
        super().__init__(config, spec)
        if config.supervised and not spec.num_classes:
            raise UserError(
                "network.supervised=true: the data have no labels; use such"
                " data, or network.categories."
            )
        K = spec.num_classes if config.supervised else config.categories
        sizes = {"z": config.latent, "category": K}
        priors = {"z": "normal", "category": "categorical"}
        self.latents = {
            name: Latent((size,), priors[name])
            for name, size in sizes.items()
            if size
        }
        if not self.latents:
            raise UserError(
                "network.latent=0: expected at least 1, or network.categories."
            )
        # Normal numbers, of which the priors are made.
        self.noise = {"prior": Noise((self.latent_size,))}
        if not config.supervised:
            self.selected_by, self.classify = "samples", None
        layers = keras.layers
        self.encoder = keras.Sequential(
            [
                layers.Input(spec.shape),
                layers.Flatten(),
                *dense_stack(config.hidden, batch_norm=False),
                # Where logits alone are normalized, a bias would do nothing.
                layers.Dense(
                    self.latent_size,
                    use_bias=not config.normalize or "z" in self.latents,
                ),
            ]
        )
        if config.normalize and K:
            # Float32, also under mixed precision.
            self.norm = FusedBatchNorm(
                center=False, scale=False, dtype=self.dtype
            )

    def distortion(self, batch, codes, training=False):
        """Returns how far x is from what its codes say, [B].

        Args:
          batch: with x, as the data have it.
          codes: of x, [B, Z] or [B, K] each.
          training: whether it is one.
        """
        raise NotImplementedError

    def players(self) -> dict[str, Player]:
        """As above; the classifier last, if there are labels."""
        config, encoder = self.config, self.encoder.trainable_variables
        D = [v for d in self.discriminators for v in d.trainable_variables]
        in_game = {id(v) for v in D}
        others = [v for v in self.trainable_variables if id(v) not in in_game]
        found = {
            "autoencoder": Player(others, config.optimizer),
            "discriminator": Player(D, config.game_optimizer),
            "generator": Player(encoder, config.game_optimizer),
        }
        if config.supervised:
            found["classifier"] = Player(encoder, config.optimizer)
        return found

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        codes, _ = self._codes(batch["x"], training)
        games = [
            (D(tf.cast(prior, code.dtype)), D(code))
            for D, prior, code in zip(
                self.discriminators, self.prior(batch["prior"]), codes
            )
        ]
        losses = {
            "autoencoder": self.distortion(batch, codes, training),
            "discriminator": sum(_LOSS.discriminator(*game) for game in games),
            "generator": sum(_LOSS.generator(fake) for _, fake in games),
        }
        if self.config.supervised:
            # Without hidden labels, those of the batch.
            labelled = batch.get("labelled_x", batch["x"])
            label = batch.get("labelled_label", batch.get("label"))
            _, logits = self._codes(labelled, training)
            losses["classifier"] = cross_entropy(logits, label)
        return losses

    def error_rate(self, batch):
        """Returns {"error_rate": [B]} of classes, if there are labels."""
        if not self.config.supervised:
            return {}
        label = tf.cast(batch["label"], tf.int32)
        wrong = self.classify(batch["x"])["label"] != label
        return {"error_rate": tf.cast(wrong, tf.float32)}

    def _codes(self, x, training=False):
        """The codes of x, [B, Z] and [B, K], and the logits of y or None."""
        x = self.to_unit(tf.floor(x) if self.discrete else x)
        code = tf.cast(self.encoder(x, training=training), x.dtype)
        if "category" not in self.latents:
            return [code], None
        *z, logits = tf.split(
            code, [latent.shape[0] for latent in self.latents.values()], axis=1
        )
        if self.config.normalize:
            logits = _DEVIATION * self.norm(logits, training=training)
        return [*z, tf.nn.softmax(logits)], logits

    def encode(self, x, **given):
        """Returns z [B, Z], or y [B, K]; `z` and `category` where both are."""
        del given
        codes, _ = self._codes(x)
        codes = [tf.cast(code, tf.float32) for code in codes]
        return dict(zip(self.latents, codes)) if len(codes) > 1 else codes[0]

    def classify(self, x):
        """Returns `label` [B] int32, the most probable, `probabilities`."""
        _, logits = self._codes(x)
        return most_probable(tf.cast(logits, tf.float32))


def discriminators(model: Model) -> list[keras.Sequential]:
    """Returns one of each of the model's codes, to logits."""
    return [
        dense_discriminator(*latent.shape, model.config.discriminator)
        for latent in model.latents.values()
    ]
