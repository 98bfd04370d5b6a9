"""TensorFlow without tfgen's loop: one step a call of a plain `tf.function`."""

import numpy as np

from benchmarks import autoencoders
from benchmarks.peers import (
    games_plain,
    games_products,
    games_tfgen,
    vae_tfgen,
)


def build(data: np.ndarray) -> autoencoders.Bench:
    """One variant of each."""
    return autoencoders.Bench(
        games_tfgen.VERSIONS,
        **{
            name: {
                "tf.function, 1 a call": games_plain.work(
                    model, {"x": data}, vae_tfgen.SIZES[name], "autoencoder"
                )
            }
            for name, model in vae_tfgen.models().items()
        },
        **games_products.figures(),
    )
