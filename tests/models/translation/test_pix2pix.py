"""What pix2pix's paper says, against NumPy."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.translation.pairs import (
    SPEC,
    Y,
    batch_of,
    l1,
    losses,
    tiny,
    unit,
)
from tfgen.config import DataSpec, Field
from tfgen.errors import UserError
from tfgen.models.translation import pix2pix
from tfgen.nn.unet import dropped, sides, unet


def softplus(z):
    return np.log1p(np.exp(z))


@pytest.mark.parametrize("game", ["conditional", "unconditional"])
def test_losses(float64, game):
    """Eq. 4; D's is halved, and sees x or does not."""
    model = tiny("pix2pix", game=game, l1=7.0)
    batch = batch_of(model)
    x, y = unit(batch["x"], 17), unit(batch["y"], 256)
    made = unit(model.translate_with_noise(batch["x"], batch["dropout"]), 256)
    both = [y, made]
    if game == "conditional":
        both = [np.concatenate([x, picture], -1) for picture in both]
    real, fake = (model.discriminator(p).numpy() for p in both)
    found = losses(model, batch)
    D = 0.5 * (softplus(-real) + softplus(fake)).mean(1)
    G = softplus(-fake).mean(1) + 7 * l1(made, y)
    # Gray levels are float32 where they leave the model.
    close = {"rtol": 1e-5, "atol": 1e-5}
    np.testing.assert_allclose(found["discriminator"], D, **close)
    np.testing.assert_allclose(found["generator"], G, **close)
    np.testing.assert_allclose(found["l1"], l1(made, y) / 2, **close)


def test_a_discriminator_may_be_flat_at_data(float64):
    """R1: half of the squared slope of its mean logit, by differences."""
    batch = batch_of(tiny("pix2pix"))
    found, plain = (
        losses(tiny("pix2pix", r1=r1), batch)["discriminator"] for r1 in (3, 0)
    )
    D = tiny("pix2pix").discriminator
    x, y = unit(batch["x"], 17), unit(batch["y"], 256)
    for i, penalty in enumerate((found - plain) / 1.5):
        pair = np.concatenate([x[i], y[i]], -1)
        steps = 1e-5 * np.eye(pair.size).reshape(-1, *pair.shape)
        up, down = (D(pair + s).numpy().mean(1) for s in (steps, -steps))
        slope = (up - down) / 2e-5
        np.testing.assert_allclose(penalty, np.sum(slope**2), rtol=1e-4)


def test_without_a_game_there_is_no_other_player():
    model = tiny("pix2pix", game="none")
    assert list(model.players()) == ["generator"]
    found = losses(model, batch_of(model))
    assert set(found) == {"generator", "l1"}
    np.testing.assert_allclose(found["generator"], 200 * found["l1"], rtol=1e-5)


def test_dropout_is_an_input():
    """Half of the places are dropped, the others doubled; or nothing is."""
    x = batch_of(model := tiny("pix2pix"))["x"]
    u = np.random.default_rng(0).random((4, model.dropped), np.float32)
    seen = []
    network = model.generator
    model.generator = lambda inputs, training=False: (
        seen.append(inputs[1:]) or network(inputs)
    )
    model.translate_with_noise(x, u)
    model.translate(x)
    flat = np.concatenate([np.reshape(f, (4, -1)) for f in seen[0]], 1)
    np.testing.assert_array_equal(flat, 2.0 * (u >= 0.5))
    assert all(np.all(f == 1) for f in seen[1]) and len(seen[1]) == len(seen[0])


@pytest.mark.parametrize("blocks", [0, 1])
def test_maps_of_noise_lie_beside_x(blocks):
    """A number of U(-1, 1) each, everywhere the same; 0 without noise."""
    model = tiny("pix2pix", noise_maps=2, dropout_blocks=blocks)
    x, size = batch_of(model)["x"], model.dropped + 2
    assert model.noise["dropout"].shape == (size,)
    u = np.random.default_rng(0).random((4, size), np.float32)
    seen = []
    network = model.generator
    model.generator = lambda inputs, training=False: (
        seen.append(inputs[0]) or network(inputs)
    )
    model.translate_with_noise(x, u)
    model.translate(x)
    C = x.shape[-1]
    for inputs, z in zip(seen, (2 * u[:, -2:] - 1, np.zeros((4, 2)))):
        np.testing.assert_allclose(inputs[..., :C], unit(x, 17), rtol=1e-6)
        maps = np.broadcast_to(z[:, None, None], inputs[..., C:].shape)
        np.testing.assert_allclose(inputs[..., C:], maps, rtol=1e-6)


