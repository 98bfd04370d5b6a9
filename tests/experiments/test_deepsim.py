import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.evaluate.classifier import Classifier
from tfgen.experiments import deepsim
from tfgen.experiments.training import Splits

RANDOM = np.random.default_rng(0)
SPEC = DataSpec((8, 8, 1), 17, 10)
COMPARATOR = Classifier(SPEC.shape, 10, 17)
X = RANDOM.integers(0, 17, (5, 8, 8, 1)).astype(np.float32)


def model(*terms, inverts=False):
    return deepsim.DeePSiM(terms, COMPARATOR, SPEC, inverts)


def test_the_terms():
    """Each by hand, and what they make together."""
    made = model(0.5, 0.25, 2.0)
    losses = made.per_example_losses({"x": tf.constant(X)}, True)
    y = made.decode(made.encode(X)).numpy()
    image = np.square((y - X) / 8).sum((1, 2, 3))
    features = [COMPARATOR.features(images) for images in (y, X)]
    feature = np.square(np.subtract(*features)).sum(1)
    D = made.discriminator
    real, fake = (D(images.reshape(5, 64) / 8 - 1).numpy() for images in (X, y))
    adversarial = np.log1p(np.exp(-fake))
    expected = 0.5 * image + 0.25 * feature + 2 * adversarial
    np.testing.assert_allclose(losses["generator"], expected, rtol=1e-4)
    expected = np.log1p(np.exp(-real)) + np.log1p(np.exp(fake))
    np.testing.assert_allclose(losses["D"], expected, rtol=1e-4)


def test_the_comparator_does_not_learn():
    data = Splits(SPEC, {"x": X, "label": np.arange(5)}, {}, {})
    before = [w.numpy() for w in COMPARATOR.network.weights]
    for inverts in (False, True):
        made = deepsim.trained(
            (1.0, 1.0, 1.0), COMPARATOR, data, 0, 50, inverts
        )
        moving = [v for p in made.players().values() for v in p.variables]
        frozen = {id(v) for v in COMPARATOR.network.weights}
        assert not frozen & {id(v) for v in moving}
        assert made.encode(X).shape == (5, 128 if inverts else 8)
    for weight, value in zip(COMPARATOR.network.weights, before):
        np.testing.assert_array_equal(weight, value)


def test_without_its_term_there_is_no_game():
    assert [*model(1.0, 1.0, 0.0).players()] == ["generator"]


def test_figures_of_the_data_themselves():
    split = {"x": X, "label": COMPARATOR.probabilities(X).argmax(1)}
    found = deepsim.figures(COMPARATOR, split, X)
    assert found["accuracy"] == found["sharpness"] == 1
    assert found["l2"] == 0 and found["frechet"] == pytest.approx(0, abs=1e-3)
    moved = deepsim.figures(COMPARATOR, split, X + 2)
    assert moved["l2"] == pytest.approx(2)
    flat = deepsim.figures(COMPARATOR, split, np.full_like(X, 8))
    assert flat["sharpness"] == 0


def test_the_judge_is_no_comparator(monkeypatch):
    """And what is judged are test images."""
    test = {"x": X, "label": np.arange(5)}
    data = Splits(SPEC, {"x": X[:1]}, {}, test)
    judged = []
    monkeypatch.setattr(deepsim.training, "splits", lambda _: data)
    monkeypatch.setattr(
        deepsim.training, "classifier", lambda data, seed: f"of seed {seed}"
    )

    class Copier:
        def __init__(self, comparator):
            assert comparator == "of seed 3"

        def encode(self, x):
            return x

        def decode(self, z):
            return tf.constant(z)

    monkeypatch.setattr(
        deepsim, "trained", lambda terms, comparator, *_: Copier(comparator)
    )
    monkeypatch.setattr(deepsim, "figures", lambda *call: judged.append(call))
    found = deepsim.rows(3)
    assert [*found] == ["data", *deepsim.TERMS]
    for judge, split, made in judged:
        assert judge == "of seed 1003" and split is test
        np.testing.assert_array_equal(made, X)
