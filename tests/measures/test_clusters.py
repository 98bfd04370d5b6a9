"""Accuracy of categories that are no labels."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.measures import Options, clusters
from tfgen.run import Run


def test_a_category_counts_as_the_label_that_most_have():
    category = np.array([0, 0, 0, 1, 1, 0, 0, 1, 1, 2])
    label = np.array([5, 5, 3, 3, 3, 5, 3, 3, 5, 3])
    # 0 is 5 and 1 is 3; the first half has nothing of 2.
    assert clusters.accuracy(category, label) == pytest.approx(2 / 5)


def test_names_of_categories_do_not_matter():
    label = np.arange(200) % 10
    assert clusters.accuracy(9 - label, label) == 1
    assert clusters.accuracy(label // 2, label) == 0.5
    assert clusters.accuracy(np.zeros(200, int), label) == 0.1


def test_a_label_is_matched_once():
    label = np.array([0, 0, 0, 1, 1, 2])
    assert clusters.matched_accuracy((label + 1) % 3, label) == 1
    # By most of them, 0 and 1 were both the label 0.
    category = np.array([0, 0, 1, 1, 2, 2])
    assert clusters.matched_accuracy(category, label) == pytest.approx(4 / 6)
    # Spare categories are wrong.
    assert clusters.matched_accuracy(np.arange(6), label) == 0.5


def run_of(tmp_path, model, *overrides):
    run = Run.start(tmp_path / model, model, "tiny", None, overrides)
    return run, run.build_model()


@pytest.mark.parametrize("model", ["aae", "pixelgan"])
def test_categories_of_models(tmp_path, model, monkeypatch):
    """As k-means, if that is what the encoder does."""
    run, built = run_of(tmp_path, model, "categories=4")
    assert clusters.applies(built, run.config.spec)

    def quarter(x):
        """The place of the first row that has ink, of two pixels."""
        dark = tf.reduce_sum(x, axis=[1, 2, 3]) > 20 * (model == "aae")
        category = tf.one_hot(tf.cast(dark, tf.int32), 4)
        return {"z": x, "category": category} if model == "aae" else category

    monkeypatch.setattr(built, "encode", quarter)
    found = clusters.measure(run, built, "test", Options())
    assert list(found) == [
        "cluster_accuracy",
        "matched_accuracy",
        "clusters_found",
        "cluster_accuracy_k_means",
        "matched_accuracy_k_means",
    ]
    assert found["matched_accuracy"] <= 0.11
    assert found["clusters_found"] == 1
    assert found["cluster_accuracy"] == pytest.approx(0.1, abs=0.03)
    # Four clusters of ten digits.
    assert 0.3 < found["cluster_accuracy_k_means"] < 0.42


def test_the_first_of_several_codes(tmp_path):
    codes = "codes=a=categorical:10,b=categorical:2,c=uniform"
    run, built = run_of(tmp_path, "infogan", codes)
    found = clusters.measure(run, built, "test", Options())
    assert 0.7 < found["matched_accuracy_k_means"] < 0.9


def test_labels_are_no_clusters(tmp_path):
    run, built = run_of(tmp_path, "aae", "supervised=true")
    assert not clusters.applies(built, run.config.spec)
    assert clusters.measure(run, built, "test", Options()) == {}
    run, built = run_of(tmp_path, "vae")
    assert not clusters.applies(built, run.config.spec)
