"""Perceptual similarity: three terms of an autoencoder's loss, on digits.

Alexey Dosovitskiy, Thomas Brox: Generating Images with Perceptual Similarity
Metrics based on Deep Networks. NIPS 2016. arXiv:1602.02644.

    L = l_feat |C(G(z)) - C(x)|^2 + l_adv -log D(G(z)) + l_img |G(z) - x|^2

What is claimed: L_img alone blurs; L_feat alone allows images that are none,
because C is contractive; only the three together look like data, and keep what
an image shows.

Here C are the features of a classifier of the digits (64 numbers make 128), z
are 8 numbers of an encoder that learns with G, and a second classifier, which
no loss has seen, judges: whether the class is kept, and how far the features of
what is made are from the data's (Frechet). Sharpness is the mean difference of
neighbouring pixels, as a share of the data's.

What deviates, and why:
- C is not AlexNet's conv5 of ImageNet, which is not here; D sees images alone.
- Weights of the terms are those that make each of a like size here.
- A variational autoencoder with this loss is not tried.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.data.settings import DataConfig
from tfgen.evaluate.classifier import Classifier
from tfgen.evaluate.frechet import Moments, frechet_distance
from tfgen.experiments import training
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Player
from tfgen.nn import dense_discriminator, dense_generator, dense_stack
from tfgen.tables.papers import Row, Table

PAPER = "Dosovitskiy & Brox 2016, arXiv:1602.02644"

# Weights of L_img, of squares of 64 numbers in [-1, 1]; of L_feat, of 128
# features; and of L_adv.
TERMS = {
    "L_img": (1.0, 0.0, 0.0),
    "L_feat": (0.0, 1.0, 0.0),
    "L_img + L_feat": (1.0, 1.0, 0.0),
    "L_img + L_adv": (1.0, 0.0, 1.0),
    "L_feat + L_adv": (0.0, 1.0, 1.0),
    "L_img + L_feat + L_adv": (1.0, 1.0, 1.0),
}
ALL = "L_img + L_feat + L_adv"
TABLE = Table(
    tuple(Row(name, None) for name in ("data", *TERMS)),
    "paper",
    {
        "accuracy": "class kept",
        "frechet": "Frechet distance",
        "sharpness": "sharpness",
        "l2": "error of a pixel, in levels",
    },
    units={"frechet": "units", "l2": "levels"},
)
CLAIMS = {
    "L_img alone blurs: all three are sharper": lambda r: (
        r[ALL]["sharpness"] > r["L_img"]["sharpness"]
    ),
    "all three are nearer to the data than L_img alone": lambda r: (
        r[ALL]["frechet"] < r["L_img"]["frechet"]
    ),
    "all three are nearer to the data than L_feat alone": lambda r: (
        r[ALL]["frechet"] < r["L_feat"]["frechet"]
    ),
    "all three keep the class as often as L_img alone": lambda r: (
        r[ALL]["accuracy"] >= r["L_img"]["accuracy"]
    ),
    "L_feat alone does not give the pixels": lambda r: (
        r["L_feat"]["l2"] > 1.5 * r["L_img"]["l2"]
    ),
}
STEPS = 1000
_ADAM = OptimizerConfig(learning_rate=1e-3, beta_1=0.5, schedule="cosine")


class DeePSiM(Model):
    """G of a code: an encoder's 8 numbers, or the features C(x)."""

    simultaneous = True

    def __init__(self, terms, comparator: Classifier, spec, inverts=False):
        super().__init__(spec=spec)
        self.terms, self.comparator = terms, comparator.network
        self.inverts, D = inverts, spec.size
        self.encoder = dense_generator(
            D, (8,), dense_stack((256,), batch_norm=False), None
        )
        codes = self.comparator.output["features"].shape[1] if inverts else 8
        hidden = dense_stack((256, 256), batch_norm=False)
        self.generator = dense_generator(codes, spec.shape, hidden, "tanh")
        self.discriminator = dense_discriminator(D, (256, 256))

    def players(self):
        """G learns with its encoder, and D if its term counts."""
        G = self.generator.trainable_variables
        if not self.inverts:
            G = G + self.encoder.trainable_variables
        D = self.discriminator.trainable_variables
        players = {"generator": Player(G, _ADAM)}
        return players | ({"D": Player(D, _ADAM)} if self.terms[2] else {})

    def features(self, x):
        """C(x), [B, F]; x as the data have it."""
        return self.comparator(x, training=False)["features"]

    def encode(self, x):
        """The code of x, [B, Z]."""
        flat = keras.layers.Flatten()(self.to_unit(x))
        return self.features(x) if self.inverts else self.encoder(flat)

    def decode(self, z):
        """G(z), as the data have x."""
        return self.from_unit(self.generator(z))

    def per_example_losses(self, batch, training):
        """Returns what G and D minimize, [B]."""
        x, game = batch["x"], ADVERSARIAL["non_saturating"]
        y = self.decode(self.encode(x))
        seen, made = (
            keras.layers.Flatten()(self.to_unit(image)) for image in (x, y)
        )
        l_img, l_feat, l_adv = self.terms
        loss = l_img * _squared(made - seen)
        if l_feat:
            loss += l_feat * _squared(self.features(y) - self.features(x))
        if not l_adv:
            return {"generator": loss}
        real, fake = self.discriminator(seen), self.discriminator(made)
        return {
            "generator": loss + l_adv * game.generator(fake),
            "D": game.discriminator(real, fake),
        }


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row on the test split.

    Args:
      seed: of everything.
      steps: of each training.
    """
    training.begin(seed)
    data = training.splits(DataConfig("digits"))
    comparator = training.classifier(data, seed)
    judge = training.classifier(data, seed + 1000)
    x = data.test["x"]
    found = {"data": figures(judge, data.test, x)}
    for name, terms in TERMS.items():
        model = trained(terms, comparator, data, seed, steps)
        made = model.decode(model.encode(x)).numpy()
        found[name] = figures(judge, data.test, made)
    return found


def trained(terms, comparator, data, seed, steps=STEPS, inverts=False):
    """Returns a model that has learnt by the weights of the terms."""
    model = DeePSiM(terms, comparator, data.spec, inverts)
    x = data.train["x"]

    def batch(random, shape):
        return {"x": x[random.integers(0, len(x), shape)]}

    # XLA makes convolutions slower.
    return training.train(model, batch, steps, 64, seed, jit_compile=False)


def figures(judge: Classifier, split, made: np.ndarray) -> dict[str, float]:
    """Returns the table's figures of images that were made of a split's."""
    x = split["x"]
    features = [Moments.of(judge.features(images)) for images in (x, made)]
    return {
        "accuracy": judge.accuracy(made, split["label"]),
        "frechet": frechet_distance(*features),
        "sharpness": _edges(made) / _edges(x),
        "l2": float(np.sqrt(np.mean((made - x) ** 2))),
    }


def _edges(x):
    return np.abs(np.diff(x, axis=1)).mean() + np.abs(np.diff(x, axis=2)).mean()


def _squared(difference):
    return tf.reduce_sum(tf.square(difference), axis=1)
