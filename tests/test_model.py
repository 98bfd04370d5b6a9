"""The base of all models."""

import types

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tests import tolerances
from tfgen import capabilities
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.example_inputs import example_inputs
from tfgen.losses.classification import most_probable
from tfgen.model import Latent, Model, Player

N = 20_000


class Codes(Model):
    """Four latents of every kind, of which x is made side by side."""

    conditions = ("label",)

    def __init__(self):
        super().__init__(None, DataSpec((10,), num_classes=3))
        self.latents = {
            "z": Latent((2,)),
            "u": Latent((2,), "uniform"),
            "c": Latent((3,), "categorical"),
            "b": Latent((2,), "bernoulli"),
        }

    def decode(self, z, u, c, b, label):
        label = tf.cast(label, tf.float32)[:, None]
        return tf.concat([z, u, c, b, label], axis=1)


class Density(Model):
    """A density without latents; samples are what noise is."""

    sample_noise = 4

    def log_prob(self, x):
        return -tf.reduce_sum(tf.square(x), axis=1)

    def sample(self, noise):
        return noise + 1


def test_priors():
    """Moments of each, and independent columns."""
    noise = tf.random.stateless_normal([N, 9], [1, 2])
    z, u, c, b = Codes().prior(noise)
    np.testing.assert_array_equal(z, noise[:, :2])
    for values, mean, variance in (
        (u, 0, 1 / 3),
        (c, 1 / 3, 2 / 9),
        (b, 0.5, 0.25),
    ):
        np.testing.assert_allclose(np.mean(values, 0), mean, atol=0.02)
        np.testing.assert_allclose(np.var(values, 0), variance, atol=0.02)
    assert np.max(np.abs(u)) < 1
    np.testing.assert_array_equal(np.sum(c, 1), 1)
    assert set(np.unique(b)) == set(np.unique(c)) == {0, 1}
    x = np.concatenate([z, u, c[:, :2], b], axis=1)
    correlations = np.corrcoef(x.T) - np.eye(8)
    correlations[4, 5] = correlations[5, 4] = 0  # of one categorical
    assert np.max(np.abs(correlations)) < 0.03


@pytest.mark.parametrize(
    "prior", ["normal", "logistic", "uniform", "categorical", "bernoulli"]
)
def test_normal_numbers_of_a_latent(prior):
    latent = Latent((3,), prior)
    z = latent.of_normal(tf.random.stateless_normal([50, 3], [3, 4]))
    np.testing.assert_allclose(
        latent.of_normal(latent.to_normal(z)), z, atol=2e-3
    )


def test_no_logistic_latent_is_infinite():
    """What NICE encodes far out, and what hot samples are made of."""
    latent, far = Latent((2,), "logistic"), tf.constant([[-90.0, 500.0]])
    noise = latent.to_normal(far)
    expected = special.ndtri_exp([-90.0, -500.0]) * [1, -1]
    np.testing.assert_allclose(noise, [expected], rtol=1e-6)
    np.testing.assert_allclose(latent.of_normal(noise), far, rtol=1e-5)


def test_latents_are_named_inputs_and_conditions_the_last():
    model = Codes()
    assert model.sample_noise == 9
    found = capabilities.signatures(model)
    assert {k: [s.name for s in f.inputs] for k, f in found.items()} == {
        "decode": ["z", "u", "c", "b", "label"],
        "sample": ["seed", "temperature", "label"],
    }
    rows = example_inputs(model, 5, seed=0)
    for key, signature in found.items():
        tensors = [tf.constant(rows[s.name]) for s in signature.inputs]
        x = signature.function(*tensors)["x"].numpy()
        assert x.shape == (5, 10)
        np.testing.assert_array_equal(x[:, 9], rows["label"])
    np.testing.assert_array_equal(np.sort(rows["c"], axis=1), [[0, 0, 1]] * 5)


def test_a_density_without_latents():
    model = Density(None, DataSpec((4,)))
    assert not model.can("decode") and model.can("sample")
    assert list(capabilities.signatures(model)) == ["log_prob", "sample"]
    rows = example_inputs(model, 3, seed=0)
    assert rows["x"].shape == (3, 4) and "z" not in rows


def test_nothing_to_sample():
    assert not Model().can("sample")
    assert not Model().trains_samples


def test_stages():
    player = Player([], OptimizerConfig(), since=2, until=5)
    assert [player.plays(step) for step in range(7)] == [
        *[False] * 2,
        *[True] * 3,
        *[False] * 2,
    ]


def test_a_game_of_one():
    """Without `players`, one trains everything, and `player` is its name."""
    optimizer = OptimizerConfig("rmsprop")
    model = Density(types.SimpleNamespace(optimizer=optimizer))
    model.add_weight(shape=(2,), name="trained")
    model.add_weight(shape=(2,), name="fixed", trainable=False)
    model.player = "density"
    ((name, player),) = model.players().items()
    assert (name, player.optimizer) == ("density", optimizer)
    assert [v.name for v in player.variables] == ["trained"]


def test_gray_levels_at_the_edge():
    model = Model(None, DataSpec((1,), levels=17))
    x = tf.constant([[0.0], [8.0], [16.0]])
    np.testing.assert_allclose(model.to_unit(x), [[-1], [0], [1]])
    np.testing.assert_allclose(
        model.from_unit(model.to_unit(x)), x, **tolerances.FLOAT32
    )


class Classes(Model):
    """Class 1 if x is positive."""

    def classify(self, x):
        return most_probable(tf.concat([-x, x], axis=1))


def test_names_of_classes():
    """Servers give them, devices have them in a file."""
    spec = DataSpec((1,), num_classes=2, labels=("low", "high"))
    found = capabilities.signatures(Classes(None, spec))
    assert list(found) == ["classify", "classify_named"]
    named = found["classify_named"]
    assert not named.on_device
    outputs = named.function(tf.constant([[-1.0], [2.0]]))
    assert outputs["label_name"].numpy().tolist() == [b"low", b"high"]
    assert outputs["label"].numpy().tolist() == [0, 1]
    assets = capabilities.assets(Classes(None, spec))
    assert assets == {"labels.txt": b"low\nhigh\n"}
    assert capabilities.assets(Classes(None, DataSpec((1,)))) == {}


def test_a_conditional_models_labels_have_names():
    conditional = Codes()
    spec = DataSpec((10,), num_classes=2, labels=("low", "high"))
    conditional.spec = spec
    assert capabilities.assets(conditional) == {"labels.txt": b"low\nhigh\n"}
    assert capabilities.assets(Density(None, spec)) == {}
