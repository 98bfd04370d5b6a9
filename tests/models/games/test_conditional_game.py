"""What D and G are told of a condition, against NumPy."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import randomize
from tests.models.games import play
from tests.models.games.by_hand import layer, softplus
from tfgen import capabilities
from tfgen.config import Column, DataSpec, Field
from tfgen.errors import UserError
from tfgen.models import conditions
from tfgen.models.conditional_game import misread
from tfgen.models.games import dcgan, gan, wgan

K = 3
IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=K)
LABEL = np.array([2, 0, 1, 2, 2, 0])
HOW = ["concatenate", "projection", "acgan"]
EVERY = [(gan, "GAN"), (dcgan, "DCGAN"), (wgan, "WGAN")]


def build(module, name, spec=IMAGES, **options):
    keras.utils.set_random_seed(0)
    settings = {"conditional": True, **options}
    config = dataclasses.replace(module.PRESETS["tiny"].network, **settings)
    model = getattr(module, name)(config, spec)
    randomize(model.trainable_variables, 0.3, seed=0)
    return model


def batch_of(model):
    batch = {**play.batch(model), "label": tf.constant(LABEL, tf.int32)}
    floats = ("x", *model.noise)
    return batch | {n: tf.cast(batch[n], model.dtype) for n in floats}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("module, name", EVERY)
def test_every_weight_learns(module, name, how, float64):
    """The condition's too, of each player, by its own loss."""
    model = build(module, name, conditioning=how)
    batch = batch_of(model)
    for key, player in model.players().items():
        with tf.GradientTape() as tape:
            loss = play.losses_of(model, batch)[key]
            assert loss.shape == (play.B,)
        values = [v.value for v in player.variables]
        for variable, g in zip(player.variables, tape.gradient(loss, values)):
            assert g is not None and np.any(g), (key, variable.path)


@pytest.mark.parametrize("how", HOW)
def test_d_of_perceptrons(how, float64):
    """D(x, c), psi(phi(x)) + c' V phi(x), or D(x) beside log p(c|x)."""
    model = build(gan, "GAN", conditioning=how)
    batch = batch_of(model)
    losses = play.losses_of(model, batch)
    made = model.generate(batch, training=True)
    c = np.eye(K)[LABEL]
    weights = [v.numpy() for v in model.discriminator.trainable_variables]

    def judge(x):
        x = np.reshape(x, (play.B, -1))
        if how == "concatenate":
            x = np.concatenate([x, c], axis=1)
        phi = layer(x, weights[0], bias=weights[1], slope=0.2)
        last = {w.shape: w for w in weights[2:]}
        value = layer(phi, last[4, 1], bias=last[1,])[:, 0]
        if how == "projection":
            value += np.einsum("bk,kf,bf->b", c, last[K, 4], phi)
        if how != "acgan":
            return value, 0
        logits = layer(phi, last[4, K], bias=last[K,])
        log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return value, -log_p[np.arange(play.B), LABEL]

    (real, of_real), (fake, of_fake) = map(
        judge, (model.to_unit(batch["x"]), made)
    )
    expected = softplus(-real) + softplus(fake) + of_real + of_fake
    np.testing.assert_allclose(
        losses["discriminator"], expected, **tolerances.SAME
    )
    expected = softplus(-fake) + of_fake
    np.testing.assert_allclose(losses["generator"], expected, **tolerances.SAME)


def test_convolutions_see_planes():
    model = build(dcgan, "DCGAN")
    D, batch = model.discriminator, batch_of(model)
    (joined,) = [
        h.output for h in D.layers if isinstance(h, keras.layers.Concatenate)
    ]
    c = conditions.vector(model, batch)
    seen = keras.Model(D.inputs, joined)([batch["x"], c]).numpy()
    np.testing.assert_array_equal(seen[..., :1], batch["x"])
    planes = np.broadcast_to(np.eye(K)[LABEL][:, None, None], (6, 8, 8, K))
    np.testing.assert_array_equal(seen[..., 1:], planes)


@pytest.mark.parametrize("how", HOW)
def test_a_penalty_is_one_of_x_alone(how, float64):
    """Eq. 3 of Gulrajani et al. 2017, at one condition."""
    model = build(wgan, "WGAN", conditioning=how)
    batch = batch_of(model)
    x, y = model.to_unit(batch["x"]), model.generate(batch, training=True)
    share = 0.5 + 0.5 * tf.math.erf(batch["share"] / 2**0.5)
    e = share[:, None, None, None]
    between = e * x + (1 - e) * y
    f = model.critic
    c = conditions.vector(model, batch)
    see = (lambda x: f(x)[0]) if how == "acgan" else lambda x: f([x, c])
    with tf.GradientTape() as tape:
        tape.watch(between)
        value = see(between)
    slope = np.linalg.norm(
        np.reshape(tape.gradient(value, between), (play.B, -1)), axis=1
    )
    expected = see(y) - see(x) + 10 * (slope - 1) ** 2
    if how == "acgan":
        told = [misread(model, batch, f(part)[1]) for part in (x, y)]
        expected += tf.add_n(told)
    found = play.losses_of(model, batch)["critic"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_acgan_says_of_attributes_and_columns(float64):
    """Bits, and numbers with a deviation of 1 in standard units."""
    columns = (Column("dose", 10.0, 2.0),)
    spec = DataSpec(
        (8, 8, 1),
        levels=17,
        fields=(
            Field("attributes", (2,), levels=2),
            Field("condition", (1,), columns=columns),
        ),
    )
    model = build(gan, "GAN", spec, conditioning="acgan")
    batch = {
        "attributes": tf.constant([[1.0, 0.0]], tf.float64),
        "condition": tf.constant([[13.0]], tf.float64),
    }
    told = tf.constant([[2.0, -1.0, 0.5]], tf.float64)
    expected = softplus(-2.0) + softplus(-1.0)
    expected += 0.5 * (1.5 - 0.5) ** 2 + 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(misread(model, batch, told), [expected])


def test_a_label_is_an_input_of_decode_and_sample():
    model = build(gan, "GAN")
    found = capabilities.signatures(model)
    names = {key: [spec.name for spec in s.inputs] for key, s in found.items()}
    assert names == {
        "decode": ["z", "label"],
        "sample": ["seed", "temperature", "label"],
    }
    z = tf.random.stateless_normal((1, 3), seed=(0, 1))
    made = [found["decode"].function(z, tf.constant([k]))["x"] for k in (0, 1)]
    assert np.max(np.abs(made[0] - made[1])) > 0.1
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 to 2"):
        found["decode"].function(z, tf.constant([3]))


@pytest.mark.parametrize("module, name", EVERY)
def test_a_way_to_tell_needs_something_to_tell(module, name):
    with pytest.raises(UserError, match=r"conditioning=acgan: expected .*true"):
        build(module, name, conditional=False, conditioning="acgan")
    nothing = dataclasses.replace(IMAGES, num_classes=0)
    with pytest.raises(UserError, match="conditional=true: the data have no"):
        build(module, name, nothing)
