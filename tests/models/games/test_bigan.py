"""What the BiGAN paper says of its objectives and networks."""

import dataclasses
import typing

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.games.by_hand import networks, softplus
from tests.models.games.play import B, batch, gradients
from tfgen.config import DataSpec
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.model import normal_from_uniform
from tfgen.models.bigan_networks import as_made
from tfgen.models.games import bigan
from tfgen.nn import randomize

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)
MNIST = DataSpec((28, 28, 1), levels=256, num_classes=10)
# Of a convolutional model that tests can afford.
SMALL = {
    "convolutional": True,
    "generator": (4, 3),
    "discriminator": (3, 4),
    "encoder": (3, 4),
    "kernel": 3,
}


def tiny(spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    config = bigan.PRESETS["tiny"].network
    return bigan.BiGAN(dataclasses.replace(config, **options), spec)


def test_parameters_of_appendix_c1():
    """Two hidden layers of 1024; batch normalization has no parameters.

    z enters the second layers of G and D by weights of its own.
    """
    model = bigan.BiGAN(bigan.Config(), MNIST)
    hidden = 1024 * 1024

    def count(network):
        return sum(int(np.prod(v.shape)) for v in network.trainable_variables)

    D = 784
    of_z = 50 * 1024
    assert count(model.generator) == 50 * 1024 + hidden + of_z + 1025 * D
    assert count(model.encoder) == (D + 1) * 1024 + hidden + 1025 * 50
    first = (D + 1) * 1024
    assert count(model.discriminator) == first + hidden + of_z + 1024 + 1


@pytest.mark.parametrize("options", [{}, SMALL])
def test_discriminator_without_normalization(options):
    """The other networks keep theirs, and D of a row needs no other row."""
    model = tiny(batch_norm=True, discriminator_norm=False, **options)

    def normed(network):
        kinds = {type(layer).__name__ for layer in network._flatten_layers()}
        return "FusedBatchNorm" in kinds

    assert normed(model.generator) and normed(model.encoder)
    assert not normed(model.discriminator)


def test_samples_are_trained_where_there_is_a_game():
    selected = {
        objective: tiny(objective=objective).selected_by
        for objective in typing.get_args(bigan.Objective)
    }
    assert selected == {
        "bigan": "samples",
        "latent_regressor": "samples",
        "joint_latent_regressor": "samples",
        "autoencoder_l1": "metrics",
        "autoencoder_l2": "metrics",
    }


def discriminated(model):
    """Probabilities that D gives (x, E(x)) and (G(z), z), in float64."""
    data = batch(model)
    x = data["x"] / 8 - 1
    z = tf.math.erf(data["z"] / np.sqrt(2))
    real = model.discriminator([x, 2 * tf.sigmoid(model.encoder(x)) - 1])
    fake = model.discriminator([model.generator(z), z])
    return (1 / (1 + np.exp(-np.float64(a))) for a in (real, fake))


@pytest.mark.parametrize("inverse", [False, True])
def test_objectives_of_bigan(inverse):
    """Eq. 3 and section 3.4, written out."""
    model = tiny(inverse=inverse, weight_decay=0.0)
    real, fake = discriminated(model)
    V = np.log(real) + np.log(1 - fake)
    swapped = np.log(fake) + np.log(1 - real)
    losses = model.per_example_losses(batch(model), training=True)
    np.testing.assert_allclose(
        losses["discriminator"], -V, **tolerances.FLOAT32
    )
    for name in ("generator", "encoder"):
        np.testing.assert_allclose(
            losses[name], -swapped if inverse else V, **tolerances.FLOAT32
        )


@pytest.mark.parametrize("objective", typing.get_args(bigan.Objective))
def test_every_objective_by_hand(objective):
    """Networks and losses in float64, from their weights and the paper alone.

    Statistics of batch normalization are those of real and of made pairs apart.
    """
    model = tiny(objective=objective, batch_norm=True, weight_decay=0.1)
    randomize(model.variables, 0.3, seed=1)
    data = batch(model)
    x = np.float64(data["x"]).reshape(B, 64) / 8 - 1
    z = np.float64(tf.math.erf(data["z"] / np.sqrt(2)))
    G, E, D = networks(model)
    squashed = 2 / (1 + np.exp(-E(x))) - 1
    if objective == "bigan":
        real, fake = D(x, squashed), D(G(z), z)
    elif "regressor" in objective:
        real, fake = D(x), D(G(z))
    if objective.startswith("autoencoder"):
        error = x - G(squashed)
        power = {"1": np.abs, "2": np.square}[objective[-1]]
        expected = dict.fromkeys(("generator", "encoder"), power(error).mean(1))
    else:
        inverse = softplus(real) + softplus(-fake)
        expected = {
            "discriminator": softplus(-real) + softplus(fake),
            "generator": inverse,
            "encoder": inverse,
        }
    if "regressor" in objective:
        logit, t = E(G(z)), (z + 1) / 2
        L = (t * softplus(-logit) + (1 - t) * softplus(logit)).mean(1)
        expected["encoder"] = L
        if objective.startswith("joint"):
            expected["generator"] = inverse + 0.25 * L
    found = model.per_example_losses(data, training=True)
    assert found.keys() == expected.keys()
    for name, player in model.players().items():
        kernels = [v for v in player.variables if len(v.shape) == 2]
        decay = 0.1 / 2 * sum(np.sum(np.square(v)) for v in kernels)
        np.testing.assert_allclose(
            found[name], expected[name] + decay, rtol=1e-4, err_msg=name
        )


def test_codes_lie_in_the_range_of_z():
    """As the authors' code squashes them."""
    x = batch(tiny())["x"]
    for objective in typing.get_args(bigan.Objective):
        model = tiny(objective=objective)
        model.encoder.set_weights([50 * w for w in model.encoder.get_weights()])
        outputs = model.encoder(x / 8 - 1).numpy()
        assert np.abs(outputs).max() > 1
        np.testing.assert_allclose(
            model.encode(x), 2 / (1 + np.exp(-outputs)) - 1, atol=1e-6
        )


@pytest.mark.parametrize("objective", ["bigan", "latent_regressor"])
def test_d_sees_data_and_samples_moved_each_on_its_own(objective):
    """E, and the regression of z, see them where they are."""
    still = tiny(objective=objective, weight_decay=0.0)
    randomize(still.variables, 0.3, seed=0)
    moved = tiny(objective=objective, weight_decay=0.0, shift=2)
    moved.set_weights(still.get_weights())
    data = batch(moved)
    # The middle of five places is no move, the ends are two pixels.
    places = np.full((B, 2, 2), 0.5, np.float32)
    same = moved.per_example_losses({**data, "shift": places}, training=True)
    for name, value in still.per_example_losses(data, training=True).items():
        np.testing.assert_array_equal(same[name], value)
    seen = []
    for i in range(2):
        ends = places.copy()
        ends[:, i] = [0.0, 0.999]
        seen.append(moved.per_example_losses({**data, "shift": ends}, True))
        assert np.all(seen[i]["discriminator"] != same["discriminator"])
    assert np.all(seen[0]["discriminator"] != seen[1]["discriminator"])
    if objective == "latent_regressor":
        np.testing.assert_array_equal(seen[1]["encoder"], same["encoder"])


def test_few_images_are_seen_moved():
    """8,000 digits of 28 x 28; as the paper has it in all else."""
    data = DataConfig("npz:digits.npz", dequantize=False)
    few = bigan.auto(MNIST, 8_000, data)
    assert few.network == dataclasses.replace(bigan.Config(), shift=2)
    assert (few.train.steps, few.train.batch_size) == (16_000, 128)
    assert few.train.jit_compile
    assert bigan.auto(MNIST, 60_000, data).network == bigan.Config()
    assert bigan.PRESETS["mnist"].network == bigan.Config()
    assert bigan.auto(DataSpec((784,)), 8_000, data).network.shift == 0
    assert bigan.auto(IMAGES, 1_437, data).network.shift == 1


def test_a_latent_regressor_leaves_the_generator_alone():
    model = tiny(objective="latent_regressor")
    weights = model.encoder.trainable_variables
    assert gradients(model, "generator", weights) == [None] * len(weights)
    # It sees no data, and D sees no latents.
    assert model.discriminator.input_shape == (None, 8, 8, 1)


def test_a_joint_latent_regressor_moves_it_by_a_quarter():
    alone = tiny(objective="latent_regressor")
    joint = tiny(objective="joint_latent_regressor")
    joint.set_weights(alone.get_weights())
    losses = [
        model.per_example_losses(batch(model), training=True)
        for model in (alone, joint)
    ]
    np.testing.assert_allclose(
        losses[1]["generator"] - losses[0]["generator"],
        0.25 * losses[0]["encoder"],
        rtol=1e-3,
    )


def test_an_autoencoder_has_no_discriminator():
    model = tiny(objective="autoencoder_l2", weight_decay=0.0)
    assert list(model.players()) == ["generator", "encoder"]
    losses = model.per_example_losses(batch(model), training=True)
    np.testing.assert_array_equal(losses["generator"], losses["encoder"])
    np.testing.assert_allclose(
        losses["encoder"],
        model.per_example_metrics(batch(model))["reconstruction_l2"],
        **tolerances.FLOAT32,
    )


def test_weight_decay_is_that_of_kernels():
    light = tiny(weight_decay=0.0)
    heavy = tiny(weight_decay=0.5)
    squares = sum(
        np.sum(np.square(v))
        for v in heavy.generator.trainable_variables
        if len(v.shape) == 2
    )
    difference = (
        heavy.per_example_losses(batch(heavy), True)["generator"]
        - light.per_example_losses(batch(light), True)["generator"]
    )
    np.testing.assert_allclose(difference, 0.25 * squares, rtol=1e-4)


# Convolutional networks, appendix C.2.


def outputs(network, *kinds):
    return [
        tuple(layer.output.shape[1:])
        for layer in network.layers
        if isinstance(layer, kinds)
    ]


@pytest.fixture(scope="module")
def imagenet():
    """The paper's networks; E sees 112 pixels and G makes 64 (section 3.5)."""
    config = dataclasses.replace(
        bigan.PRESETS["imagenet"].network, generator_size=64
    )
    return bigan.BiGAN(config, DataSpec((112, 112, 3), levels=256))


def test_networks_of_appendix_c2(imagenet):
    layers = keras.layers
    assert outputs(imagenet.encoder, layers.Conv2D) == [
        (28, 28, 96),
        (14, 14, 256),
        (7, 7, 384),
        (7, 7, 384),
        (7, 7, 256),
    ]
    # Conv1 to conv5 of AlexNet, whose second path sees none of the first.
    kernels = [
        v for v in imagenet.encoder.trainable_variables if len(v.shape) == 4
    ]
    assert sum(int(np.prod(k.shape)) for k in kernels) == (
        11 * 11 * 3 * 96
        + 5 * 5 * 48 * 256
        + 3 * 3 * 256 * 384
        + 3 * 3 * 192 * 384
        + 3 * 3 * 192 * 256
    )
    assert imagenet.encoder.output_shape == (None, 200)
    assert outputs(imagenet.discriminator, layers.Conv2D) == [
        (32, 32, 128),
        (16, 16, 256),
        (8, 8, 512),
        (4, 4, 1024),
    ]
    assert imagenet.generator.output_shape == (None, 64, 64, 3)


def test_initial_weights_of_appendix_c(imagenet):
    """0.02, and 25 times that of z in D's convolutions of 5 x 5."""
    of_z = [
        layer.kernel
        for layer in imagenet.discriminator.layers
        if isinstance(layer, keras.layers.Dense)
    ]
    assert [tuple(k.shape) for k in of_z] == [
        (200, 256),
        (200, 512),
        (200, 1024),
    ]
    for kernel in of_z:
        assert np.std(kernel) == pytest.approx(0.5, rel=0.02)
    others = {id(kernel) for kernel in of_z}
    for model in (imagenet, bigan.BiGAN(bigan.Config(), MNIST)):
        for variable in model.trainable_variables:
            if variable.name == "kernel" and id(variable) not in others:
                # Of the logit's 1,024 weights, the error is a few percent.
                assert np.std(variable) == pytest.approx(0.02, rel=0.1)


def test_the_baseline_discriminator_is_as_the_encoder():
    """Appendix C.2, where D sees images alone; a BiGAN's is DCGAN's."""
    shape = {"encoder": (5, 6), "discriminator": (3, 4)}
    for objective, widths in (("latent_regressor", (5, 6)), ("bigan", (3, 4))):
        model = tiny(**SMALL | shape, objective=objective)
        convolutions = [
            layer.filters
            for layer in model.discriminator.layers
            if isinstance(layer, keras.layers.Conv2D)
        ]
        assert tuple(convolutions) == widths


def test_layers_of_one_shape_start_from_other_weights():
    model = tiny(units=8)
    again = tiny(units=8)
    first, second = (
        network.trainable_variables[2].numpy()
        for network in (model.encoder, model.generator)
    )
    assert first.shape == second.shape == (8, 8)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again.encoder.trainable_variables[2])


