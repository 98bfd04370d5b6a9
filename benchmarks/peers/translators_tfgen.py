"""tfgen: models, training step and batches as `apps.train` has them."""

import keras
import tensorflow as tf

from benchmarks import bench, translators
from benchmarks.peers.games_tfgen import VERSIONS, optimizers
from tfgen.config import DataSpec, Field, OptimizerConfig
from tfgen.data.pipeline import train_batches
from tfgen.data.source import ArraySource
from tfgen.models.translation import cycle_gan, pix2pix
from tfgen.train.step import make_train_steps

SPEC = DataSpec(
    translators.SHAPE, 256, fields=(Field("y", translators.SHAPE, 256),)
)


def models() -> dict[str, keras.Model]:
    """Both, in the sizes of the task."""
    keras.utils.set_random_seed(0)
    adam = OptimizerConfig(
        learning_rate=translators.LEARNING_RATE, beta_1=translators.BETA_1
    )
    both = {"generator_optimizer": adam, "discriminator_optimizer": adam}
    of_d = {"patch": translators.PATCH, "discriminator": translators.D_MAPS}
    return {
        "pix2pix": pix2pix.Pix2Pix(
            pix2pix.Config(translators.UNET, l1=translators.L1, **of_d, **both),
            SPEC,
        ),
        "cycle_gan": cycle_gan.CycleGAN(
            cycle_gan.Config(
                translators.MAPS,
                translators.BLOCKS,
                pool=translators.POOL,
                cycle=translators.CYCLE,
                **of_d,
                **both,
            ),
            SPEC,
        ),
    }


def steps(model: keras.Model, data: translators.Data) -> bench.Work:
    """Some steps a call, batches and noise included."""
    count = translators.STEPS_PER_CALL
    train_steps = make_train_steps(
        model, optimizers(model), 1, tf.distribute.get_strategy(), False
    )
    batches = train_batches(
        ArraySource(SPEC, {"train": data._asdict()}),
        batch_size=1,
        seed=0,
        num_steps=1_000_000_000,
        steps_per_call=count,
        dequantize=False,
        noise=model.noise,
    )
    train_steps = train_steps.get_concrete_function(batches.element_spec)
    batches = iter(batches)
    return bench.Work(
        lambda: train_steps(next(batches))["generator"],
        count * translators.MINUTE,
    )


def build(data: translators.Data) -> translators.Bench:
    """Without XLA, whose convolutions on CPUs are slow."""
    way = f"tf.function, {translators.STEPS_PER_CALL} a call"
    return translators.Bench(
        VERSIONS,
        **{name: {way: steps(m, data)} for name, m in models().items()},
    )
