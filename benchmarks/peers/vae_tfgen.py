"""tfgen: models, training step and batches as `apps.train` has them."""

import keras
import numpy as np

from benchmarks import adversaries, autoencoders, bench
from benchmarks.peers import games_products, games_tfgen
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.models.autoencoders import iwae, vae

SIZES = {"vae": autoencoders.BATCH, "iwae": autoencoders.IWAE_BATCH}


def models() -> dict[str, keras.Model]:
    """Both models, in the sizes of the task."""
    keras.utils.set_random_seed(0)
    spec = DataSpec((autoencoders.IMAGE,), levels=2)
    adam = OptimizerConfig(learning_rate=autoencoders.LEARNING_RATE)
    of_vae = vae.Config(
        latent=autoencoders.LATENT,
        hidden=(autoencoders.UNITS,),
        optimizer=adam,
    )
    of_iwae = iwae.Config(
        draws=autoencoders.DRAWS,
        latent=autoencoders.IWAE_LATENT,
        hidden=(autoencoders.IWAE_UNITS,) * 2,
        optimizer=adam,
    )
    return {"vae": vae.VAE(of_vae, spec), "iwae": iwae.IWAE(of_iwae, spec)}


def build(data: np.ndarray) -> autoencoders.Bench:
    """With XLA and without, of which the presets have the faster."""
    calls = f"{adversaries.STEPS_PER_CALL} a call"
    variants: dict[str, dict[str, bench.Work]] = {
        name: {
            f"{how}, {calls}": games_tfgen.work(
                model, {"x": data}, SIZES[name], "autoencoder", jit_compile
            )
            for how, jit_compile in (("tf.function", False), ("XLA", True))
        }
        for name, model in models().items()
    }
    return autoencoders.Bench(
        games_tfgen.VERSIONS, **variants, **games_products.figures()
    )
