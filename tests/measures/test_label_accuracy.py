"""Whether samples of a class look like it, and teach it."""

import numpy as np
import pytest

from tfgen.data.loaded import gather
from tfgen.errors import UserError
from tfgen.evaluate.classifier import Classifier
from tfgen.measures import Options, label_accuracy, learnt_from_samples
from tfgen.run import Run


class Ink:
    """Tells a class by the first pixel, which says it."""

    def probabilities(self, x):
        return np.eye(10)[x[:, 0, 0, 0].astype(int)]

    accuracy = Classifier.accuracy


def run_of(tmp_path, model="gan", *overrides):
    settings = ["conditional=true", *overrides]
    run = Run.start(tmp_path, model, "tiny", None, settings)
    return run, run.build_model()


def says(model, monkeypatch, class_of):
    """Samples whose first pixel says a class, of the one asked for."""

    def sample(noise, label):
        x = np.zeros((len(noise), 8, 8, 1), np.float32)
        x[:, 0, 0, 0] = class_of(label)
        return TensorLike(x)

    monkeypatch.setattr(model, "sample", sample)


class TensorLike(np.ndarray):
    def __new__(cls, x):
        return x.view(cls)

    def numpy(self):
        return np.asarray(self)


def test_samples_of_a_class_are_counted(tmp_path, monkeypatch):
    run, model = run_of(tmp_path)
    assert label_accuracy.applies(model, run.config.spec)
    monkeypatch.setitem(run.sample_quality.__dict__, "classifier", Ink())
    label = gather(run.held_out(model, "test"))["label"]

    def measure(class_of, **options):
        says(model, monkeypatch, class_of)
        found = label_accuracy.measure(run, model, "test", Options(**options))
        assert list(found) == ["label_accuracy", "label_accuracy_data"]
        return found["label_accuracy"]

    assert measure(lambda label: label) == 1
    assert measure(lambda label: 0 * label) == np.mean(label == 0)
    wrong = np.mean(label[:50] != 7)
    assert measure(
        lambda label: np.where(label == 7, 8, label), samples=50
    ) == pytest.approx(wrong)


def test_a_classifier_learns_of_samples(tmp_path, monkeypatch):
    """As many as the training split has, of its classes; it sees no data."""
    run, model = run_of(tmp_path)
    asked = []

    def seen(train, validation, classes, levels, progress):
        assert (classes, levels) == (10, 17)
        asked.append((train, validation))
        return Ink()

    monkeypatch.setattr(learnt_from_samples, "train_classifier", seen)
    says(model, monkeypatch, lambda label: label)
    found = learnt_from_samples.measure(run, model, "test", Options())
    test = gather(run.held_out(model, "test"))
    expected = np.mean(test["x"][:, 0, 0, 0].astype(int) == test["label"])
    assert found == {"learnt_from_samples_accuracy": pytest.approx(expected)}
    for split, samples in zip(("train", "validation"), asked[0]):
        label = gather(run.held_out(model, split))["label"]
        np.testing.assert_array_equal(samples["label"], label)
        np.testing.assert_array_equal(samples["x"][:, 0, 0, 0], label)


def test_who_is_measured(tmp_path):
    """Games, unless they are asked for; and nobody without classes."""
    run, model = run_of(tmp_path / "vae", "vae")
    assert not label_accuracy.applies(model, run.config.spec)
    label_accuracy.check(model, run.config.spec, "label_accuracy")
    run, model = run_of(tmp_path / "gan", "gan", "conditional=false")
    assert not label_accuracy.applies(model, run.config.spec)
    for module in (label_accuracy, learnt_from_samples):
        name = module.__name__.rpartition(".")[2]
        with pytest.raises(UserError, match=f"^measure={name}: expected a mo"):
            module.measure(run, model, "test", Options())
