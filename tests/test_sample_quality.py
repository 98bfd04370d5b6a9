"""Figures of samples within a run: a classifier made once, kept, used."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen import experiment, sample_quality
from tfgen.errors import UserError
from tfgen.evaluate import summary
from tfgen.evaluate.classifier import Classifier, Described
from tfgen.evaluate.frechet import Moments, frechet_distance
from tfgen.sample_quality import SampleQuality, complaint
from tfgen.train.strategy import make_strategy


class Copies:
    """Makes the same examples in order, whatever the noise."""

    latent_shape = (2,)

    def __init__(self, x):
        self.left = x

    def sample(self, noise):
        n = len(noise)
        x, self.left = self.left[:n], self.left[n:]
        return tf.constant(x)


def quality(tmp_path, model, preset, data=None):
    run = experiment.start(tmp_path, model, preset, data)
    return SampleQuality(run.data, run.config, tmp_path), run


def examples(run, split):
    return np.concatenate(
        [b["x"] for b in run.data.eval_batches(split, run.config.train)]
    )


class Rows:
    """Describes images by the means of their rows; the shares of classes."""

    def describe(self, x):
        features = x.mean(axis=(2, 3))
        shares = features.astype(np.float64) + 1
        return Described(features, shares / shares.sum(axis=1, keepdims=True))


class Noise:
    """Makes images whose pixels are the noise."""

    latent_shape = (8, 8, 1)

    def sample(self, noise):
        assert len(noise) <= 500
        return noise


def test_frechet_distances_are_of_all_samples_and_the_whole_split(
    tmp_path, monkeypatch
):
    """Of 180 digits and 1,200 samples, though pairs are of the first 50."""
    for module in (summary, sample_quality):
        monkeypatch.setattr(module, "MOST", 50)
    run = experiment.start(tmp_path, "gan", "tiny")
    measured = SampleQuality(run.data, run.config, tmp_path, Rows())
    x = examples(run, "test")
    random = np.random.default_rng(sample_quality._SEED)
    noise = random.standard_normal((1200, 8, 8, 1), np.float32)
    for samples, count in ((None, 50), (1200, 1200)):
        values = measured.measure(Noise(), "test", samples)
        sets = (Rows().describe(each) for each in (x, noise[:count]))
        expected = frechet_distance(*(Moments.of(s.features) for s in sets))
        assert values["frechet_distance"] == pytest.approx(expected)
        ratio = noise[:count].var(axis=0).sum() / x.var(axis=0).sum()
        assert values["variance_ratio"] == pytest.approx(ratio, rel=1e-4)


@pytest.mark.slow
def test_images(tmp_path):
    measured, run = quality(tmp_path, "gan", "tiny")
    x = examples(run, "test")
    same = measured.measure(Copies(x), "test")
    assert list(same)[0] == "frechet_distance"
    assert same["frechet_distance"] == pytest.approx(0, abs=1e-4)
    assert same["classes_found"] == 10
    flat = measured.measure(Copies(0 * x + 8), "test")
    assert flat["frechet_distance"] > 10
    assert flat["classes_found"] == 1
    assert flat["classes_in_data"] == 10
    # Two digits have nearly the variance of ten.
    label = np.concatenate(
        [b["label"] for b in run.data.eval_batches("test", run.config.train)]
    )
    of_two = x[label < 2]
    two = measured.of_samples(of_two, "test")
    assert two["variance_ratio"] > 0.5
    assert complaint(two) == "samples show 2 of 10 classes"
    assert complaint(same) is None
    # Smaller samples are measured in the size of the data.
    small = measured.measure(Copies(x[:, ::2, ::2]), "test")
    assert np.isfinite(small["frechet_distance"])
    # Another process uses the same classifier.
    before = (tmp_path / "classifier.npz").stat().st_mtime_ns
    again, _ = quality(tmp_path, "gan", "tiny")
    assert again.measure(Copies(0 * x + 8), "test") == flat
    assert (tmp_path / "classifier.npz").stat().st_mtime_ns == before


def test_too_few_examples_are_named_before_the_training(tmp_path):
    few = ["num_examples=50", "batch_size=8"]
    run = experiment.start(tmp_path, "gan", "toy", "moons", few)
    with pytest.raises(UserError) as error:
        run.train(make_strategy("cpu"))
    assert str(error.value) == (
        "--data=moons: 5 examples in the validation split; expected at least"
        " 6, which samples are measured by."
    )
    assert not list(tmp_path.iterdir())


def test_a_damaged_classifier_is_made_anew(tmp_path, monkeypatch, caplog):
    path = tmp_path / "classifier.npz"
    made = Classifier((8, 8, 1), 10, 17)
    monkeypatch.setattr(
        sample_quality, "train_classifier", lambda *_, **__: made
    )
    # Of other images, and cut short.
    Classifier((9, 9, 1), 10, 17).save(path)
    for reason in ("shape is", "File is not a zip file"):
        with caplog.at_level("WARNING", "absl"):
            assert quality(tmp_path, "gan", "tiny")[0].classifier is made
        line = caplog.records[-1].getMessage()
        assert line.startswith(f"{path}: not a classifier of these images (")
        assert reason in line and line.endswith("; it is made anew.")
        Classifier.load(path, (8, 8, 1), 10, 17)
        path.write_bytes(path.read_bytes()[:1000])


def test_the_classifier_learns_from_what_fits_in_memory(tmp_path, monkeypatch):
    """Of digits, 256 bytes each; the validation split has 180."""
    learnt = {}

    class Trained(Exception):
        pass

    def train(train, validation, *_, **__):
        learnt.update(train=len(train["x"]), validation=len(validation["x"]))
        raise Trained

    monkeypatch.setattr(sample_quality, "train_classifier", train)
    for digits, expected in (
        (2_000, {"train": 1437, "validation": 180}),
        (500, {"train": 500, "validation": 180}),
        (70, {"train": 70, "validation": 70}),
    ):
        monkeypatch.setattr(sample_quality, "_MOST_BYTES", 256 * digits)
        with pytest.raises(Trained):
            quality(tmp_path, "gan", "tiny")[0].classifier
        assert learnt == expected


@pytest.mark.slow
def test_images_without_labels(tmp_path, unlabelled):
    """A game trains, is selected and evaluated, by random features."""
    run = experiment.start(
        tmp_path, "gan", "tiny", unlabelled, ["data.image_size=8"]
    )
    end = run.train(make_strategy("cpu"))
    assert 0 < end.best < np.inf
    values = run.evaluate()
    assert list(values)[0] == "frechet_distance"
    assert values["frechet_distance"] > 0
    assert not {"inception_score", "classes_found"} & set(values)
    # The network is the same for another process.
    again = experiment.resume(tmp_path)
    assert again.evaluate() == values
    x = examples(run, "test")
    same = run.sample_quality.measure(Copies(x), "test")
    assert same["frechet_distance"] == pytest.approx(0, abs=1e-4)
    assert same["frechet_distance"] < values["frechet_distance"]


def test_points(tmp_path):
    measured, run = quality(tmp_path, "gan", "toy")
    x = examples(run, "test")
    same = measured.measure(Copies(x), "test")
    assert same["energy_distance"] == pytest.approx(0, abs=1e-6)
    # 25 Gaussians; 98.9 % lie within three standard deviations.
    assert same["modes_found"] == 25
    assert same["good_share"] == pytest.approx(0.989, abs=0.01)
    one = measured.measure(Copies(0 * x + 2), "test")
    assert (one["modes_found"], one["good_share"]) == (1, 1)
    assert not (tmp_path / "classifier.npz").exists()


def test_samples_that_are_no_numbers_are_the_worst(tmp_path):
    measured, run = quality(tmp_path, "gan", "toy")
    broken = measured.measure(Copies(examples(run, "test") * np.nan), "test")
    assert broken == {"energy_distance": np.inf, "variance_ratio": np.inf}
    assert "diverged to inf" in complaint(broken)


def test_collapsed_and_diverged_samples_are_complained_of(tmp_path):
    measured, run = quality(tmp_path, "gan", "toy")
    x = examples(run, "test")
    for scale in (1, 0.5, 0.2, 4):
        values = measured.measure(Copies(x * np.float32(scale)), "test")
        assert values["variance_ratio"] == pytest.approx(scale**2, rel=1e-4)
        said = complaint(values)
        word = {0.2: "collapsed to 0.04", 4: "diverged to 16"}.get(scale)
        assert word in said if word else said is None
    # Other models have no samples to complain of.
    assert complaint({"bits_per_dim": np.inf}) is None


@pytest.mark.parametrize(
    "found, classes, bad",
    [(3, 10, True), (4, 10, False), (1, 3, False), (1, 4, True)],
)
def test_few_classes_are_complained_of(found, classes, bad):
    values = {"variance_ratio": 1.0, "classes_found": float(found)}
    said = complaint(values | {"classes_in_data": float(classes)})
    assert said == (f"samples show {found} of {classes} classes" * bad or None)
