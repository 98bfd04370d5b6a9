"""Figures of samples within a run: a classifier made once, kept, used."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen.data.toys import EIGHT_CENTERS, GRID_CENTERS
from tfgen.errors import UserError
from tfgen.evaluate import samples, summary
from tfgen.evaluate.classifier import (
    Classifier,
    Described,
    read_classifier,
    untrained_classifier,
)
from tfgen.evaluate.frechet import Moments, frechet_distance
from tfgen.measures import samples as sample_quality
from tfgen.measures.samples import SampleQuality, complaint
from tfgen.run import Run
from tfgen.train.strategy import make_strategy


class Copies:
    """Makes the same examples in order, whatever the noise."""

    sample_noise, conditions = 2, ()

    def __init__(self, x):
        self.left = x

    def sample(self, noise):
        n = len(noise)
        x, self.left = self.left[:n], self.left[n:]
        return tf.constant(x)


def quality(tmp_path, model, preset, data=None):
    run = Run.start(tmp_path, model, preset, data)
    return SampleQuality(run.data, run.config, tmp_path), run


def examples(run, split, name="x"):
    return np.concatenate(
        [b[name] for b in run.data.eval_batches(split, run.config.train)]
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Measured by a classifier that is trained once, in a workdir."""
    measured, run = quality(tmp_path_factory.mktemp("digits"), "gan", "tiny")
    assert measured.classifier
    return measured, run


class Rows:
    """Describes images by the means of their rows; the shares of classes."""

    def describe(self, x):
        features = x.mean(axis=(2, 3))
        shares = features.astype(np.float64) + 1
        return Described(features, shares / shares.sum(axis=1, keepdims=True))


class Noise:
    """Makes images whose pixels are the noise."""

    sample_noise, conditions = 64, ()

    def sample(self, noise):
        assert len(noise) <= 500
        return tf.reshape(noise, [-1, 8, 8, 1])


def test_frechet_distances_are_of_all_samples_and_the_whole_split(
    tmp_path, monkeypatch
):
    """Of 180 digits and 1,200 samples, though pairs are of the first 50."""
    for module in (summary, sample_quality):
        monkeypatch.setattr(module, "MOST", 50)
    run = Run.start(tmp_path, "gan", "tiny")
    measured = SampleQuality(run.data, run.config, tmp_path, Rows())
    x = examples(run, "test")
    random = np.random.default_rng(sample_quality._SEED)
    noise = random.standard_normal((1200, 8, 8, 1), np.float32)
    for given, count in ((None, 50), (1200, 1200)):
        values = measured.measure(Noise(), "test", given)
        sets = (Rows().describe(each) for each in (x, noise[:count]))
        expected = frechet_distance(*(Moments.of(s.features) for s in sets))
        assert values["frechet_distance"] == pytest.approx(expected)
        ratio = noise[:count].var(axis=0).sum() / x.var(axis=0).sum()
        assert values["variance_ratio"] == pytest.approx(ratio, rel=1e-4)


@pytest.mark.slow
def test_images(digits):
    measured, run = digits
    x, label = (examples(run, "test", name) for name in ("x", "label"))
    # The network is one by which digits may be judged.
    assert measured.classifier.accuracy(x, label) > 0.97
    same = measured.measure(Copies(x), "test")
    assert list(same)[0] == "frechet_distance"
    assert same["frechet_distance"] == pytest.approx(0, abs=1e-4)
    assert same["classes_found"] == 10
    flat = measured.measure(Copies(0 * x + 8), "test")
    assert flat["frechet_distance"] > 10
    assert flat["classes_found"] == 1
    assert flat["classes_in_data"] == 10
    # Smaller samples are measured in the size of the data.
    small = measured.measure(Copies(x[:, ::2, ::2]), "test")
    assert np.isfinite(small["frechet_distance"])
    # Another process uses the same classifier.
    path = run.workdir / "classifier.npz"
    before = path.stat().st_mtime_ns
    again, _ = quality(run.workdir, "gan", "tiny")
    assert again.measure(Copies(0 * x + 8), "test") == flat
    assert path.stat().st_mtime_ns == before


def repeated(x, count, random):
    """Some of x, as many times each."""
    some = x[random.choice(len(x), count, replace=False)]
    return some[np.arange(180) % count]


def of_each_class(x, label, count, random):
    """So many of each class, as many times each."""
    each = [repeated(x[label == c], count, random)[:count] for c in range(10)]
    return np.concatenate(each)[np.arange(180) % (10 * count)]


