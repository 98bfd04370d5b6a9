"""Adversarial autoencoder.

Alireza Makhzani, Jonathon Shlens, Navdeep Jaitly, Ian Goodfellow, Brendan Frey:
Adversarial Autoencoders. 2015. arXiv:1511.05644.

The codes of all x together, q(z) = E_x q(z|x), get the shape of a prior p(z),
not by a KL but by a game (section 2). In each step, one after the other:

    encoder, decoder   min  |x - g(e(x))|^2                   reconstruction
    discriminator      max  E_p(z) log D(z) + E_x log(1 - D(e(x)))
    generator          max  E_x log D(e(x)), of the encoder   regularization

`categories` adds a second code y, a softmax whose discriminator sees one-hot
draws: z keeps the style, y is a cluster (section 6) or, where `supervised`, the
label, whose cross-entropy the encoder learns of few examples (section 5).

What deviates, and why:
- The encoder is deterministic, the first of the paper's three choices.
- Adam instead of SGD, and leaky rectifiers in D, with which a few thousand
  steps are enough.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Sizes
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig, SemiSupervisedDataConfig
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL
from tfgen.losses.classification import cross_entropy, most_probable
from tfgen.model import Latent, Model, Noise, Player
from tfgen.models import by_size
from tfgen.models.settings import training
from tfgen.nn import Logit, dense_generator, dense_stack

PAPER = "Makhzani et al. 2015, arXiv:1511.05644"

# B batch, Z latent dimensions, K categories.

# Rates that do not fall lose the digits' game after 3,000 steps.
_ADAM = OptimizerConfig(learning_rate=1e-3, beta_1=0.5, schedule="linear")
_SLOWER = dataclasses.replace(_ADAM, learning_rate=2e-4)
_LOSS = ADVERSARIAL["non_saturating"]


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of multilayer perceptrons."""

    latent: Count = 8  # Z, normal
    hidden: Sizes = (1000, 1000)  # of the encoder; the decoder mirrors them
    discriminator: Sizes = (1000, 1000)  # of each code
    categories: CountOrNone = 0  # K of the one-hot code y; 0: none
    supervised: bool = False  # y is the label, K the number of classes
    optimizer: OptimizerConfig = _ADAM  # of reconstruction and labels
    game_optimizer: OptimizerConfig = _SLOWER


