"""What the libraries of `variational.py` are asked to do: steps of two models.

- VAE (Kingma & Welling 2014): 784-500-20, tanh, and back; 128 images a step.
- IWAE (Burda et al. 2016): 784-200-200-50, tanh, and back, for 50 draws an
  image; 20 images a step.

Images are of two levels. Both with Adam (1e-3) in float32, and noise that is
drawn anew each step. Beside them stand the products of matrices of
`adversaries.py`.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from benchmarks import adversaries
from benchmarks.bench import Work

FIGURES = {
    "vae": ("VAE", "steps/s"),
    "iwae": ("IWAE of 50 draws", "steps/s"),
    "matrix": adversaries.FIGURES["matrix"],
    "layer": adversaries.FIGURES["layer"],
}
# Name in the tables -> file in `peers`; see `adversaries.py`.
LIBRARIES = {
    adversaries.PRODUCTS: "vae_products",
    "tfgen": "vae_tfgen",
    "plain": "vae_plain",
    "torch": "vae_torch",
    "pythae": "vae_pythae",
}

IMAGE = 784
BATCH, UNITS, LATENT = 128, 500, 20  # of the VAE
IWAE_BATCH, IWAE_UNITS, IWAE_LATENT, DRAWS = 20, 200, 50, 50
LEARNING_RATE = 1e-3


class Bench(NamedTuple):
    """One library's answer: each figure in one or more variants.

    Attributes:
      versions: of the packages that matter.
      matrix: variant -> work in GFLOP; a call returns the product.
      layer: likewise.
      vae: variant -> work in steps; a call returns the losses, in nats.
      iwae: likewise.
    """

    versions: Mapping[str, str]
    matrix: Mapping[str, Work]
    layer: Mapping[str, Work]
    vae: Mapping[str, Work] = {}
    iwae: Mapping[str, Work] = {}


def make_data(count: int) -> np.ndarray:
    """Random images [count, 784] float32 of levels 0 and 1."""
    random = np.random.default_rng(0)
    return random.integers(0, 2, (count, IMAGE)).astype(np.float32)


def build(module: ModuleType, count: int) -> Bench:
    """Asks a library; the data have `count` images."""
    return module.build(make_data(count))


def gflop() -> dict[str, float]:
    """Returns what a step of each model needs, two operations a product."""
    dense = adversaries.dense

    def step(batch, draws, latent, *units):
        encoder = dense(IMAGE, *units, 2 * latent)
        decoder = dense(latent, *reversed(units), IMAGE)
        # The gradient goes through all of the decoder, to z.
        products = 2 * encoder.forward + encoder.back
        return 2e-9 * batch * (products + draws * 3 * decoder.forward)

    return {
        "vae": step(BATCH, 1, LATENT, UNITS),
        "iwae": step(IWAE_BATCH, DRAWS, IWAE_LATENT, *2 * (IWAE_UNITS,)),
    }
