import keras
import numpy as np
import pytest

from tests.tolerances import EXACT, FLOAT32, SAME
from tfgen.errors import UserError
from tfgen.evaluate.classifier import (
    Classifier,
    epochs_of,
    read_classifier,
    train_classifier,
    untrained_classifier,
)


def stripes(seed, count=128, shape=(8, 8, 1), levels=17):
    """Class 0 has lines across, class 1 lines down; both noisy."""
    random = np.random.default_rng(seed)
    label = random.integers(2, size=count).astype(np.int32)
    across = np.zeros(shape)
    across[::2] = 0.7
    down = np.zeros(shape)
    down[:, ::2] = 0.7
    x = np.stack([across, down])[label]
    x = (levels - 1) * (x + random.uniform(0, 0.3, x.shape))
    return {"x": x.round().astype(np.uint8), "label": label}


STRIPES = (8, 8, 1), 2, 17  # shape, classes, levels


def train(validation=None, **settings):
    settings = {"max_epochs": 2, **settings}
    return train_classifier(
        stripes(0),
        validation or stripes(1),
        num_classes=2,
        levels=17,
        progress=False,
        **settings,
    )


@pytest.fixture(scope="module")
def trained():
    return train(max_epochs=8)


def test_learns(trained):
    assert trained.accuracy(**stripes(2)) == 1


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (9, 21, 3)])
def test_any_shape(shape):
    classifier = Classifier(shape, num_classes=5, levels=256)
    features, probabilities = classifier.describe(stripes(2, 3, shape)["x"])
    assert features.shape == (3, 128)
    assert probabilities.shape == (3, 5)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, **EXACT)


def test_epochs_are_bounded_by_what_they_cost():
    """Digits of 8 x 8 have all; no more pixels are seen than in a minute."""
    assert epochs_of((1437, 8, 8, 1)) == 40
    assert epochs_of((8_000, 28, 28, 1)) == 10
    assert epochs_of((60_000, 28, 28, 1)) == 1
    assert epochs_of((50_000, 64, 64, 3)) == 1


