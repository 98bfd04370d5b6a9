"""The grid of EBGAN's search: table 1 of Zhao et al. 2017, arXiv:1609.03126.

This module imports nothing heavy: the apps' `--help` reads it.
"""

from __future__ import annotations

import itertools
import math
import random
from typing import NamedTuple

from tfgen.errors import UserError

NAME = "ebgan_grid"


class Configuration(NamedTuple):
    """One model of the grid; names are the paper's.

    Attributes:
      family: "EBGAN", "EBGAN-PT" or "GAN".
      layers_g: nLayerG, all weight layers of G.
      layers_d: nLayerD; of an EBGAN "the total number of layers combining Enc
        and Dec", of which Dec is one.
      size_g: sizeG, units of each hidden layer.
      size_d: sizeD.
      dropout_d: dropoutD, whether D drops half of its units.
      optimizer_d: optimD, "adam" or "sgd".
      optimizer_g: optimG.
      learning_rate: lr.
    """

    family: str
    layers_g: int
    layers_d: int
    size_g: int
    size_d: int
    dropout_d: bool
    optimizer_d: str
    optimizer_g: str
    learning_rate: float

    @property
    def model(self) -> str:
        """Its name in the registry."""
        return "gan" if self.family == "GAN" else "ebgan"

    @property
    def name(self) -> str:
        """All of it, as the name of a file."""
        return "-".join(str(value) for value in self).lower()


_SIZES = {
    "layers_g": (2, 3, 4, 5),
    "layers_d": (2, 3, 4, 5),
    "size_g": (400, 800, 1600, 3200),
    "size_d": (128, 256, 512, 1024),
    "dropout_d": (True, False),
}
_BOTH = ("adam", "sgd")
_EBGAN = {
    **_SIZES,
    "optimizer_d": ("adam",),
    "optimizer_g": ("adam",),
    "learning_rate": (0.001,),
}
FAMILIES = {
    "EBGAN": _EBGAN,
    "EBGAN-PT": _EBGAN,  # figure 4(c)
    "GAN": {
        **_SIZES,
        "optimizer_d": _BOTH,
        "optimizer_g": _BOTH,
        "learning_rate": (0.01, 0.001, 0.0001),
    },
}


def configurations(family: str) -> list[Configuration]:
    """Returns all of a family: 512 EBGANs, with PT or without; 6,144 GANs."""
    values = itertools.product(*FAMILIES[family].values())
    return [Configuration(family, *each) for each in values]


def counts(budget: int | None, fraction: float | None) -> dict[str, int]:
    """Returns how many models of each family; at least one, at most all.

    Args:
      budget: models of each family; without either, 96.
      fraction: share of each family, instead.

    Raises:
      UserError: both are given.
    """
    if budget is not None and fraction is not None:
        raise UserError("budget, fraction: expected one of them.")
    sizes = {family: len(configurations(family)) for family in FAMILIES}
    if fraction is not None:
        return {f: max(1, round(fraction * n)) for f, n in sizes.items()}
    return {f: min(budget or 96, n) for f, n in sizes.items()}


def draw(family: str, count: int, seed: int) -> list[Configuration]:
    """Returns `count` different ones at random; of a larger count, the first.

    Args:
      family: in `FAMILIES`.
      count: at most all of them are returned.
      seed: of the order.
    """
    every = configurations(family)
    return random.Random(seed).sample(every, len(every))[:count]


def overrides(configuration: Configuration, side: int) -> list[str]:
    """Returns the settings of the model, `name=value`.

    On MNIST, 28 x 28, they are the paper's, which pads to 32 x 32 (initial
    weights: see `ebgan.py`). On smaller images the margin, a
    distance between images, shrinks as their side does, and the sizes of layers
    as the number of pixels, but by a power of two, rounded up: by 8 on 8 x 8.

    Args:
      configuration: which.
      side: of the images, in pixels.
    """
    c = configuration
    ratio = min(1.0, side / 28)
    factor = 2.0 ** math.ceil(math.log2(ratio**2))
    units_g, units_d = round(factor * c.size_g), round(factor * c.size_d)
    hidden_d = ",".join([str(units_d)] * (c.layers_d - 1))
    settings = {
        "latent": 100,
        "generator": ",".join([str(units_g)] * (c.layers_g - 1)),
        "batch_norm": True,
        "dropout": 0.5 if c.dropout_d else 0.0,
        "generator_optimizer.name": c.optimizer_g,
        "generator_optimizer.learning_rate": c.learning_rate,
        "discriminator_optimizer.name": c.optimizer_d,
        "discriminator_optimizer.learning_rate": c.learning_rate,
        # Adam's own; presets have DCGAN's.
        "generator_optimizer.beta_1": 0.9,
        "discriminator_optimizer.beta_1": 0.9,
    }
    if c.model == "ebgan":
        # "The margin is set to 10 and not being tuned."
        settings |= {
            "encoder": hidden_d,
            "decoder": "",
            "margin": 10 * ratio,
            "pull_away": 0.1 if c.family == "EBGAN-PT" else 0,
        }
    else:
        # Appendix C: D is normalized and rectified as G, and starts as G.
        settings |= {
            "discriminator": hidden_d,
            "discriminator_norm": True,
            "leak": 0,
            "initial_stddev": 0.02,
        }
    return [f"network.{name}={value}" for name, value in settings.items()]
