import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.games.play import B, batch, losses_of
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.losses import pulling_away
from tfgen.models.games import dcgan, ebgan
from tfgen.nn import randomize
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import train_step

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)


def tiny(spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    config = ebgan.PRESETS["tiny"].network
    model = ebgan.EBGAN(dataclasses.replace(config, **options), spec)
    # At first all samples are nearly 0, and so is their energy.
    randomize(model.variables, 0.3, seed=0)
    return model


def test_losses_in_numpy():
    """Equations 1, 2, 13 and 14, by the weights alone."""
    model = tiny(
        generator=(6, 5),
        encoder=(7, 4),
        batch_norm=True,
        margin=6.0,
        margin_steps=6,
        pull_away=0.1,
    )
    data = batch(model, step=1)
    found = losses_of(model, data)

    def weights(network):
        return [v.numpy().astype(float) for v in network.trainable_variables]

    def norm(h, gamma, beta):
        scaled = (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-3)
        return np.maximum(0, gamma * scaled + beta)

    def D(y):
        W1, b1, W2, *normalized = weights(model.encoder)
        code = norm(np.maximum(0, y @ W1 + b1) @ W2, *normalized)
        V, c = weights(model.decoder)
        return np.linalg.norm(code @ V + c - y, axis=1), code

    W1, gamma1, beta1, W2, gamma2, beta2, W3, b3 = weights(model.generator)
    h = norm(data["z"].numpy() @ W1, gamma1, beta1)
    y = np.tanh(norm(h @ W2, gamma2, beta2) @ W3 + b3)
    real, _ = D(data["x"].numpy().reshape(B, -1) / 8 - 1)
    fake, S = D(y)
    m = 5
    assert 0 < np.sum(fake < m) < B  # on both sides of the margin
    cosine = S @ S.T / np.outer(*[np.linalg.norm(S, axis=1)] * 2)
    f_PT = (np.sum(cosine**2) - B) / (B * (B - 1))
    np.testing.assert_allclose(
        found["discriminator"],
        real + np.maximum(0, m - fake),
        **tolerances.FLOAT32,
    )
    np.testing.assert_allclose(
        found["generator"], fake + 0.1 * f_PT, **tolerances.FLOAT32
    )


def test_energy_is_the_length_of_the_error():
    model = tiny()
    x = batch(model)["x"]
    error = (model.reconstruct(x) - x).numpy() / 8  # in units of [-1, 1]
    np.testing.assert_allclose(
        model.energy(x),
        np.linalg.norm(error.reshape(B, -1), axis=1),
        **tolerances.FLOAT32,
    )


def test_discriminator_ignores_samples_beyond_the_margin():
    model = tiny(margin=1e-3)
    losses = losses_of(model, batch(model))
    np.testing.assert_allclose(
        losses["discriminator"],
        model.energy(batch(model)["x"]),
        **tolerances.FLOAT32,
    )


def test_pulling_away_is_the_generators_alone():
    plain, pulled = (tiny(pull_away=weight) for weight in (0.0, 0.1))
    data = batch(plain)
    codes = plain.features(plain.decode(data["z"]))["code"]
    before, after = (losses_of(model, data) for model in (plain, pulled))
    np.testing.assert_array_equal(
        after["discriminator"], before["discriminator"]
    )
    np.testing.assert_allclose(
        after["generator"] - before["generator"],
        np.full(B, 0.1 * pulling_away(codes)),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"margin": 0.0}, "network.margin=0.0: expected above 0"),
        ({"margin_steps": -1}, "network.margin_steps=-1: expected 0 or more"),
        ({"encoder": ()}, "network.encoder=: expected at least one width"),
        ({"generator": (4, 0)}, "network.generator=4,0: expected at least"),
        ({"dropout": 1.5}, "network.dropout=1.5: expected 0 or more, below 1"),
        ({"pull_away": -0.1}, "network.pull_away=-0.1: expected 0 or more"),
        ({"noise_planes": (3, 3)}, "network.noise_planes: expected none, or"),
    ],
)
def test_errors_of_ebgan(options, message):
    with pytest.raises(UserError, match=message):
        tiny(**options)


# The margin's schedule, appendix D.


