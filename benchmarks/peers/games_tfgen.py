"""tfgen: models, training step and batches as `apps.train` has them."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from benchmarks import adversaries, bench
from benchmarks.peers import games_products
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.data.pipeline import train_batches
from tfgen.data.source import ArraySource
from tfgen.models.games import bigan, dcgan, gan
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps

VERSIONS = {"tensorflow": tf.__version__, "keras": keras.__version__}


def models() -> dict[str, keras.Model]:
    """The four games, in the sizes of the task."""
    keras.utils.set_random_seed(0)
    adam = OptimizerConfig(
        learning_rate=adversaries.LEARNING_RATE, beta_1=adversaries.BETA_1
    )
    both = {"generator_optimizer": adam, "discriminator_optimizer": adam}
    units = (adversaries.UNITS,) * 2
    flat = DataSpec((adversaries.IMAGE,), levels=256)
    maps = adversaries.MAPS
    of_dcgan = dcgan.Config(
        adversaries.DCGAN_LATENT,
        maps[::-1],
        maps,
        adversaries.KERNEL,
        **both,
    )
    image = DataSpec(adversaries.DCGAN_SHAPE, levels=256)
    return {
        "gan": gan.GAN(
            gan.Config(adversaries.LATENT, units, units, **both), flat
        ),
        "bigan": bigan.BiGAN(
            bigan.Config(
                latent=adversaries.LATENT,
                units=adversaries.UNITS,
                weight_decay=adversaries.WEIGHT_DECAY,
                optimizer=adam,
            ),
            flat,
        ),
        "dcgan": dcgan.DCGAN(of_dcgan, image),
        "conditional_dcgan": dcgan.DCGAN(
            dataclasses.replace(of_dcgan, conditional=True),
            dataclasses.replace(image, num_classes=adversaries.CLASSES),
        ),
    }


def optimizers(model: keras.Model) -> dict[str, keras.optimizers.Optimizer]:
    """One for each player."""
    made = {}
    for name, player in model.players().items():
        made[name] = make_optimizer(player.optimizer, steps=1)
        made[name].build(player.variables)
    return made


def batch_size(game: str) -> int:
    """Images a step."""
    return adversaries.DCGAN_BATCH if "dcgan" in game else adversaries.BATCH


def arrays(game: str, data: adversaries.Data) -> dict[str, np.ndarray]:
    """Images, and labels where the game has them."""
    found = {"x": data.square if "dcgan" in game else data.flat}
    if game == "conditional_dcgan":
        found["label"] = data.label
    return found


def steps(
    game: str, model: keras.Model, data: adversaries.Data, jit_compile: bool
) -> bench.Work:
    """K steps a call, batches and noise included."""
    size, train = batch_size(game), arrays(game, data)
    return work(model, train, size, "generator", jit_compile)


def work(
    model: keras.Model,
    train: dict[str, np.ndarray],
    size: int,
    player: str,
    jit_compile: bool,
) -> bench.Work:
    """Steps of any model of gray levels.

    Args:
      model: see `tfgen.model`.
      train: fields of the data.
      size: of a batch.
      player: whose losses a call returns.
      jit_compile: with XLA.
    """
    train = train | {"x": train["x"].astype(np.uint8)}
    train_steps = make_train_steps(
        model,
        optimizers(model),
        size,
        tf.distribute.get_strategy(),
        jit_compile,
    )
    batches = train_batches(
        ArraySource(model.spec, {"train": train}),
        batch_size=size,
        seed=0,
        num_steps=1_000_000_000,
        steps_per_call=adversaries.STEPS_PER_CALL,
        dequantize=False,
        noise=model.noise,
    )
    # Several models in a process look to TensorFlow like one traced too often.
    train_steps = train_steps.get_concrete_function(batches.element_spec)
    batches = iter(batches)
    return bench.Work(
        lambda: train_steps(next(batches))[player],
        adversaries.STEPS_PER_CALL,
    )


def build(data: adversaries.Data) -> adversaries.Bench:
    """With XLA and without, of which the presets have the faster."""
    calls = f"{adversaries.STEPS_PER_CALL} a call"
    variants: dict[str, dict[str, bench.Work]] = {}
    for game, model in models().items():
        plain = steps(game, model, data, False)
        variants[game] = {f"tf.function, {calls}": plain}
        # XLA's convolutions on CPUs: a call of the DCGAN takes minutes.
        if "dcgan" not in game:
            variants[game][f"XLA, {calls}"] = steps(game, model, data, True)
    return adversaries.Bench(
        VERSIONS,
        **variants,
        **games_products.figures(),
    )
