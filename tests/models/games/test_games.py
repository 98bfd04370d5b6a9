"""What the papers say of each game, and conformance does not ask."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.games.play import B, batch
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.games import bigan, dcgan, gan, wgan
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import train_step

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)
MNIST = DataSpec((28, 28, 1), levels=256, num_classes=10)


def tiny(module, name, spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    config = dataclasses.replace(module.PRESETS["tiny"].network, **options)
    return getattr(module, name)(config, spec)


# Gray levels.


@pytest.mark.parametrize(
    "module, name",
    [(gan, "GAN"), (dcgan, "DCGAN"), (wgan, "WGAN"), (bigan, "BiGAN")],
)
def test_samples_are_gray_levels(module, name):
    model = tiny(module, name)
    z = tf.random.stateless_normal((50, model.sample_noise), (0, 0))
    x = model.sample(100 * z)
    assert np.min(x) >= 0
    assert np.max(x) <= 16


# DCGAN.


def test_figure_1_of_dcgan():
    """4 x 4 x 1024, 8 x 8 x 512, 16 x 16 x 256, 32 x 32 x 128, 64 x 64 x 3."""
    config = dcgan.Config()
    model = dcgan.DCGAN(config, DataSpec((64, 64, 3), levels=256))
    shapes = [
        tuple(layer.output.shape[1:])
        for layer in model.generator.layers
        if isinstance(
            layer, (keras.layers.Reshape, keras.layers.Conv2DTranspose)
        )
    ]
    assert shapes == [
        (4, 4, 1024),
        (8, 8, 512),
        (16, 16, 256),
        (32, 32, 128),
        (64, 64, 3),
    ]
    norms = {
        name: sum(
            isinstance(layer, keras.layers.BatchNormalization)
            for layer in getattr(model, name).layers
        )
        for name in ("generator", "discriminator")
    }
    # Not at the generator's output, not at the discriminator's input.
    assert norms == {"generator": 4, "discriminator": 3}


@pytest.mark.parametrize(
    "spec, options, message",
    [
        (MNIST, {"generator": (4, 4, 4)}, "divisible by 8, not 28 x 28"),
        (DataSpec((2,)), {}, "need images, not examples of shape"),
        (IMAGES, {"latent": 0}, "network.latent=0: expected at least 1"),
        (
            IMAGES,
            {"generator": ()},
            "network.generator=: expected at least one",
        ),
    ],
)
def test_errors_of_dcgan(spec, options, message):
    with pytest.raises(UserError, match=message):
        tiny(dcgan, "DCGAN", spec, **options)


# WGAN.


def step(model, turn=0):
    optimizers = {}
    for name, player in model.players().items():
        optimizers[name] = make_optimizer(player.optimizer, 1)
        optimizers[name].build(player.variables)
    return train_step(model, optimizers, batch(model), B, turn)


def test_clipped_critic_stays_in_its_box():
    model = tiny(wgan, "WGAN", penalty=0.0, clip=0.02, critic_steps=1)
    assert "share" not in model.noise

    def largest():
        return max(np.abs(v).max() for v in model.critic.trainable_variables)

    assert largest() == np.float32(0.02)  # from the beginning
    for _ in range(3):
        step(model)
        assert largest() <= np.float32(0.02)


def test_generator_rests_while_the_critic_moves():
    model = tiny(wgan, "WGAN", critic_steps=3)
    for turn in range(3):
        before = [v.numpy() for v in model.generator.trainable_variables]
        critic = [v.numpy() for v in model.critic.trainable_variables]
        step(model, turn)
        moved = [
            np.any(v.numpy() != value)
            for v, value in zip(model.generator.trainable_variables, before)
        ]
        assert all(moved) if turn == 2 else not any(moved)
        assert all(
            np.any(v.numpy() != value)
            for v, value in zip(model.critic.trainable_variables, critic)
        )


def test_a_constant_changes_no_wasserstein_distance():
    """Why the critic's last layer has no bias: it would get no gradient."""
    model = tiny(wgan, "WGAN")
    assert not model.critic.layers[-1].dense.use_bias


@pytest.mark.parametrize(
    "options, message",
    [
        ({"critic_steps": 0}, "network.critic_steps=0: expected at least 1"),
        ({"critic": (0,)}, "network.critic=0: expected at least one width, of"),
        ({"penalty": -1.0}, "network.penalty=-1.0: expected 0 or more"),
        ({"penalty": 0.0, "clip": 0.0}, "network.clip=0.0: expected above 0"),
    ],
)
def test_errors_of_wgan(options, message):
    with pytest.raises(UserError, match=message):
        tiny(wgan, "WGAN", **options)
