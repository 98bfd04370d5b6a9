"""What InfoGAN's paper says: the bound, and who learns by it."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import randomize
from tests.models.games import play
from tfgen import capabilities
from tfgen.config import DataSpec, Field, apply_overrides
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL
from tfgen.models.games import infogan

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)
CODES = ("digit=categorical:3", "slant=uniform", "width=normal:2")
SHARE = 0.1  # of numbers


def tiny(spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    settings = {"codes": CODES, **options}
    config = dataclasses.replace(infogan.PRESETS["tiny"].network, **settings)
    model = infogan.InfoGAN(config, spec)
    randomize(model.trainable_variables, 0.3, seed=0)
    return model


def batch_of(model):
    batch = play.batch(model)
    return {n: tf.cast(v, model.dtype) for n, v in batch.items()}


def by_hand(model, batch):
    """Logits of samples, and -log q of each code, in NumPy."""
    made = model.generate(batch, training=True)
    logits, told = (t.numpy() for t in model.discriminator(made))
    _, digit, slant, width = (t.numpy() for t in model.prior(batch["z"]))
    category, mean, log_stddev = (
        told[:, :3],
        told[:, [3, 5, 6]],
        told[:, [4, 7, 8]],
    )
    log_p = category - np.log(np.exp(category).sum(1, keepdims=True))
    c = np.concatenate([slant, width], axis=1)
    each = 0.5 * ((c - mean) / np.exp(log_stddev)) ** 2
    each += log_stddev + 0.5 * np.log(2 * np.pi)
    return logits, {
        "digit": -(log_p * digit).sum(1),
        "slant": each[:, 0],
        "width": each[:, 1:].sum(1),
    }


def test_losses_and_bounds(float64):
    """Eqs. 5 and 6; the bound has the entropies, the losses need none."""
    model = tiny()
    batch = batch_of(model)
    fake, nats = by_hand(model, batch)
    losses = play.losses_of(model, batch)
    real, _ = model.discriminator(model.to_unit(batch["x"]))
    game = ADVERSARIAL["non_saturating"]
    unknown = nats["digit"] + SHARE * (nats["slant"] + nats["width"])
    for name, expected in {
        "generator": game.generator(fake) + unknown,
        "discriminator": game.discriminator(real, fake) + unknown,
    }.items():
        np.testing.assert_allclose(losses[name], expected, **tolerances.EXACT)
    found = model.per_example_metrics(batch)
    entropies = {
        "digit": np.log(3),
        "slant": np.log(2),
        "width": np.log(2 * np.pi * np.e),
    }
    for name, entropy in entropies.items():
        np.testing.assert_allclose(
            found[f"bound_{name}"], entropy - nats[name], **tolerances.EXACT
        )


def gradients(model, player, variables):
    batch = batch_of(model)
    with tf.GradientTape() as tape:
        loss = play.losses_of(model, batch)[player]
    return tape.gradient(loss, [v.value for v in variables])


def test_without_lambda_it_is_a_plain_game(float64):
    """G and D's body learn nothing of codes."""
    model = tiny(information=0.0)
    batch, game = batch_of(model), ADVERSARIAL["non_saturating"]
    G, D = model.generator, model.discriminator
    with tf.GradientTape(persistent=True) as tape:
        real, _ = D(model.to_unit(batch["x"]))
        fake, _ = D(G(tf.concat(model.prior(batch["z"]), 1)))
        losses = {
            "generator": game.generator(fake),
            "discriminator": game.discriminator(real, fake),
        }
    for player, body in (
        ("generator", G.trainable_variables),
        ("discriminator", D.trainable_variables[:2]),
    ):
        values = [v.value for v in body]
        found = gradients(model, player, body)
        for a, b in zip(found, tape.gradient(losses[player], values)):
            np.testing.assert_allclose(a, b, **tolerances.EXACT)


