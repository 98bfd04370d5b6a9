"""Frozen layers on the digits, from encoders that are known."""

import keras
import numpy as np
import pytest

from tfgen.config import TrainConfig
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.measures import transfer
from tfgen.measures.transfer import _network, transfer_metrics
from tfgen.model import Model
from tfgen.run import Run

CONFIG = TrainConfig(batch_size=64)
LAYERS = ("convolutional=true", "generator=3,4", "discriminator=3,4")


@pytest.fixture(scope="module")
def digits():
    return DataConfig("digits", dequantize=False).load(seed=0)


@pytest.fixture(scope="module")
def bigan(tmp_path_factory):
    """An untrained one with two convolutions, 3 x 3."""
    workdir = tmp_path_factory.mktemp("transfer")
    overrides = (*LAYERS, "encoder=5,6", "kernel=3", "batch_norm=true")
    return Run.start(workdir, "bigan", "tiny", None, overrides).build_model()


def test_accuracies_of_every_number_of_frozen_layers(bigan, digits):
    before = bigan.get_weights()
    values = transfer_metrics(bigan, digits, CONFIG, epochs=1)
    assert list(values) == [
        "transfer_accuracy_1",
        "random_accuracy_1",
        "transfer_accuracy_2",
        "random_accuracy_2",
    ]
    # Chance is 0.1.
    assert 0.15 < values["random_accuracy_1"] <= 1
    for weight, value in zip(bigan.get_weights(), before):
        np.testing.assert_array_equal(weight, value)


def test_a_discriminator_that_sees_images_alone_is_measured(
    digits, tmp_path, monkeypatch
):
    """The baseline D of table 2: a latent regressor's. A BiGAN's sees codes."""
    overrides = (
        *LAYERS,
        "encoder=5",
        "kernel=3",
        "objective=latent_regressor",
        "generator_size=4",
    )
    model = Run.start(tmp_path, "bigan", "tiny", None, overrides).build_model()
    frozen = []

    def accuracy(network, *_):
        frozen.append(network)
        return 0.5

    monkeypatch.setattr(transfer, "_accuracy", accuracy)
    assert list(transfer_metrics(model, digits, CONFIG)) == [
        "transfer_accuracy_1",
        "random_accuracy_1",
        "transfer_accuracy_discriminator_1",
        "random_accuracy_discriminator_1",
    ]
    # E sees 8 x 8 pixels, D half of them.
    learnt = (model.encoder.layers[0], frozen[0].layers[0])
    np.testing.assert_array_equal(*(layer.kernel for layer in learnt))
    resized, convolution = frozen[2].layers[:2]
    assert resized.output.shape == (None, 4, 4, 1)
    np.testing.assert_array_equal(
        model.discriminator.layers[0].kernel, convolution.kernel
    )
    assert not np.array_equal(
        frozen[3].layers[1].kernel, model.discriminator.layers[0].kernel
    )


def test_frozen_layers_are_the_encoders_and_stay(bigan, digits):
    body = bigan.encoder.layers[:-1]
    # Two layers with their rectifiers, the second normalized; flattened.
    assert len(body) == 6
    keras.utils.set_random_seed(1)
    network = _network(body, 2, True, digits.spec, (8, 8))
    first, second = network.layers[0], network.layers[2]
    np.testing.assert_array_equal(first.kernel, body[0].kernel)
    assert not np.array_equal(second.kernel, body[2].kernel)
    network.compile("sgd", "mse")
    random = np.random.default_rng(0)
    kernels = [layer.kernel.numpy() for layer in (first, second)]
    network.fit(
        random.normal(size=(8, 8, 8, 1)), random.normal(size=(8, 10)), verbose=0
    )
    np.testing.assert_array_equal(first.kernel, kernels[0])
    assert not np.array_equal(second.kernel, kernels[1])
    fresh = _network(body, 2, False, digits.spec, (8, 8))
    assert not np.array_equal(fresh.layers[0].kernel, body[0].kernel)
    assert not fresh.layers[0].trainable


def test_random_layers_are_normalized_by_the_data(bigan, digits):
    """Otherwise what is frozen would be worse off than what has learnt."""
    body = bigan.encoder.layers[:-1]
    network = _network(body, len(body), False, digits.spec, (8, 8))
    (norm,) = (
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    x = np.random.default_rng(0).normal(3, 2, (50, 8, 8, 1))
    transfer._normalize(network, x)
    before = keras.Model(network.inputs, norm.input).predict(x, verbose=0)
    mean, variance = before.mean((0, 1, 2)), before.var((0, 1, 2))
    np.testing.assert_allclose(norm.moving_mean, mean, rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, variance, rtol=1e-4)
    assert not norm.trainable


def test_transfer_needs_labels_and_an_encoder(bigan, digits):
    with pytest.raises(
        UserError, match="measure=transfer: expected a model with"
    ):
        transfer_metrics(Model(), digits, CONFIG)