def test_a_model_without_dropout_takes_no_noise():
    model = tiny("pix2pix", dropout_blocks=0)
    assert model.can("translate") and not model.noise
    assert not model.can("translate_with_noise")
    assert model.translate(batch_of(model)["x"]).shape == (4, *Y)


def test_held_out_pairs_select():
    """Of black and white, 1."""
    model = tiny("pix2pix")
    batch = batch_of(model)
    made = np.asarray(model.translate(batch["x"]))
    assert np.all(made >= 0) and np.all(made <= 255)
    found = model.per_example_metrics(batch)
    assert list(found) == ["l1"]
    expected = l1(made, batch["y"]) / 255
    np.testing.assert_allclose(found["l1"], expected, **tolerances.FLOAT32)


def test_the_papers_network_is_the_default():
    """6.1.1 and 6.1.2: eight layers down to one place, patches of 70."""
    config = pix2pix.Config()
    assert dropped((256, 256, 3), config.maps, config.dropout_blocks) == [
        (2, 2, 512),
        (4, 4, 512),
        (8, 8, 512),
    ]
    assert (config.patch, config.l1, config.dropout) == (70, 100, 0.5)


@pytest.mark.parametrize("side", [8, 16, 32, 64, 256])
def test_settings_for_other_data(side):
    """Down to one place; the largest patch is not larger than the picture."""
    spec = DataSpec((side, side, 3), 256)
    data = pix2pix.PRESETS["scenes"].data
    network = pix2pix.auto(spec, 1000, data).network
    assert 2 ** len(network.maps) == side
    assert network.patch <= side


@pytest.mark.parametrize("drawn", [40, 130, 220])
def test_between_two_colours_no_distance_is_better(drawn):
    """E |y - G(x)| of two equally likely y: all between them are the best."""
    model = tiny("pix2pix", game="none")
    batch = batch_of(model)
    levels = tf.reshape(tf.constant([40.0, 220.0] * 2), [4, 1, 1, 1])
    batch["y"] = tf.zeros_like(batch["y"]) + levels

    def loss(level):
        made = tf.fill(batch["y"].shape, 2 * level / 255 - 1)
        found = model.per_example_losses({**batch, "generated": made}, False)
        return np.mean(found["generator"])

    best = 100 * (220 - 40) / 255
    np.testing.assert_allclose(loss(drawn), best, rtol=1e-5)
    assert loss(30) > best and loss(230) > best


def test_a_game_keeps_the_last_weights():
    assert tiny("pix2pix").selected_by == "last"
    assert tiny("pix2pix", game="none").selected_by == "metrics"


def test_x_may_have_another_size():
    """It is resized to y's: of one gray level it is that level everywhere."""
    spec = DataSpec((4, 8, 1), 17, fields=(Field("y", (8, 8, 3), 256),))
    model, same = tiny("pix2pix", spec), tiny("pix2pix")
    assert model.other_sides is None and same.other_sides is not None
    flat = tf.fill([4, 4, 8, 1], 5.0), tf.fill([4, 8, 8, 1], 5.0)
    made = [m.translate(x) for m, x in zip((model, same), flat)]
    np.testing.assert_allclose(*made, **tolerances.FLOAT32)
    found = losses(model, batch_of(model))
    assert all(np.isfinite(v).all() for v in found.values())
    network = pix2pix.auto(spec, 1000, None).network
    assert len(network.maps) == 3


@pytest.mark.parametrize("side, least", [(8, 8), (16, 16)])
def test_the_least_picture_is_not_erased(side, least):
    """The norm of one place would: two pictures become the same."""
    maps = (2, 3, 3)
    network = unet((side, side, 1), maps, 1)
    assert sides((side, side, 1), maps) == (8, least)
    x = np.random.default_rng(0).random((2, least, least, 1), np.float32)
    kept = [np.ones((1, 1, 1, C), np.float32) for C in (3, 2)]
    *_, below = (
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.LeakyReLU)
    )
    h = keras.Model(network.inputs, below.output)([x, *kept])
    assert not np.allclose(h[0], h[1], atol=1e-3)


@pytest.mark.parametrize(
    "fields, message",
    [
        ((), "data: has no y; expected two domains"),
        ((Field("y", (8, 8, 3)),), "real numbers; expected pictures of gray"),
    ],
)
def test_data_that_it_does_not_take(fields, message):
    with pytest.raises(UserError, match=message):
        tiny("pix2pix", dataclasses.replace(SPEC, fields=fields))