class AAE(Model):
    """An adversarial autoencoder for images [B, H, W, C] or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if config.supervised and not spec.num_classes:
            raise UserError(
                "network.supervised=true: the data have no labels; use such"
                " data, or network.categories."
            )
        K = spec.num_classes if config.supervised else config.categories
        Z = config.latent
        self.latents = {"z": Latent((Z,))}
        if K:
            self.latents["category"] = Latent((K,), "categorical")
        # Normal numbers, of which the priors are made.
        self.noise = {"prior": Noise((Z + K,))}
        if not config.supervised:
            self.selected_by, self.classify = "samples", None
        layers = keras.layers
        self.encoder = keras.Sequential(
            [
                layers.Input(spec.shape),
                layers.Flatten(),
                *dense_stack(config.hidden, batch_norm=False),
                layers.Dense(Z + K),
            ]
        )
        mirrored = dense_stack(config.hidden[::-1], batch_norm=False)
        tanh = "tanh" if spec.levels else None
        self.decoder = dense_generator(Z + K, spec.shape, mirrored, tanh)
        self.discriminators = [
            keras.Sequential(
                [
                    layers.Input(latent.shape),
                    *dense_stack(config.discriminator, False, slope=0.2),
                    Logit(),
                ]
            )
            for latent in self.latents.values()
        ]

    def players(self) -> dict[str, Player]:
        """As above; the classifier last, if there are labels."""
        config, encoder = self.config, self.encoder.trainable_variables
        D = [v for d in self.discriminators for v in d.trainable_variables]
        both = [*encoder, *self.decoder.trainable_variables]
        found = {
            "autoencoder": Player(both, config.optimizer),
            "discriminator": Player(D, config.game_optimizer),
            "generator": Player(encoder, config.game_optimizer),
        }
        if config.supervised:
            found["classifier"] = Player(encoder, config.optimizer)
        return found

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        x = self.to_unit(batch["x"])
        codes, _ = self._codes(x, training)
        again = self.decoder(tf.concat(codes, axis=1), training=training)
        games = [
            (D(tf.cast(prior, x.dtype)), D(code))
            for D, prior, code in zip(
                self.discriminators, self.prior(batch["prior"]), codes
            )
        ]
        losses = {
            "autoencoder": _squared_error(x, again),
            "discriminator": sum(_LOSS.discriminator(*game) for game in games),
            "generator": sum(_LOSS.generator(fake) for _, fake in games),
        }
        if self.config.supervised:
            # Without hidden labels, those of the batch.
            labelled = self.to_unit(batch.get("labelled_x", batch["x"]))
            label = batch.get("labelled_label", batch.get("label"))
            _, logits = self._codes(labelled, training)
            losses["classifier"] = cross_entropy(logits, label)
        return losses

    def per_example_metrics(self, batch):
        """Returns errors of classes, if there are labels, and of x, [B]."""
        x = self.to_unit(batch["x"])
        codes, logits = self._codes(x)
        again = self.decoder(tf.concat(codes, axis=1))
        error = {"reconstruction_l2": _squared_error(x, again) / self.spec.size}
        if not self.config.supervised:
            return error
        label = tf.cast(batch["label"], tf.int32)
        wrong = most_probable(logits)["label"] != label
        return {"error_rate": tf.cast(wrong, tf.float32), **error}

    def _codes(self, x, training=False):
        """The codes of x in units of [-1, 1], and the logits of y or None."""
        code = self.encoder(x, training=training)
        if len(self.latents) == 1:
            return [code], None
        z, logits = tf.split(code, [self.config.latent, -1], axis=1)
        return [z, tf.nn.softmax(logits)], logits

    def encode(self, x):
        """Returns z [B, Z]; or `z` and y, `category` [B, K]."""
        codes, _ = self._codes(self.to_unit(x))
        codes = [tf.cast(code, tf.float32) for code in codes]
        return dict(zip(self.latents, codes)) if len(codes) > 1 else codes[0]

    def decode(self, *codes):
        """Returns x of z [B, Z], and y [B, K] where there is one."""
        return self.from_unit(self.decoder(tf.concat(codes, axis=1)))

    def reconstruct(self, x):
        """Returns g(e(x)), scaled as x."""
        codes, _ = self._codes(self.to_unit(x))
        return self.decode(*codes)

    def classify(self, x):
        """Returns `label` [B] int32, the most probable, `probabilities`."""
        _, logits = self._codes(self.to_unit(x))
        return most_probable(tf.cast(logits, tf.float32))


def _squared_error(x, again):
    axes = list(range(1, x.shape.rank))
    return tf.reduce_sum(tf.square(x - tf.cast(again, x.dtype)), axes)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    widths = (by_size.units(spec.size),) * 2
    config = Config(by_size.latent(spec.size, 8), widths, widths)
    train = by_size.training(
        examples, 100, 128, 6000, 100_000, jit_compile=True
    )
    return Preset(config, data, train)


_DIGITS = DataConfig("digits", dequantize=False)
_SMALL = Config(hidden=(256, 256), discriminator=(256, 256))
_TRAIN = training(6000, 128, every=500, jit_compile=True)

PRESETS = {
    "digits": Preset(_SMALL, _DIGITS, _TRAIN),
    "digits_clusters": Preset(
        dataclasses.replace(_SMALL, categories=16), _DIGITS, _TRAIN
    ),
    "digits_labels": Preset(
        dataclasses.replace(_SMALL, supervised=True),
        SemiSupervisedDataConfig("digits", dequantize=False),
        _TRAIN,
    ),
    "mnist": Preset(
        Config(),
        DataConfig("mnist", dequantize=False),
        training(100_000, 100, every=5000, jit_compile=True),
    ),
    "tiny": Preset(
        Config(latent=2, hidden=(4,), discriminator=(4,), categories=3),
        _DIGITS,
        TINY_TRAIN,
    ),
}