@pytest.mark.parametrize(
    "options",
    [
        SMALL,
        {**SMALL, "generator_size": 4},
        {**SMALL, "objective": "joint_latent_regressor"},
        {"shift": 1},
    ],
    ids=["convolutional", "section 3.5", "regressor", "moved"],
)
def test_other_networks_learn_in_all_their_weights(options):
    model = tiny(**options)
    randomize(model.variables, 0.3, seed=0)
    for name, player in model.players().items():
        variables = player.variables
        for variable, g in zip(variables, gradients(model, name, variables)):
            assert g is not None and np.any(g), variable.path
    x = batch(model)["x"]
    size = options.get("generator_size", 8)
    assert model.reconstruct(x).shape == (B, size, size, 1)
    assert model.encode(x).shape == (B, 3)
    assert model.sample(tf.zeros([2, 3])).shape == (2, size, size, 1)
    (error,) = model.per_example_metrics(batch(model)).values()
    assert error.shape == (B,)


def test_d_sees_x_in_the_size_of_samples():
    """Section 3.5; halved, each pixel is near the mean of four."""
    model = tiny(**SMALL, generator_size=4)
    x = np.zeros((1, 8, 8, 1), np.float32)
    x[0, :4] = 16
    (seen,) = as_made(tf.constant(x), model.made).numpy()[..., 0]
    assert seen.shape == (4, 4)
    assert np.all(seen[0] > 14) and np.all(seen[3] < 2)


