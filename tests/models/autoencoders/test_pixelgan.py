"""What the PixelGAN paper says of its decoder, and of its mixture of codes."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoregressive.states import check_probabilities, states
from tests.models.games.play import losses_of
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.autoencoders import pixelgan
from tfgen.models.autoregressive import gated_pixel_cnn

pytestmark = pytest.mark.usefixtures("float64")
K, N = 3, 5


def tiny(shape=(2, 2, 1), levels=3, num_classes=K, noise=0.5, **options):
    keras.utils.set_random_seed(0)
    config = pixelgan.PRESETS["tiny"].network
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = pixelgan.PixelGAN(dataclasses.replace(config, **options), spec)
    checks.randomize(model.variables, noise)
    return model


def of_labels(model):
    """A gated PixelCNN, whose condition is a label, with the decoder."""
    fields = [f.name for f in dataclasses.fields(gated_pixel_cnn.Config)]
    shared = {name: getattr(model.config, name) for name in fields}
    config = gated_pixel_cnn.Config(**shared | {"conditional": True})
    other = gated_pixel_cnn.GatedPixelCNN(config, model.spec)
    other.network.set_weights(model.network.get_weights())
    return other


def examples(model, n=N):
    random = np.random.default_rng(0)
    x = random.integers(0, model.spec.levels, (n, *model.spec.shape))
    prior = random.standard_normal((n, model.latent_size))
    return {"x": tf.constant(x * 1.0), "prior": tf.constant(prior)}


def one_hot(k):
    return tf.constant(np.eye(K)[[k] * N])


def test_a_category_is_a_label_that_nobody_gave():
    """The decoder is a PixelCNN of the code, and p(x) their mixture."""
    model = tiny()
    other, x = of_labels(model), examples(model)["x"]
    label = [np.full(N, k) for k in range(K)]
    expected = [other.log_prob(x, label=k) for k in label]
    for k in range(K):
        distortion = model.distortion({"x": x}, [one_hot(k)])
        np.testing.assert_allclose(-distortion, expected[k], **tolerances.EXACT)
    mixture = np.logaddexp.reduce(expected) - np.log(K)
    np.testing.assert_allclose(model.log_prob(x), mixture, **tolerances.EXACT)
    check_probabilities(model)
    u = tf.random.stateless_uniform((N, 4), (1, 2), dtype=tf.float64)
    for k in range(K):
        np.testing.assert_array_equal(
            model.decode_with_uniforms(one_hot(k), u),
            other.draw(u, label=label[k]),
        )


def test_samples_are_of_the_mixture():
    """Each state as often as p(x) says, codes drawn of the prior."""
    model = tiny((2, 1, 1), levels=2)
    noise = np.random.default_rng(0).standard_normal((20_000, K + 2))
    x = model.sample(tf.constant(noise)).numpy().reshape(-1, 2)
    every = states((2, 1, 1), 2)
    p = np.exp(model.log_prob(every))
    for state, expected in zip(every.numpy().reshape(-1, 2), p):
        found = np.mean(np.all(x == state, axis=1))
        error = np.sqrt(expected * (1 - expected) / len(x))
        assert abs(found - expected) < 4 * error


def test_losses_are_those_of_code_and_game():
    model = tiny()
    batch = examples(model)
    found = losses_of(model, batch)
    assert list(found) == list(model.players())
    x = batch["x"]
    y = model.encode(x)
    np.testing.assert_allclose(tf.reduce_sum(y, 1), 1, **tolerances.FLOAT32)
    # A softmax beside one-hot draws; 3 is the deviation of logits.
    (D,) = model.discriminators
    logits = model.encoder(model.to_unit(x)).numpy()
    scaled = (logits - logits.mean(0)) / np.sqrt(logits.var(0) + 1e-3)
    y = tf.nn.softmax(3 * scaled)
    drawn = np.eye(K)[np.argmax(batch["prior"], axis=1)]
    real, fake = (D(t).numpy() for t in (tf.constant(drawn), y))
    expected = {
        "autoencoder": model.distortion(batch, [y]),
        "discriminator": np.logaddexp(0, -real) + np.logaddexp(0, fake),
        "generator": np.logaddexp(0, -fake),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name], values, **tolerances.EXACT, err_msg=name
        )
    players = model.players()
    ids = {n: {id(v) for v in p.variables} for n, p in players.items()}
    decoder = {id(v) for v in model.network.trainable_variables}
    assert ids["autoencoder"] == ids["generator"] | decoder
    assert not ids["autoencoder"] & ids["discriminator"]


def test_the_code_is_used():
    """Another image's code explains an image less."""
    model = tiny((2, 2, 1), levels=2, latent=2, categories=0, noise=0.3)
    x = tf.constant(np.repeat(np.arange(8.0) % 2, 4).reshape(8, 2, 2, 1))
    batch = {"x": x, "prior": tf.zeros((8, 2), tf.float64)}
    player = model.players()["autoencoder"]
    optimizer = keras.optimizers.Adam(0.05)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = model.per_example_losses(batch, True)["autoencoder"]
        values = [v.value for v in player.variables]
        optimizer.apply(tape.gradient(loss, values), player.variables)

    optimizer.build(player.variables)
    for _ in range(100):
        step()
    (z,), _ = model._codes(x)
    own, swapped = (
        np.mean(model.distortion(batch, [code])) for code in (z, z[::-1])
    )
    assert own < np.log(2) / 4 < np.log(2) < swapped


def test_training_keeps_the_sum():
    """Over all states, of trained weights and of their averages."""
    model = tiny()
    batch, before = examples(model), model.log_prob(examples(model)["x"])
    players = model.players()
    optimizers = {
        name: keras.optimizers.Adam(0.1, use_ema=True) for name in players
    }
    for _ in range(2):
        for name, player in players.items():
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(losses_of(model, batch)[name])
            gradients = tape.gradient(loss, [v.value for v in player.variables])
            optimizers[name].apply(gradients, player.variables)
    trained = model.log_prob(batch["x"])
    assert np.all(trained != before)
    check_probabilities(model)
    for name, player in players.items():
        optimizers[name].finalize_variable_values(player.variables)
    assert np.all(model.log_prob(batch["x"]) != trained)
    check_probabilities(model)


def test_other_codes():
    gaussian = tiny(latent=2, categories=0)
    x = examples(gaussian)["x"]
    assert not gaussian.can("log_prob")
    assert gaussian.encode(x).shape == (N, 2)
    assert list(gaussian.per_example_metrics({"x": x})) == ["distortion"]
    both = tiny(latent=2)
    assert list(both.encode(x)) == ["z", "category"]
    assert both.sample(tf.zeros([4, 2 + K + 4], tf.float64)).shape == (
        4,
        2,
        2,
        1,
    )
    labelled = tiny(supervised=True, num_classes=4)
    batch = {**examples(labelled), "label": tf.constant([0, 1, 2, 3, 0])}
    assert labelled.latents["category"].shape == (4,)
    assert next(iter(labelled.per_example_metrics(batch))) == "error_rate"
    assert list(losses_of(labelled, batch))[-1] == "classifier"
    conditional = tiny(conditional=True, features=8, outputs=8)
    first, second = (
        conditional.log_prob(x, label=np.full(N, k)) for k in (0, 1)
    )
    assert np.all(first != second)
    check_probabilities(conditional, label=[1])
    noise = checks.normal(100, conditional.sample_noise)
    first, second = (
        conditional.sample(noise, label=np.full(100, k)) for k in (0, 1)
    )
    assert np.any(first != second)
    with pytest.raises(UserError, match="network.latent=0: expected at least"):
        tiny(categories=0)