@pytest.mark.parametrize("step, margin", [(0, 16), (3, 12), (12, 0), (99, 0)])
def test_margin_falls_to_zero(step, margin):
    """The smaller it is, the less samples count; data always count."""
    model = tiny(margin=16.0, margin_steps=12, pull_away=0.0)
    data = batch(model, step)
    real = model.energy(data["x"])
    fake = model.energy(model.decode(data["z"]))
    losses = losses_of(model, data)
    np.testing.assert_allclose(
        losses["discriminator"],
        real + np.maximum(0, margin - fake),
        **tolerances.FLOAT32,
    )
    np.testing.assert_allclose(losses["generator"], fake, **tolerances.FLOAT32)


def test_generator_is_turned_off_when_the_margin_is_zero():
    """Also Adam, which moves on when the gradient is 0, lets it rest."""
    model = tiny(margin=16.0, margin_steps=2)
    players = model.players()
    optimizers = {
        name: make_optimizer(player.optimizer, 4)
        for name, player in players.items()
    }
    for step in range(4):
        resting = [n for n, player in players.items() if not player.plays(step)]
        before = model.generator.get_weights(), model.encoder.get_weights()
        train_step(model, optimizers, batch(model, step), B, resting=resting)
        after = model.generator.get_weights(), model.encoder.get_weights()
        rests, moves = (
            all(map(np.array_equal, *pair)) for pair in zip(before, after)
        )
        assert rests == (step >= 2) and not moves


# Photographs, section 4.3 and appendix C.


@pytest.mark.parametrize("name", ["lsun", "celeb_a"])
def test_a_dcgan_under_the_same_configuration(name):
    """Figures 5 and 6; the DCGAN has another loss and prior."""
    ours, other = ebgan.PRESETS[name], dcgan.PRESETS[f"ebgan_{name}"]
    assert (ours.data, ours.train) == (other.data, other.train)
    a, b = ours.network, other.network
    assert a.encoder == b.discriminator == (64, 128, 256)
    for setting in (
        "latent",
        "generator",
        "kernel",
        "batch_norm",
        "generator_optimizer",
        "discriminator_optimizer",
    ):
        assert getattr(a, setting) == getattr(b, setting)


@pytest.mark.parametrize(
    "preset, side, numbers, code",
    [
        # 100 + 64 * 4^2 + 32 * 8^2 + 16 * 16^2 + 8 * 32^2 + 4 * 64^2
        ("imagenet128", 128, 31_844, 8),
        # ... + 2 * 128^2
        ("imagenet256", 256, 64_612, 16),
    ],
)
def test_layers_of_the_paper(preset, side, numbers, code):
    """With a 32nd of the maps: as they are, they take seconds to draw."""
    config = ebgan.PRESETS[preset].network
    config = dataclasses.replace(
        config,
        generator=tuple(n // 32 for n in config.generator),
        encoder=tuple(n // 32 for n in config.encoder),
    )
    model = ebgan.EBGAN(config, DataSpec((side, side, 3), levels=256))
    assert model.sample_noise == numbers
    code_shape = model.encoder.compute_output_shape((None, side, side, 3))
    assert code_shape[1:] == (code, code, 16)
    x = model.sample(tf.random.stateless_normal((2, numbers), (0, 0)))
    assert x.shape == (2, side, side, 3)
    assert 0 <= np.min(x) and np.max(x) <= 255
    assert model.reconstruct(x).shape == x.shape


@pytest.mark.parametrize(
    "shape, options, message",
    [
        (
            (36, 24, 3),
            {"generator": (4, 4, 4, 4), "noise_planes": (2, 2, 2)},
            "generator: 3 layers of stride 2 need sides divisible by 8, not"
            " 36 x 24",
        ),
        (
            (36, 24, 3),
            {"encoder": (4, 4, 4)},
            "encoder: 3 layers of stride 2 need sides divisible by 8",
        ),
        (
            (32, 32, 3),
            {"noise_planes": (2, 2)},
            "noise_planes=2,2: expected 1 numbers, one for each",
        ),
        ((2,), {}, "need images, not examples of shape"),
    ],
)
def test_errors_of_images(shape, options, message):
    options = {"generator": (4, 4), **options}
    with pytest.raises(UserError, match=message):
        tiny(DataSpec(shape), convolutional=True, **options)
