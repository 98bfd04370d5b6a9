"""What the libraries of `games.py` are asked to do: steps of four games.

- GAN (Goodfellow et al. 2014): G of 50-1024-1024-784 with batch normalization,
  D of 784-1024-1024-1; D moves, then G. 128 images a step.
- BiGAN (Donahue et al. 2017, appendix C.1): G, E and D of 2 x 1024, parameter-
  free batch normalization in the second layer, of G also in the first; second
  layers of G and D also see z; E ends in tanh; all move at once. 128 a step.
- DCGAN (Radford et al. 2016): 32 x 32 x 3, G of 256-128-64 maps, D of
  64-128-256, kernels of 5 x 5. 64 a step.
- The same DCGAN of ten labels (Mirza & Osindero 2014): a label is ten numbers
  beside z, and ten planes beside x.

All with Adam (2e-4, 0.5) in float32, the loss that does not saturate, and noise
that is drawn anew each step. Beside them stand products of matrices, by which a
library's steps can be told from its matrix library.
"""

import itertools
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks.bench import Work

PRODUCTS = "products"
FIGURES = {
    "gan": ("GAN", "steps/s"),
    "bigan": ("BiGAN", "steps/s"),
    "dcgan": ("DCGAN", "steps/s"),
    "conditional_dcgan": ("DCGAN of labels", "steps/s"),
    "matrix": ("Products of 1024 x 1024 matrices", "GFLOP/s"),
    "layer": ("Products of 128 x 1024 and 1024 x 1024", "GFLOP/s"),
}
# Name in the tables -> file in `peers`. "plain" is TensorFlow as one would
# write it without this project's loop, "products" its products alone.
LIBRARIES = {
    PRODUCTS: "games_products",
    "tfgen": "games_tfgen",
    "plain": "games_plain",
    "torch": "games_torch",
}

BATCH = 128  # of the perceptrons
IMAGE = 784
LATENT = 50
UNITS = 1024
DCGAN_BATCH = 64
DCGAN_SHAPE = (32, 32, 3)
DCGAN_LATENT = 100
CLASSES = 10  # of the labels
MAPS = (64, 128, 256)  # of D; G has them in reverse
KERNEL = 5
LEARNING_RATE = 2e-4
BETA_1 = 0.5
WEIGHT_DECAY = 2.5e-5  # of BiGAN
STEPS_PER_CALL = 20  # of the variants that put several steps in one call


class Bench(NamedTuple):
    """One library's answer: each figure in one or more variants.

    Attributes:
      versions: of the packages that matter.
      gan: variant -> work in steps; a call returns the losses.
      bigan: likewise.
      dcgan: likewise.
      conditional_dcgan: likewise.
      matrix: variant -> work in GFLOP; a call returns the product.
      layer: likewise.
    """

    versions: Mapping[str, str]
    gan: Mapping[str, Work]
    bigan: Mapping[str, Work]
    dcgan: Mapping[str, Work]
    conditional_dcgan: Mapping[str, Work]
    matrix: Mapping[str, Work]
    layer: Mapping[str, Work]


class Data(NamedTuple):
    """Images that stay in memory, whole gray levels from 0 to 255.

    Attributes:
      flat: [n, 784] float32.
      square: [n, 32, 32, 3] float32.
      label: [n] int32, of each image.
    """

    flat: np.ndarray
    square: np.ndarray
    label: np.ndarray


def make_data(count: int) -> Data:
    """Random images: speed does not depend on what they show."""
    rng = np.random.default_rng(0)

    def levels(*shape):
        return rng.integers(0, 256, (count, *shape)).astype(np.float32)

    label = rng.integers(0, CLASSES, count).astype(np.int32)
    return Data(levels(IMAGE), levels(*DCGAN_SHAPE), label)


def build(module: ModuleType, count: int) -> Bench:
    """Asks a library; the data have `count` images."""
    return module.build(make_data(count))


class Net(NamedTuple):
    """Multiplications of an example in each layer of a network."""

    layers: tuple[int, ...]

    @property
    def forward(self) -> int:
        """As many as there are in the gradient of all weights."""
        return sum(self.layers)

    @property
    def back(self) -> int:
        """Of the gradient of all hidden layers."""
        return sum(self.layers[1:])


def dense(*widths: int) -> Net:
    """Returns a network of dense layers between `widths`."""
    return Net(tuple(n * m for n, m in itertools.pairwise(widths)))


def with_latent(inputs: int, outputs: int) -> Net:
    """Returns G or D of the BiGAN, whose second layer also sees z."""
    layers = inputs * UNITS, (UNITS + LATENT) * UNITS, UNITS * outputs
    return Net(layers)


def dcgan_nets(classes: int = 0) -> tuple[Net, Net]:
    """Returns G and D of the DCGAN: layers halve the image, or double it.

    Args:
      classes: numbers of a label, beside z and beside x.
    """
    side, channels = DCGAN_SHAPE[0], DCGAN_SHAPE[-1]

    def convolutions(channels):
        maps = (channels, *MAPS)
        return [
            (side >> i) ** 2 * KERNEL**2 * n * m
            for i, (n, m) in enumerate(itertools.pairwise(maps), start=1)
        ]

    base = (side >> len(MAPS)) ** 2 * MAPS[-1]
    first = (DCGAN_LATENT + classes) * base
    return (
        Net((first, *reversed(convolutions(channels)))),
        Net((*convolutions(channels + classes), base)),
    )


def alternating(g: Net, d: Net) -> int:
    """Returns multiplications of an example: D moves, then G."""
    first = g.forward + 2 * (2 * d.forward + d.back)
    # G(z) is the same. The gradient goes through all of D, to its input.
    second = 2 * d.forward + g.forward + g.back
    return first + second


def simultaneous(g: Net, e: Net, d: Net) -> int:
    """Returns multiplications of an example: BiGAN's three move at once.

    The losses of D, and of G and E, have gradients of their own through D.
    """
    forward = g.forward + e.forward + 2 * d.forward
    of_d = 2 * (d.forward + d.back)
    through_d = 2 * d.forward
    of_g_and_e = g.forward + g.back + e.forward + e.back
    return forward + of_d + through_d + of_g_and_e


def gflop() -> dict[str, float]:
    """Returns what a step of each game needs, two operations a product."""
    g = dense(LATENT, UNITS, UNITS, IMAGE)
    e = dense(IMAGE, UNITS, UNITS, LATENT)
    d = dense(IMAGE, UNITS, UNITS, 1)
    joint = with_latent(LATENT, IMAGE), e, with_latent(IMAGE, 1)
    return {
        "gan": 2e-9 * BATCH * alternating(g, d),
        "bigan": 2e-9 * BATCH * simultaneous(*joint),
        "dcgan": 2e-9 * DCGAN_BATCH * alternating(*dcgan_nets()),
        "conditional_dcgan": 2e-9
        * DCGAN_BATCH
        * alternating(*dcgan_nets(CLASSES)),
    }