def test_lambda_is_of_what_leaves_the_head(float64):
    """Q learns whatever it is; D's body and G by that share, and linearly."""
    models = [tiny(information=share) for share in (0.0, 0.5, 1.0)]
    moved = {"generator": "generator", "discriminator": "discriminator"}
    for player in moved:
        of_body, of_head = [], []
        for model in models:
            D = model.discriminator.trainable_variables
            head = [v for v in D if v.path.split("/")[-2].startswith("dense")]
            head = [v for v in head if v.shape[-1] in (3, 9)]
            body = model.generator.trainable_variables
            if player == "discriminator":
                body = D[:2]
                of_head.append(gradients(model, player, head))
            of_body.append(gradients(model, player, body))
        for none, half, whole in zip(*of_body):
            assert np.max(np.abs(whole - none)) > 1e-3
            np.testing.assert_allclose(
                half, (none + whole) / 2, **tolerances.EXACT
            )
        for none, half, whole in zip(*of_head):
            assert np.max(np.abs(none)) > 1e-3
            np.testing.assert_allclose(none, whole, **tolerances.EXACT)
            np.testing.assert_allclose(half, whole, **tolerances.EXACT)


def test_q_moves_with_d():
    model = tiny()
    players = model.players()
    D, G = (players[n].variables for n in ("discriminator", "generator"))
    assert list(players) == ["discriminator", "generator"]
    assert any(v.shape == (3, 9) for v in D)  # to 3 + 2 + 4 parameters
    assert {v.path for v in G} == {
        v.path for v in model.generator.trainable_variables
    }


def test_codes_are_named_tensors():
    model = tiny()
    found = capabilities.signatures(model)
    decode, encode = found["decode"], found["encode"]
    shapes = {spec.name: spec.shape[1:] for spec in decode.inputs}
    assert shapes == {"z": (2,), "digit": (3,), "slant": (1,), "width": (2,)}
    x = tf.random.stateless_uniform((4, 8, 8, 1), (0, 1), maxval=17)
    codes = encode.function(x)
    assert {n: c.shape for n, c in codes.items()} == {
        "digit": (4, 3),
        "slant": (4, 1),
        "width": (4, 2),
    }
    np.testing.assert_allclose(np.sum(codes["digit"], axis=1), 1, rtol=1e-5)
    assert not model.encodes_all


@pytest.mark.parametrize(
    "codes",
    [
        "",
        "digit",
        "digit=categorical",
        "digit=categorical:1",
        "slant=uniform:0",
        "a=uniform,a=normal",
        "1=uniform",
        "slant=gaussian",
    ],
)
def test_what_is_no_code(codes):
    config = apply_overrides(
        infogan.PRESETS["tiny"].network, [f"codes={codes}"]
    )
    with pytest.raises(UserError, match=r"network.codes=.*: expected name=cat"):
        infogan.InfoGAN(config, IMAGES)


@pytest.mark.parametrize("name", ["x", "z", "seed", "label", "factors"])
def test_names_that_are_taken(name):
    spec = dataclasses.replace(IMAGES, fields=(Field("factors", (2,)),))
    with pytest.raises(UserError, match=rf"codes={name}=…: the name of anoth"):
        tiny(spec, codes=(f"{name}=uniform",))


def test_networks_of_mnist():
    """Appendix C.1."""
    model = infogan.InfoGAN(infogan.Config(), DataSpec((28, 28, 1), levels=256))

    def kernels(network):
        return [tuple(v.shape) for v in network.weights if v.name == "kernel"]

    assert kernels(model.generator) == [
        (74, 1024),
        (1024, 7 * 7 * 128),
        (4, 4, 64, 128),
        (4, 4, 1, 64),
    ]
    body = [(4, 4, 1, 64), (4, 4, 64, 128), (7 * 7 * 128, 1024)]
    assert kernels(model.discriminator)[:3] == body
    assert sorted(kernels(model.discriminator)[3:]) == [
        (128, 12),
        (1024, 1),
        (1024, 128),
    ]


def test_completion_asks_d_whether_an_image_is_data():
    model = tiny()
    batch = batch_of(model)
    made = model.generate(batch, training=False)
    codes = model.prior(batch["z"])
    np.testing.assert_array_equal(
        model.logit(made, *codes), model.judged(made)[0]
    )
    assert model.can("logit")
