"""Figures of features on the digits, from features that are known."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import DataSpec, TrainConfig
from tfgen.data.loaded import first_of, gather
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS
from tfgen.evaluate.nearest import leave_one_out_accuracy, neighbor_accuracy
from tfgen.measures import features as quality
from tfgen.measures.features import data_statistics, feature_metrics, features
from tfgen.model import Model

CONFIG = TrainConfig(batch_size=100)


@pytest.fixture(scope="module")
def digits():
    return DataConfig("digits", dequantize=False).load(seed=0)


class Pixels(Model):
    """Its features are the pixels, normalized, and nothing."""

    def __init__(self):
        super().__init__()
        self.norm = keras.layers.BatchNormalization(momentum=0.9)
        self.norm.build((None, 64))

    def features(self, x, training=False):
        x = tf.reshape(x, [-1, 64])
        return {"normed": self.norm(x, training=training), "nothing": 0 * x}


def test_pixels_tell_digits_apart_and_zeros_do_not(digits):
    values = feature_metrics(Pixels(), digits, CONFIG)
    assert values["nearest_neighbor_accuracy_pixels"] > 0.9
    assert values["nearest_neighbor_accuracy_normed"] > 0.9
    assert values["linear_probe_accuracy_normed"] > 0.9
    assert values["nearest_neighbor_accuracy_nothing"] < 0.2
    assert values["linear_probe_accuracy_nothing"] < 0.2
    assert len(values) == 5


def test_many_test_examples_are_searched_among_training_examples_alone(
    digits, monkeypatch
):
    """As in table 1; of few, each is searched among all others."""
    monkeypatch.setattr(quality, "linear_probe", lambda *_: 0.0)
    name = "nearest_neighbor_accuracy_pixels"
    splits = [gather(digits.eval_batches(split, CONFIG)) for split in SPLITS]
    sets = [(s["x"].reshape(len(s["x"]), 64), s["label"]) for s in splits]
    x, label = (np.concatenate(parts) for parts in zip(*sets))
    found = feature_metrics(Pixels(), digits, CONFIG)[name]
    assert found == leave_one_out_accuracy(x, label)
    monkeypatch.setattr(quality, "_FEW", 180)
    found = feature_metrics(Pixels(), digits, CONFIG)[name]
    assert found == neighbor_accuracy(*sets[0], *sets[2])


def test_what_is_left_out_is_said(digits, caplog):
    with caplog.at_level("WARNING", "absl"):
        assert len(first_of(digits, "test", CONFIG, 180)["x"]) == 180
        assert not caplog.records
        assert len(first_of(digits, "test", CONFIG, 50)["x"]) == 50
    (line,) = [r.getMessage() for r in caplog.records]
    assert line == "Of the 180 test examples, the first 50 are used."


def test_statistics_are_those_of_whole_training_batches():
    model = Pixels()
    x = np.random.default_rng(0).normal(2, 3, (250, 8, 8, 1)).astype("float32")
    with data_statistics(model, x, batch_size=100):
        read = features(model, x)["normed"]
    flat = x.reshape(250, 64)
    parts = flat[:100], flat[100:200]
    mean = np.mean([p.mean(0) for p in parts], 0)
    variance = np.mean([p.var(0) for p in parts], 0)
    expected = (flat - mean) / np.sqrt(variance + model.norm.epsilon)
    np.testing.assert_allclose(read, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(model.norm.moving_mean, np.zeros(64))


def test_without_features_or_labels_there_are_no_figures(digits):
    unlabelled = types.SimpleNamespace(spec=DataSpec((8, 8, 1), levels=17))
    assert feature_metrics(Pixels(), unlabelled, CONFIG) == {}
    assert feature_metrics(Model(), digits, CONFIG) == {}