def test_noise_of_a_latent_makes_the_same_sample():
    model = tiny()
    z = tf.constant([[-0.9, 0.0, 0.5], [0.99, -0.2, 0.1]])
    noise_of = model.latents["z"].to_normal
    np.testing.assert_allclose(
        model.sample(noise_of(z)), model.decode(z), rtol=1e-4, atol=1e-4
    )
    # P(|n| < 1.96) = 0.95.
    np.testing.assert_allclose(
        normal_from_uniform(tf.constant([[0.95]])), [[1.959964]], rtol=1e-5
    )
    # An encoder's output may lie beyond the prior.
    assert np.all(np.isfinite(normal_from_uniform(tf.constant([[-7.0, 1.0]]))))


def test_layers_of_features():
    """E's last hidden layer and output; D's, if it judges images alone."""
    joint, alone = tiny(), tiny(objective="latent_regressor")
    x = batch(joint)["x"]
    found = joint.features(x)
    assert list(found) == ["hidden", "output"]
    for model in (joint, alone):
        np.testing.assert_allclose(
            model.features(x)["output"],
            model.encode(x),
            **tolerances.FLOAT32,
        )
    assert {n: f.shape for n, f in alone.features(x).items()} == {
        "hidden": (B, 4),
        "output": (B, 3),
        "discriminator": (B, 4),
    }
    (conv5,) = (tiny(**SMALL).features(x)["hidden"],)
    assert conv5.shape == (B, 2 * 2 * 4)


@pytest.mark.parametrize(
    "spec, options, message",
    [
        (IMAGES, {"latent": 0}, "network.latent=0: expected at least 1"),
        (
            MNIST,
            {**SMALL, "generator": (4, 4, 4)},
            "network.generator: 3 layers of stride 2 need sides divisible by 8,"
            " not 28 x 28",
        ),
        (
            MNIST,
            {**SMALL, "encoder": (4, 4, 4)},
            "network.encoder: 3 layers of stride 2",
        ),
        (DataSpec((2,)), SMALL, "convolutions need images"),
        (
            IMAGES,
            {**SMALL, "discriminator": (4,)},
            r"network.discriminator=\(4,\): expected at least two widths",
        ),
        (
            IMAGES,
            {**SMALL, "generator_size": 16},
            "network.generator_size=16: expected a convolutional model and at"
            " most",
        ),
        (IMAGES, {"generator_size": 4}, "expected a convolutional model"),
        (
            DataSpec((2,)),
            {"shift": 1},
            r"network.shift=1: expected images, not examples of shape \(2,\)",
        ),
    ],
)
def test_errors_of_bigan(spec, options, message):
    with pytest.raises(UserError, match=message):
        tiny(spec, **options)
