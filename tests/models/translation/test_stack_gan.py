"""StackGAN by its equations."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgen.config import DataSpec, Field
from tfgen.errors import UserError
from tfgen.models.translation.stack_gan import PRESETS, Config, StackGAN, _kl

WORDS = ("a", "b", "c")
SPEC = DataSpec((16, 16, 3), 256, fields=(Field("attributes", (3,), 0, WORDS),))
SMALL = PRESETS["tiny"].network


def given(rows, model, **others):
    random = np.random.default_rng(0)
    x = random.uniform(0, 255, (len(rows), 16, 16, 3))
    z = random.normal(size=(len(rows), model.latent_size))
    return {
        "x": tf.constant(x, tf.float32),
        "z": tf.constant(z, tf.float32),
        "attributes": tf.constant(rows, tf.float32),
        **others,
    }


def test_kl_against_monte_carlo_and_the_closed_form():
    mu, sigma = np.array([[0.7, -0.2]]), np.array([[0.5, 1.3]])
    draws = mu + sigma * np.random.default_rng(0).normal(size=(200_000, 2))
    log_q = stats.norm.logpdf(draws, mu, sigma)
    expected = (log_q - stats.norm.logpdf(draws)).mean()
    got = _kl(tf.constant(mu), tf.constant(np.log(sigma)))
    np.testing.assert_allclose(got, [expected], atol=0.01)
    np.testing.assert_array_equal(_kl(tf.zeros((1, 4)), tf.zeros((1, 4))), [0])


def test_sigma_is_regularized():
    """It has numbers of its own; a known copy takes them for mu's."""
    model = StackGAN(SMALL, SPEC)
    batch = model.with_generated(given(np.eye(3), model), training=True)
    augment = model.augmentations[0]
    values = augment(batch["attributes"])
    assert values.shape == (3, 2 * SMALL.condition)
    mu, log_sigma = np.split(values.numpy(), 2, axis=1)
    _, kl = batch["generated"][0]
    by_hand = 0.5 * (np.exp(2 * log_sigma) + mu**2 - 1 - 2 * log_sigma)
    np.testing.assert_allclose(kl, by_hand.mean(1), rtol=1e-4, atol=1e-6)


def test_only_augmentation_draws_c():
    for augmentation in (True, False):
        config = dataclasses.replace(SMALL, augmentation=augmentation)
        model = StackGAN(config, SPEC)
        for augment in model.augmentations:  # sigma is 1 at the start
            kernel = augment.layers[0].kernel
            kernel.assign(0.5 * tf.ones_like(kernel))
        batch = given(np.eye(3)[:1], model)
        z = batch["z"].numpy()
        other = z.copy()
        other[:, config.latent :] += 1.0  # of both c's alone
        a, b = (
            model.decode(tf.constant(v), attributes=batch["attributes"])
            for v in (z, other)
        )
        assert np.any(a.numpy() != b.numpy()) == augmentation


def test_stages_follow_one_another():
    config = dataclasses.replace(SMALL, first_steps=7)
    players = StackGAN(config, SPEC).players()
    assert list(players) == [
        "discriminator_1",
        "generator_1",
        "discriminator_2",
        "generator_2",
    ]
    for name, player in players.items():
        moves = [step for step in range(10) if player.plays(step)]
        first = name.endswith("1")
        assert moves == list(range(7) if first else range(7, 10))
    both = StackGAN(SMALL, SPEC).players()
    assert all(p.plays(0) and p.plays(99) for p in both.values())


def test_one_stage():
    model = StackGAN(dataclasses.replace(SMALL, ratio=0), SPEC)
    assert list(model.players()) == ["discriminator_1", "generator_1"]
    assert model.latent_size == SMALL.latent + SMALL.condition
    x = model.decode(tf.zeros((2, model.latent_size)), attributes=np.eye(3)[:2])
    assert x.shape == (2, 16, 16, 3)


def test_each_stage_sees_its_size():
    model = StackGAN(SMALL, SPEC)
    batch = model.with_generated(given(np.eye(3), model), training=True)
    shapes = [x.shape[1:] for x, _ in batch["generated"]]
    assert shapes == [(8, 8, 3), (16, 16, 3)]


def test_wrong_pairs_are_pictures_of_other_words():
    """D learns of them; but not where the neighbour has the same words."""
    found = {}
    rows = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]])
    for wrong in (True, False):
        config = dataclasses.replace(SMALL, wrong_pairs=wrong)
        model = StackGAN(config, SPEC)
        for i, weight in enumerate(model.trainable_weights):
            random = np.random.default_rng(i)
            weight.assign(random.normal(size=weight.shape))
        batch = model.with_generated(given(rows, model), training=False)
        found[wrong] = model.per_example_losses(batch, training=False)
    for stage in (1, 2):
        name = f"discriminator_{stage}"
        same = found[True][name].numpy() == found[False][name].numpy()
        np.testing.assert_array_equal(same, [False, True, False])
        name = f"generator_{stage}"
        np.testing.assert_array_equal(found[True][name], found[False][name])


@pytest.mark.parametrize("ratio", [1, 3])
def test_bad_ratios(ratio):
    with pytest.raises(UserError, match=rf"ratio={ratio}: expected 0, or a di"):
        StackGAN(dataclasses.replace(SMALL, ratio=ratio), SPEC)


def test_words_are_needed():
    with pytest.raises(UserError, match="no labels, attributes"):
        StackGAN(Config(), DataSpec((64, 64, 3), 256))
