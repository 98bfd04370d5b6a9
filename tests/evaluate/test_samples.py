import numpy as np
import pytest

from tfgen.evaluate import summary
from tfgen.evaluate.classifier import Described
from tfgen.evaluate.samples import FEWEST, sample_metrics
from tfgen.evaluate.summary import Summary


def made(features, probabilities, batch=400):
    """The summary of these, added in batches."""
    whole = Summary()
    for i in range(0, len(features), batch):
        part = slice(i, i + batch)
        p = None if probabilities is None else probabilities[part]
        whole.add(features[part], Described(features[part], p))
    return whole


def described(seed, count=400, classes=4, mean=0.0):
    """Features around a centre for each class; a sure classifier."""
    random = np.random.default_rng(seed)
    label = np.arange(count) % classes
    features = random.standard_normal((count, 6)) + mean
    features[:, 0] += 10 * label
    return made(features.astype(np.float32), np.eye(4)[label])


def test_the_data_themselves():
    metrics = sample_metrics(described(0), described(0))
    assert next(iter(metrics)) == "frechet_distance"
    assert metrics["frechet_distance"] == pytest.approx(0, abs=1e-9)
    assert metrics["inception_score"] == pytest.approx(4)
    assert metrics["modified_inception_score"] > 100
    assert metrics["classes_found"] == 4
    for name in ("precision", "recall", "coverage"):
        assert metrics[name] == 1
    assert all(type(value) is float for value in metrics.values())


def test_a_shift_of_all_features():
    """Six features, 3 each: the means are 54 apart, squared."""
    metrics = sample_metrics(described(0), described(0, mean=3.0))
    assert metrics["frechet_distance"] == pytest.approx(54, rel=1e-4)
    assert metrics["kernel_distance"] > 0
    assert metrics["kernel_distance_std_error"] > 0


def test_only_the_frechet_distance_is_of_more_than_the_first(monkeypatch):
    monkeypatch.setattr(summary, "MOST", 200)
    sets = [described(seed, mean=float(seed)) for seed in (0, 1)]
    metrics = sample_metrics(*sets)
    first = sample_metrics(*(made(*each.first) for each in sets))
    frechet = {
        name: values.pop("frechet_distance")
        for name, values in (("all", metrics), ("first", first))
    }
    assert metrics == first
    monkeypatch.undo()
    whole = sample_metrics(*(described(s, mean=float(s)) for s in (0, 1)))
    assert frechet["all"] == pytest.approx(whole["frechet_distance"])
    assert frechet["all"] != pytest.approx(frechet["first"], rel=1e-3)


def test_few_examples():
    """Thirteen are no ten blocks of two; of the fewest, there are three."""
    for count in (13, FEWEST):
        metrics = sample_metrics(described(0, count), described(1, count))
        assert np.isfinite(list(metrics.values())).all()


def test_missing_classes():
    """Two classes of four: as good, half as many, and half of the data."""
    metrics = sample_metrics(described(0), described(1, classes=2))
    assert metrics["inception_score"] == pytest.approx(2)
    assert metrics["classes_found"] == 2
    assert metrics["classes_in_data"] == 4
    assert metrics["class_total_variation"] == 0.5
    assert metrics["precision"] > 0.8
    assert metrics["recall"] < 0.5
    assert metrics["coverage"] <= 0.5


def test_without_probabilities_there_are_no_classes():
    real, generated = (made(described(s).first.features, None) for s in (0, 1))
    metrics = sample_metrics(real, generated)
    assert list(metrics) == [
        "frechet_distance",
        "kernel_distance",
        "kernel_distance_std_error",
        "precision",
        "recall",
        "density",
        "coverage",
    ]
    same = sample_metrics(described(0), described(1))
    assert metrics == {name: same[name] for name in metrics}


def test_a_good_model_beats_a_collapsed_one():
    real, good = described(0), described(1)
    collapsed = made(*(np.repeat(a[:1], 400, axis=0) for a in good.first))
    good, bad = sample_metrics(real, good), sample_metrics(real, collapsed)
    for name in ("frechet_distance", "kernel_distance"):
        assert good[name] < bad[name]
    for name in ("inception_score", "recall", "coverage", "classes_found"):
        assert good[name] > bad[name]
