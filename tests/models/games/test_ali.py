"""What the ALI paper says of its game and its encoder."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.models.games.by_hand import networks, softplus
from tests.models.games.play import B, batch, gradients
from tfgen import capabilities
from tfgen.config import DataSpec
from tfgen.data.settings import DataConfig
from tfgen.models.games import ali, bigan
from tfgen.nn import randomize

DIGITS = DataSpec((8, 8, 1), levels=17, num_classes=10)


def tiny(spec=DIGITS, **options):
    keras.utils.set_random_seed(0)
    config = ali.PRESETS["tiny"].network
    model = ali.ALI(dataclasses.replace(config, **options), spec)
    randomize(model.variables, 0.3, seed=1)
    return model


def test_losses_by_hand():
    """Algorithm 1 with eq. 2, from the weights alone, in float64."""
    model = tiny(batch_norm=True)
    data = batch(model)
    x = np.float64(data["x"]).reshape(B, 64) / 8 - 1
    z, epsilon = np.float64(data["z"]), np.float64(data["epsilon"])
    G, E, D = networks(model)
    mean, log_stddev = np.split(E(x), 2, axis=1)
    real = D(x, mean + np.exp(log_stddev) * epsilon)
    fake = D(G(z), z)
    both = softplus(real) + softplus(-fake)
    expected = {
        "discriminator": softplus(-real) + softplus(fake),
        "generator": both,
        "encoder": both,
    }
    found = model.per_example_losses(data, training=True)
    assert list(found) == list(model.players()) == list(expected)
    assert model.simultaneous
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name], values, **tolerances.FLOAT32, err_msg=name
        )


def test_the_encoder_says_mean_and_deviation():
    model = tiny()
    x = batch(model)["x"]
    mean, stddev = model.posterior(x)
    output = model.encoder(x / 8 - 1).numpy()
    np.testing.assert_allclose(mean, output[:, :3], **tolerances.FLOAT32)
    np.testing.assert_allclose(
        stddev, np.exp(output[:, 3:]), **tolerances.FLOAT32
    )
    np.testing.assert_array_equal(model.encode(x), mean)
    found = capabilities.signatures(model)["encode"].function(x)
    assert list(found) == ["z", "stddev"]
    noise = tf.random.stateless_normal((B, 3), (1, 0))
    np.testing.assert_array_equal(model.sample(noise), model.decode(noise))


def test_the_deviation_learns():
    """From D alone: nothing else has a say in it."""
    model = tiny()
    (kernel, bias) = model.encoder.trainable_variables[-2:]
    for g in gradients(model, "encoder", [kernel, bias]):
        assert np.all(g[..., 3:] != 0)


def test_settings_for_other_data_are_those_of_bigan():
    spec = DataSpec((28, 28, 1), levels=256, num_classes=10)
    data = DataConfig("npz:digits.npz", dequantize=False)
    ours = ali.auto(spec, 8_000, data)
    theirs = bigan.auto(spec, 8_000, data)
    assert ours.train == theirs.train
    assert (ours.network.shift, ours.network.latent) == (2, 50)
    assert ours.network.optimizer == theirs.network.optimizer
