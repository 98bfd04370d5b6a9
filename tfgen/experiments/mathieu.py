"""Factors of variation disentangled by pairs, on sprites and on digits.

Michael Mathieu, Junbo Zhao, Pablo Sprechmann, Aditya Ramesh, Yann LeCun:
Disentangling factors of variation in deep representations using adversarial
training. NIPS 2016. arXiv:1611.03383.

An encoder makes s, which is to say the label, and q(z|x), which is to say the
rest. Of x_1 and x_1', which share a label, and x_2, which has any other:

    min  |Dec(s_1, z_1) - x_1|^2 + |Dec(s_1', z_1) - x_1|^2 + KL(q(z_1))
         - a log D(Dec(s_2, z_1), y_2) - a log D(Dec(s_2, z), y_2),  z ~ N(0, I)
    max  log D(x_2, y_2) + log(1 - D(Dec(s_2, z_1), y_2)) + …

What is claimed: s says the label and z does not; images with s of one and z of
another have the label of the one and the style of the other; and without the
game z says the label, too.

The probes are linear. Of images with swapped codes, a classifier says whether
they have the label of s. Of sprites, style is where the shape is: the r^2 of
its centre of mass with that of the image which z is of. Of digits nobody knows
the style.

What deviates, and why:
- Perceptrons; D sees the label beside the image.
- x_2 is any image, so that one in so many has the label of x_1.
- Faces, NORB and the paper's own sprites are not tried.
"""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.data.settings import DataConfig
from tfgen.evaluate.probe import linear_probe
from tfgen.experiments import training
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Player
from tfgen.nn import MLP, dense_discriminator, gaussian
from tfgen.tables.papers import Row, Table

PAPER = "Mathieu et al. 2016, arXiv:1611.03383"

DATA = {
    "sprites": DataConfig(
        "sprites", num_examples=30_000, image_size=24, binarize=128
    ),
    "digits": DataConfig("digits"),
}
# Weight a, sizes of s and z, and D's rate. Of sprites, z has as many numbers as
# there are factors beside the shape.
SETTINGS = {
    "sprites": {"weight": 20.0, "S": 8, "Z": 5, "rate": 1e-3},
    "digits": {"weight": 1.0, "S": 16, "Z": 8, "rate": 3e-4},
}
_WITHOUT = ", without the game"
_FIGURES = {
    "label_s": "label from s",
    "label_z": "label from z",
    "swapped": "label of s in swapped images",
    "style": "style of z in swapped images, r^2",
}
TABLE = Table(
    tuple(
        Row(
            name + game, None, figures=tuple(_FIGURES)[: 3 + (name != "digits")]
        )
        for name in DATA
        for game in ("", _WITHOUT)
    ),
    "paper",
    _FIGURES,
)
CLAIMS = {
    f"{name}: {claim}": (
        lambda r, name=name, holds=holds: holds(r[name], r[name + _WITHOUT])
    )
    for name in DATA
    for claim, holds in {
        "s says the label (95 %)": lambda r, _: r["label_s"] >= 0.95,
        "z says less of the label than without the game": lambda r, without: (
            r["label_z"] < without["label_z"]
        ),
        "swapped images have the label of s (90 %)": lambda r, _: (
            r["swapped"] >= 0.9
        ),
        "and more often than without the game": lambda r, without: (
            r["swapped"] > without["swapped"]
        ),
    }.items()
}
STEPS = {"sprites": 3000, "digits": 4000}  # of each training
_ADAM = OptimizerConfig(learning_rate=1e-3, beta_1=0.5, schedule="cosine")