def test_same_seed_same_network():
    """Whatever was drawn before; another seed gives another."""
    x = stripes(2)["x"]
    first, again, other = (
        train(seed=seed, max_epochs=1).features(x) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(again, first)
    assert np.abs(other - first).max() > 0.01


def test_features_are_the_layer_before_the_logits(trained):
    """Of 128 features, logits are an affine function: 300 examples agree."""
    features, p = trained.describe(stripes(2, 300)["x"])
    logits = np.log(p[:, 1] / p[:, 0])
    inputs = np.concatenate([features, np.ones((300, 1))], axis=1)
    solution = np.linalg.lstsq(inputs.astype(np.float64), logits)[0]
    np.testing.assert_allclose(inputs @ solution, logits, **FLOAT32)


def test_fractions_lie_between_levels(trained):
    """Generators make gray levels that are not whole numbers."""
    x = np.full((3, 8, 8, 1), 3.0, np.float32)
    x += np.array([0, 0.5, 1], np.float32)[:, None, None, None]
    low, middle, high = trained.features(x)
    assert not np.array_equal(low, middle)
    assert not np.array_equal(middle, high)


def test_best_epoch_is_kept(trained):
    """Wrong labels in validation: every epoch after the first is worse."""
    wrong = stripes(1)
    wrong["label"] = 1 - wrong["label"]
    x = stripes(2)["x"]
    first = train(wrong, max_epochs=1).features(x)
    kept = train(wrong, max_epochs=4, patience=3).features(x)
    np.testing.assert_array_equal(kept, first)
    assert not np.array_equal(kept, trained.features(x))


def test_save_and_load(trained, tmp_path):
    path = tmp_path / "new" / "classifier.npz"
    trained.save(path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    x = stripes(2)["x"]
    for found, expected in zip(
        read_classifier(path, *STRIPES).describe(x), trained.describe(x)
    ):
        np.testing.assert_allclose(found, expected, **SAME)


def rewritten(change):
    """A damage: the arrays of the file with a change."""

    def damage(path):
        with np.load(path) as file:
            arrays = dict(file)
        change(arrays)
        np.savez(path, **arrays)

    return damage


def an_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def set_nan(arrays):
    arrays["3"] = np.full_like(arrays["3"], np.nan)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("weights"),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "half": lambda path: path.write_bytes(path.read_bytes()[:200_000]),
    "an array": an_array,
    "pickled": lambda path: np.savez(path, shape=np.array([{}, 1])),
    "no arrays": lambda path: np.savez(path),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "one weight less": rewritten(lambda arrays: arrays.pop("5")),
    "one name less": rewritten(lambda arrays: arrays.pop("levels")),
    "other weights": rewritten(lambda a: a.update({"0": np.zeros((3, 3))})),
    "other levels": rewritten(lambda arrays: arrays.update(levels=256)),
    "other shape": rewritten(lambda arrays: arrays.update(shape=[9, 9, 1])),
    "not finite": rewritten(set_nan),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_holds_no_such_classifier(tmp_path, damage):
    path = tmp_path / "classifier.npz"
    Classifier(*STRIPES).save(path)
    DAMAGES[damage](path)
    with pytest.raises(UserError) as error:
        read_classifier(path, *STRIPES)
    line = f"{path}: not a classifier of these images ("
    assert str(error.value).startswith(line) and "\n" not in str(error.value)


def test_a_flipped_bit_is_seen_or_does_no_harm(tmp_path):
    path = tmp_path / "classifier.npz"
    Classifier(*STRIPES).save(path)
    content = path.read_bytes()
    weights = read_classifier(path, *STRIPES).network.get_weights()
    seen = 0
    for place in np.random.default_rng(0).integers(len(content), size=12):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            again = read_classifier(path, *STRIPES)
        except UserError:
            seen += 1
        else:  # in a date, say
            for got, expected in zip(again.network.get_weights(), weights):
                np.testing.assert_array_equal(got, expected)
    assert seen > 9


def test_a_full_disk_leaves_no_half_of_a_file(tmp_path, monkeypatch):
    path = tmp_path / "classifier.npz"
    classifier = Classifier(*STRIPES)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(UserError, match=f"^cannot write {path} \\(No space"):
        classifier.save(path)
    assert not list(tmp_path.iterdir())


def test_untrained(tmp_path):
    """The initial weights of the seed; each feature is normalized."""
    x = stripes(0)["x"]
    classifier = untrained_classifier(x, 17, seed=3)
    started = Classifier((8, 8, 1), 2, 17, seed=3).network
    assert classifier.network.count_params() < started.count_params()
    for got, expected in zip(
        classifier.network.trainable_weights, started.trainable_weights
    ):
        np.testing.assert_array_equal(got, expected)
    last = classifier.network.layers[-3]
    inner = keras.Model(classifier.network.input, last.output)
    normalized = inner.predict(x, verbose=0)
    np.testing.assert_allclose(normalized.mean((0, 1, 2)), 0, atol=0.05)
    np.testing.assert_allclose(normalized.std((0, 1, 2)), 1, atol=0.05)

    features, probabilities = classifier.describe(x)
    assert features.shape == (128, 128) and probabilities is None
    classifier.save(tmp_path / "classifier.npz")
    kind = ((8, 8, 1), 0, 17)
    again = read_classifier(tmp_path / "classifier.npz", *kind).features(x)
    np.testing.assert_allclose(again, features, **SAME)
    # They tell the two kinds of stripes apart.
    label = stripes(0)["label"]
    gap = features[label == 0].mean(0) - features[label == 1].mean(0)
    assert np.linalg.norm(gap) > 3 * features[label == 0].std(0).max()


def test_progress_is_a_line(capsys):
    train_classifier(stripes(0), stripes(1), 2, 17, max_epochs=1)
    assert "accuracy=" in capsys.readouterr().err


@pytest.mark.parametrize(
    "split, message",
    [
        ({"x": np.zeros((4, 8, 8, 1))}, "no labels"),
        ({"x": np.zeros((4, 2)), "label": np.zeros(4)}, r"shape \(2,\).* 8x8"),
        (
            {"x": np.zeros((4, 7, 8, 1)), "label": np.zeros(4)},
            r"shape \(7, 8, 1\).* 8x8",
        ),
    ],
)
def test_what_it_cannot_train_on(split, message):
    with pytest.raises(UserError, match=message):
        train_classifier(split, split, num_classes=2, levels=17)
