import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.games.play import batch, losses_of
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.few_labels import ladder as ladder_network
from tfgen.models.games import ebgan_ladder
from tfgen.nn import randomize

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)


def tiny(spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    config = ebgan_ladder.PRESETS["tiny"].network
    model = ebgan_ladder.EBGANLadder(
        dataclasses.replace(config, **options), spec
    )
    randomize(model.variables, 0.3, seed=0)
    return model


def plain(model):
    """The ladder network alone, with the same weights."""
    config = ladder_network.Config(
        hidden=model.config.hidden,
        noise=model.config.noise,
        reconstruction=model.config.reconstruction,
    )
    alone = ladder_network.LadderNetwork(config, model.spec)
    alone.set_weights(model.ladder.get_weights())
    return alone


@pytest.mark.parametrize("step, margin", [(0, 50), (3, 12.5), (4, 0), (9, 0)])
def test_samples_push_within_the_margin(step, margin):
    """Equation 1 beside the ladder's own cost; without a margin, that alone."""
    model = tiny(noise=0.1)
    alone, data = plain(model), batch(model, step, labelled=True)
    y = model.generator(data["z"], training=True)
    fake = model.ladder.energy(y, 0.1 * data["sample_corruption"], True)
    own = alone.per_example_losses(data, training=True)["classifier"]
    losses = losses_of(model, data)
    assert np.any(fake < 50) and np.all(fake > 0)
    np.testing.assert_allclose(
        losses["discriminator"] - own,
        1000 / 64 * np.maximum(0, margin - fake),
        **tolerances.FLOAT32,
    )
    np.testing.assert_allclose(losses["generator"], fake, **tolerances.FLOAT32)
    assert model.players()["generator"].until == model.config.margin_steps


def test_samples_do_not_move_the_averages():
    """Data are classified by statistics of data."""
    model = tiny()
    alone, data = plain(model), batch(model, labelled=True)
    losses_of(model, data)
    alone.per_example_losses(data, training=True)
    x = data["x"]
    np.testing.assert_array_equal(
        model.classify(x)["probabilities"], alone.classify(x)["probabilities"]
    )
    np.testing.assert_array_equal(model.energy(x), alone.energy(x))


def test_samples_are_gray_levels():
    x = tiny().sample(100 * tf.random.stateless_normal((50, 3), (0, 0)))
    assert 0 <= np.min(x) and np.max(x) <= 16


@pytest.mark.parametrize(
    "spec, options, message",
    [
        (IMAGES, {"margin": 0.0}, "network.margin=0.0: expected above 0"),
        (IMAGES, {"margin_steps": 0}, "margin_steps=0: expected at least 1"),
        (IMAGES, {"hidden": ()}, "network.hidden=: expected at least one"),
        (IMAGES, {"noise": -1.0}, "network.noise=-1.0: expected 0 or more"),
        (DataSpec((2,)), {}, "has no labels to learn from"),
    ],
)
def test_errors(spec, options, message):
    with pytest.raises(UserError, match=message):
        tiny(spec, **options)


@pytest.mark.parametrize("name", ["digits", "mnist", "mnist_short"])
def test_the_game_comes_on_top_of_the_ladders_steps(name):
    """Appendix D: 60,000 steps of a game, "another 120,000" without."""
    game = ebgan_ladder.PRESETS[name]
    alone = ladder_network.PRESETS[name].train.steps
    assert game.network.margin_steps == alone / 2
    assert game.train.steps == alone + game.network.margin_steps


@pytest.mark.parametrize("examples", [60, 8000, 60_000])
def test_so_it_does_on_other_data(examples):
    game, alone = (
        module.auto(IMAGES, examples, module.PRESETS["digits"].data)
        for module in (ebgan_ladder, ladder_network)
    )
    assert game.train.steps == 1.5 * alone.train.steps
    assert game.network.margin_steps == game.train.steps // 3