class Disentangler(Model):
    """Encoder and decoder of s [B, S] and z [B, Z], and the game's D."""

    simultaneous = True

    def __init__(self, spec, weight, S, Z, rate=1e-3, width=256):
        super().__init__(spec=spec)
        self.D_optimizer = dataclasses.replace(_ADAM, learning_rate=rate)
        self.S, self.Z, self.weight = S, Z, weight
        self.encoder = MLP((width, width), S + 2 * Z)
        self.decoder = MLP((width, width), spec.size)
        self.discriminator = dense_discriminator(
            spec.size + spec.num_classes, (width, width)
        )
        self.decode(*self.encode(tf.zeros((1, *spec.shape)))[:2])

    def players(self):
        """Encoder and decoder, and D if there is a game."""
        own = self.encoder.trainable_variables
        players = {
            "autoencoder": Player(own + self.decoder.trainable_variables, _ADAM)
        }
        D = self.discriminator.trainable_variables
        return players | (
            {"D": Player(D, self.D_optimizer)} if self.weight else {}
        )

    def _flat(self, x):
        return keras.layers.Flatten()(self.to_unit(x))

    def encode(self, x):
        """Returns s, and mean and log-deviation of q(z|x)."""
        h = self.encoder(self._flat(x))
        s, mean, log_stddev = tf.split(h, [self.S, self.Z, self.Z], axis=1)
        return s, mean, gaussian.bounded(log_stddev)

    def decode(self, s, z):
        """Returns x in units of [-1, 1], flat."""
        return tf.tanh(self.decoder(tf.concat([s, z], axis=1)))

    def images(self, s, z):
        """Returns x as the data have it."""
        x = tf.reshape(self.decode(s, z), [-1, *self.spec.shape])
        return self.from_unit(x)

    def per_example_losses(self, batch, training):
        """Returns what both minimize, [B]."""
        x, game = self._flat(batch["x"]), ADVERSARIAL["non_saturating"]
        s, mean, log_stddev = self.encode(batch["x"])
        again, *_ = self.encode(batch["same"])
        other, *_ = self.encode(batch["other"])
        z = gaussian.draw(mean, log_stddev, batch["epsilon"])
        loss = tf.reduce_sum(gaussian.kl(mean, log_stddev), axis=1)
        for code in (s, again):
            # Of N(x, 1/2): squares are nats.
            error = tf.square(self.decode(code, z) - x)
            loss += tf.reduce_sum(error, axis=1)
        if not self.weight:
            return {"autoencoder": loss}
        label = tf.one_hot(batch["other_label"], self.spec.num_classes)

        def judged(y):
            return self.discriminator(tf.concat([y, label], axis=1))

        real, D = judged(self._flat(batch["other"])), 0.0
        for code in (z, batch["prior"]):
            fake = judged(self.decode(other, code))
            D += game.discriminator(real, fake)
            loss += self.weight * game.generator(fake)
        return {"autoencoder": loss, "D": D}


def rows(seed: int) -> dict[str, dict[str, float]]:
    """Returns the figures of each row on the test split.

    Args:
      seed: of everything.
    """
    training.begin(seed)
    found = {}
    for name, config in DATA.items():
        data = training.splits(config)
        few = {field: v[:2000] for field, v in data.train.items()}
        judge = training.classifier(data._replace(train=few), seed, epochs=10)
        for game in ("", _WITHOUT):
            settings = SETTINGS[name] | ({"weight": 0.0} if game else {})
            model = trained(data, seed, STEPS[name], **settings)
            found[name + game] = figures(model, data, judge, seed)
    return found


def trained(data, seed, steps, **settings):
    """Returns a model with these settings."""
    model = Disentangler(data.spec, **settings)
    x, label = data.train["x"], data.train["label"]
    of_class = [np.flatnonzero(label == k) for k in range(label.max() + 1)]
    counts = np.array([len(places) for places in of_class])
    table = np.zeros((len(counts), counts.max()), int)
    for k, places in enumerate(of_class):
        table[k, : len(places)] = places

    def batch(random, shape):
        first, other = random.integers(0, len(x), (2, *shape))
        k = label[first]
        same = table[k, random.integers(0, counts[k])]
        noise = random.standard_normal((2, *shape, model.Z), np.float32)
        return {
            "x": x[first],
            "same": x[same],
            "other": x[other],
            "other_label": label[other],
            "epsilon": noise[0],
            "prior": noise[1],
        }

    return training.train(model, batch, steps, 64, seed)


def figures(model, data, judge, seed: int) -> dict[str, float]:
    """Returns the table's figures of the test split."""
    (s, z), (test_s, test_z) = (
        [code.numpy() for code in model.encode(split["x"])[:2]]
        for split in (data.train, data.test)
    )
    label, x = data.test["label"], data.test["x"]
    order = np.random.default_rng(seed).permutation(len(x))
    made = model.images(test_s[order], test_z).numpy()
    found = {
        "label_s": linear_probe(s, data.train["label"], test_s, label),
        "label_z": linear_probe(z, data.train["label"], test_z, label),
        "swapped": judge.accuracy(made, label[order]),
    }
    if "factors" in data.test:
        pairs = zip(centres(x).T, centres(made).T)
        r = [np.corrcoef(a, b)[0, 1] for a, b in pairs]
        found["style"] = float(np.mean(np.square(r)))
    return found


def centres(x: np.ndarray) -> np.ndarray:
    """Returns the centre of mass of images [N, H, W, 1], [N, 2]."""
    light = x[..., 0] / x.sum(axis=(1, 2, 3))[:, None, None]
    places = np.arange(x.shape[1]) @ light.sum(2).T
    return np.stack([places, light.sum(1) @ np.arange(x.shape[2])], axis=1)