# What generators do that have not learnt, or no longer know, the digits x of
# the training split: from x, their labels and a generator of random numbers.
BAD_IMAGES = {
    "4 images": lambda x, _, r: repeated(x, 4, r),
    "5 images": lambda x, _, r: repeated(x, 5, r),
    "30 images": lambda x, _, r: repeated(x, 30, r),
    "one of each class": lambda x, label, r: of_each_class(x, label, 1, r),
    "2 of each class": lambda x, label, r: of_each_class(x, label, 2, r),
    "uniform noise": lambda x, _, r: r.uniform(0, 16, (180, 8, 8, 1)),
    "Gaussian noise": lambda x, _, r: r.normal(8, 4, (180, 8, 8, 1)),
    "noise, moments of gray": lambda x, _, r: (
        x.mean() + x.std() * r.standard_normal((180, 8, 8, 1))
    ),
    "noise, moments of pixels": lambda x, _, r: (
        x.mean(0) + x.std(0) * r.standard_normal((180, 8, 8, 1))
    ),
    "other levels": lambda x, _, r: 16 - x[:180],
    "pixels in another order": lambda x, _, r: r.permuted(
        x[:180].reshape(180, -1), axis=1
    ).reshape(180, 8, 8, 1),
    "flat, of any gray": lambda x, _, r: (
        r.uniform(0, 16, (180, 1, 1, 1)) * np.ones((180, 8, 8, 1))
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("labels", [True, False])
def test_bad_images_are_complained_of(digits, labels, monkeypatch):
    """By the classifier of digits with labels, and by that of any others."""
    # Half of the time, and no complaint is made of it.
    monkeypatch.setattr(samples, "frechet_distance", lambda *_: 0.0)
    measured, run = digits
    x, label = examples(run, "train"), examples(run, "train", "label")
    if not labels:
        measured = SampleQuality(
            run.data, run.config, run.workdir, untrained_classifier(x, 17)
        )
    random = np.random.default_rng(0)

    def said(images):
        return complaint(measured.of_samples(images.astype(np.float32), "test"))

    unseen = [n for n, f in BAD_IMAGES.items() if not said(f(x, label, random))]
    assert not unseen
    # Other digits, and digits that are a bit worse, are none of these.
    noisy = x[-180:] + random.normal(0, 2, (180, 8, 8, 1))
    assert said(x[-180:]) is None and said(noisy) is None
    if labels:
        # Two digits have nearly the variance of ten.
        assert said(x[label < 2][:180]) == "samples show 2 of 10 classes"


def test_too_few_examples_are_named_before_the_training(tmp_path):
    few = ["num_examples=50", "batch_size=8"]
    run = Run.start(tmp_path, "gan", "toy", "moons", few)
    with pytest.raises(UserError) as error:
        run.train(make_strategy("cpu"))
    assert str(error.value) == (
        "data=moons: 5 examples in the validation split; expected at least"
        " 6, which samples are measured by."
    )
    assert not list(tmp_path.iterdir())


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Folder of a test's own: what it makes is no classifier of digits."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tfgen" / "classifiers"


@pytest.fixture
def makes(monkeypatch):
    """Lists the data of the classifiers that are made, in no time."""
    made = []

    def make(train, validation, num_classes, levels, progress):
        made.append(len(train["x"]))
        return Classifier(train["x"].shape[1:], num_classes, levels, len(made))

    monkeypatch.setattr(sample_quality, "train_classifier", make)
    return made


def test_runs_on_the_same_data_share_a_classifier(
    tmp_path, own_cache, makes, capsys
):
    first = quality(tmp_path / "1", "gan", "tiny")[0].classifier
    (cached,) = own_cache.iterdir()
    assert capsys.readouterr().err == (
        "Training the classifier that samples are measured by: 1,437 images,"
        " at most 40 epochs, up to two minutes on two cores. Runs on the same"
        f" data will find it in {cached}.\n"
    )
    # Another model, another workdir.
    second = quality(tmp_path / "2", "bigan", "tiny")[0].classifier
    assert makes == [1437] and not capsys.readouterr().err
    for a, b in zip(first.network.weights, second.network.weights):
        np.testing.assert_array_equal(a, b)
    # The workdir keeps what it is measured by.
    cached.unlink()
    assert quality(tmp_path / "2", "bigan", "tiny")[0].classifier
    assert makes == [1437]
    # Other data, another classifier.
    x = np.random.default_rng(0).integers(0, 17, (100, 8, 8, 1))
    data = {"x": x.astype(np.uint8), "label": np.arange(100) % 10}
    quality(tmp_path / "3", "gan", None, data)[0].classifier  # noqa: B018
    assert len(makes) == 2


def test_seeds_share_a_classifier(tmp_path, own_cache, makes):
    """Also where gray levels have noise, which is that of the run's seed."""
    for seed in "01":
        asked = [f"train.seed={seed}"]
        run = Run.start(tmp_path / seed, "real_nvp", "tiny", overrides=asked)
        assert run.config.data.dequantize
        measured = SampleQuality(run.data, run.config, tmp_path / seed)
        assert measured.classifier
    assert makes == [1437]


def test_a_folder_of_the_cache_can_be_named(tmp_path, own_cache, makes):
    run = Run.start(tmp_path / "run", "gan", "tiny")
    run.cache_dir = tmp_path / "mine"
    run.sample_quality.classifier  # noqa: B018
    assert len([*(tmp_path / "mine" / "classifiers").iterdir()]) == 1
    assert not own_cache.exists()


def test_a_damaged_classifier_of_the_cache_is_made_anew(
    tmp_path, own_cache, makes, caplog
):
    quality(tmp_path / "1", "gan", "tiny")[0].classifier  # noqa: B018
    (cached,) = own_cache.iterdir()
    cached.write_bytes(cached.read_bytes()[:1000])
    with caplog.at_level("WARNING", "absl"):
        quality(tmp_path / "2", "gan", "tiny")[0].classifier  # noqa: B018
    (line,) = [r.getMessage() for r in caplog.records]
    assert line.startswith(f"{cached}: not a classifier of these images (")
    assert line.endswith("; it is made anew.") and len(makes) == 2
    read_classifier(cached, (8, 8, 1), 10, 17)


def test_a_cache_that_cannot_be_written_stops_nothing(
    tmp_path, own_cache, makes, caplog
):
    own_cache.parent.parent.mkdir()
    own_cache.parent.write_text("a file")
    with caplog.at_level("WARNING", "absl"):
        assert quality(tmp_path / "1", "gan", "tiny")[0].classifier
    (line,) = [r.getMessage() for r in caplog.records]
    assert line.startswith(f"cannot write {own_cache}") and "\n" not in line
    assert line.endswith("Until then every run trains its own.")
    assert (tmp_path / "1" / "classifier.npz").exists()


def test_two_processes_make_one_file(tmp_path, own_cache, makes, monkeypatch):
    """Both train; the second finds the name taken, and replaces the file."""
    train = sample_quality.train_classifier

    def while_another(*splits, **options):
        monkeypatch.setattr(sample_quality, "train_classifier", train)
        quality(tmp_path / "other", "gan", "tiny")[0].classifier  # noqa: B018
        return train(*splits, **options)

    monkeypatch.setattr(sample_quality, "train_classifier", while_another)
    mine = quality(tmp_path / "mine", "gan", "tiny")[0].classifier
    (cached,) = own_cache.iterdir()
    held = read_classifier(cached, (8, 8, 1), 10, 17)
    for a, b in zip(mine.network.weights, held.network.weights):
        np.testing.assert_array_equal(a, b)


def test_a_damaged_classifier_is_made_anew(
    tmp_path, own_cache, monkeypatch, caplog
):
    path = tmp_path / "classifier.npz"
    made = Classifier((8, 8, 1), 10, 17)
    monkeypatch.setattr(
        sample_quality, "train_classifier", lambda *_, **__: made
    )
    # Of other images, and cut short.
    Classifier((9, 9, 1), 10, 17).save(path)
    for reason in ("shape is", "File is not a zip file"):
        with caplog.at_level("WARNING", "absl"):
            found = quality(tmp_path, "gan", "tiny")[0].classifier
        for a, b in zip(found.network.weights, made.network.weights):
            np.testing.assert_array_equal(a, b)
        line = caplog.records[-1].getMessage()
        assert line.startswith(f"{path}: not a classifier of these images (")
        assert reason in line and line.endswith("; it is made anew.")
        read_classifier(path, (8, 8, 1), 10, 17)
        path.write_bytes(path.read_bytes()[:1000])


def test_the_classifier_learns_from_what_fits_in_memory(
    tmp_path, own_cache, monkeypatch
):
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
    """A game trains and is evaluated, by random features."""
    run = Run.start(tmp_path, "gan", "tiny", unlabelled, ["data.image_size=8"])
    assert run.train(make_strategy("cpu")).step == 4
    values = run.evaluate()
    assert list(values)[0] == "frechet_distance"
    assert values["frechet_distance"] > 0
    assert not {"inception_score", "classes_found"} & set(values)
    # The network is the same for another process.
    again = Run.resume(tmp_path)
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
    assert same["modes_found"] == same["modes_in_data"] == 25
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
    "kind, found, total, bad",
    [
        ("classes", 3, 10, True),
        ("classes", 4, 10, False),
        ("classes", 1, 3, False),
        ("classes", 1, 4, True),
        ("modes", 6, 25, True),
        ("modes", 7, 25, False),
        ("modes", 2, 8, True),
        ("modes", 3, 8, False),
    ],
)
def test_few_classes_and_modes_are_complained_of(kind, found, total, bad):
    values = {"variance_ratio": 1.0, f"{kind}_found": float(found)}
    said = complaint(values | {f"{kind}_in_data": float(total)})
    assert said == (f"samples show {found} of {total} {kind}" * bad or None)


NEIGHBOURHOODS = "of the data's neighbourhoods"


@pytest.mark.parametrize(
    "precision, recall, coverage, said",
    [
        # 4 images; 2 of each class; noise with each pixel's moments.
        (1.00, 0.00, 0.12, f"samples cover 12 % {NEIGHBOURHOODS}"),
        (0.95, 0.00, 0.53, "samples are alike: 0 % of the data lie between"),
        (0.12, 0.68, 0.25, "12 % of samples lie in the data's neighbourhoods"),
        # The first validations of two BiGANs, a DCGAN and a GAN, the second of
        # a WGAN.
        (0.34, 0.47, 0.25, None),
        (0.52, 0.41, 0.24, None),
        (0.42, 0.79, 0.34, None),
        (0.56, 0.80, 0.42, None),
        (0.55, 0.53, 0.27, None),
    ],
)
def test_what_is_wrong_is_said(precision, recall, coverage, said):
    found = complaint(
        {"precision": precision, "recall": recall, "coverage": coverage}
    )
    assert found.startswith(said) if said else found is None


def test_samples_on_their_way_to_modes_are_not_complained_of():
    """The first validation of an EBGAN on 25 Gaussians, and a later one."""
    early = {"precision": 0.05, "recall": 0.62, "coverage": 0.08}
    assert "cover 8 %" in complaint(early)
    modes = {"modes_found": 9.0, "modes_in_data": 25.0}
    assert complaint(early | modes) is None
    assert complaint(early | modes | {"modes_found": 7.0}) is None
    assert "alike" in complaint(early | modes | {"recall": 0.0})


@pytest.mark.parametrize(
    "name, at, stddev, said",
    [
        ("grid_gaussians", GRID_CENTERS[[0, 24]], 0.05, "2 of 25 modes"),
        ("grid_gaussians", GRID_CENTERS[10:13], 0.05, "3 of 25 modes"),
        ("grid_gaussians", GRID_CENTERS[[0, 4, 20, 24]], 0.1, "4 of 25 modes"),
        ("grid_gaussians", GRID_CENTERS[[12]], 0.05, "of the data's variance"),
        ("grid_gaussians", GRID_CENTERS, 0, "samples are alike: 0 %"),
        ("grid_gaussians", GRID_CENTERS[:9], 0.05, None),
        ("eight_gaussians", EIGHT_CENTERS[:2], 0.2, "2 of 8 modes"),
        ("eight_gaussians", EIGHT_CENTERS[::2], 0.2, None),
        # These have no modes.
        ("moons", np.array([[0, 0], [1, 0]]), 0.01, NEIGHBOURHOODS),
        ("rings", np.array([[0.8, 0], [-0.8, 0]]), 0.1, NEIGHBOURHOODS),
        ("spirals", np.array([[3, 3], [-3, -3]]), 1, NEIGHBOURHOODS),
        ("checkerboard", np.zeros((1, 2)), 1, None),
    ],
)
def test_bad_points_are_complained_of(tmp_path, name, at, stddev, said):
    """Compared with 1,000 points."""
    run = Run.start(tmp_path, "gan", "toy", name)
    noise = np.random.default_rng(0).standard_normal((1000, 2), np.float32)
    x = at[np.arange(1000) % len(at)].astype(np.float32) + stddev * noise
    found = complaint(run.sample_quality.of_samples(x, "test"))
    assert said in found if said else found is None


def test_conditions_of_samples_are_those_of_the_split(tmp_path, monkeypatch):
    """From the first example on, and again when they have run out."""
    run = Run.start(tmp_path, "real_nvp", "tiny", None, ["conditional=true"])
    seen = []

    class Labelled(Noise):
        conditions = ("label",)

        def given(self, batch):
            return {"label": batch["label"]}

        def sample(self, noise, label):
            seen.extend(label)
            return super().sample(noise)

    measured = SampleQuality(run.data, run.config, tmp_path, Rows())
    values = measured.measure(Labelled(), "test", 400)
    assert "frechet_distance" in values
    label = examples(run, "test", "label")
    assert seen == np.resize(label, 400).tolist()
