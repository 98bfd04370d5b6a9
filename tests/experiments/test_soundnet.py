import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.experiments import soundnet
from tfgen.experiments.soundnet import CLASSES, SAMPLES

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def listener():
    keras.utils.set_random_seed(0)
    return soundnet.Listener()


def test_the_loss_is_the_divergence(listener):
    """Of the teacher from the student, class by class."""
    x = soundnet.chords(RANDOM, np.arange(3))
    seen = RANDOM.dirichlet(np.ones(CLASSES), 3)
    seen[0] = np.eye(CLASSES)[4]
    batch = {"x": tf.constant(x), "seen": tf.constant(seen, tf.float32)}
    found = listener.per_example_losses(batch, True)["listener"]
    logits = listener.out(listener.network(x)).numpy().astype(float)
    f = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = [
        sum(p * np.log(p / q) for p, q in zip(row, made) if p)
        for row, made in zip(seen, f)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    # Of what it says itself there is none.
    batch["seen"] = tf.nn.softmax(logits.astype(np.float32))
    none = listener.per_example_losses(batch, True)["listener"]
    np.testing.assert_allclose(none, 0, atol=1e-5)


def test_all_of_it_learns(listener):
    (player,) = listener.players().values()
    assert len(player.variables) == 8
    x = soundnet.chords(RANDOM, np.arange(10))
    batch = {"x": tf.constant(x), "seen": tf.eye(CLASSES)}
    with tf.GradientTape() as tape:
        losses = listener.per_example_losses(batch, True)
    slopes = tape.gradient(losses, player.variables)
    assert all(np.abs(slope).max() > 0 for slope in slopes)


def test_classes_are_strengths_of_harmonics():
    """Least squares finds them, at the pitch that explains most."""
    label = np.array([0, 0, 3, 3, 7])
    x = soundnet.chords(RANDOM, label)[..., 0].astype(float)
    found = np.array([_strengths(wave) for wave in x])
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    alike = found @ found.T
    same = label[:, None] == label
    assert alike[same].min() > 0.95
    assert alike[~same].max() < alike[same].min()


def _strengths(wave):
    t = np.arange(SAMPLES)
    best = 0, None
    for pitch in np.linspace(0.02, 0.04, 400):
        angle = 2 * np.pi * pitch * np.arange(1, 7)[:, None] * t
        basis = np.concatenate([np.sin(angle), np.cos(angle)])
        values = basis @ wave / SAMPLES * 2
        power = np.sum(values**2)
        best = max(best, (power, np.hypot(*np.split(values, 2)).tolist()))
    return np.array(best[1])


def test_the_spectrum_has_its_peak_at_the_pitch():
    t = np.arange(SAMPLES)
    x = np.sin(2 * np.pi * 40 / SAMPLES * t)[None, :, None]
    found = soundnet.spectrum(x)
    assert found.shape == (1, SAMPLES // 2 + 1) and found.argmax() == 40
    # Half of the window's sum, by half of a wave's height.
    np.testing.assert_allclose(found.max(), np.log(SAMPLES / 4), rtol=1e-2)


def test_who_sees_and_who_hears(monkeypatch):
    """No label of a video is learnt from, nor a picture of the teacher's."""
    asked = {}

    class Teacher:
        def probabilities(self, x):
            asked["videos"] = x
            return np.full((len(x), CLASSES), 0.1)

        def accuracy(self, x, label):
            return 0.9

    def classifier(data, seed):
        asked["taught"] = data.train["x"]
        return Teacher()

    monkeypatch.setattr(soundnet.training, "classifier", classifier)
    learnt, sung = [], []
    chords = soundnet.chords

    def kept(random, label):
        sung.append(label)
        return chords(random, label)

    monkeypatch.setattr(soundnet, "chords", kept)

    def trained(x, seen, steps, seed):
        learnt.append((x, seen))
        return soundnet.Listener()

    monkeypatch.setattr(soundnet, "_trained", trained)
    monkeypatch.setattr(soundnet, "VIDEOS", 30)
    monkeypatch.setattr(soundnet, "TESTED", 60)
    found = soundnet.rows(0)
    assert found[soundnet.TEACHER] == {"accuracy": 0.9}
    (videos, seen), (few, right) = learnt
    assert len(videos) == 30 and (seen == np.float32(0.1)).all()
    assert len(few) == 50 and (right.sum(0) == 5).all()
    taught = {x.tobytes() for x in asked["taught"]}
    assert not taught & {x.tobytes() for x in asked["videos"]}
    # What is heard has the class of what is seen.
    train = soundnet.training.splits(soundnet.DataConfig("digits")).train
    classes = {x.tobytes(): k for x, k in zip(train["x"], train["label"])}
    seen = [classes[x.tobytes()] for x in asked["videos"]]
    np.testing.assert_array_equal(sung[0], seen)


def test_claims():
    found = {row.name: {"accuracy": 0.5} for row in soundnet.TABLE.rows}
    found[soundnet.STUDENT] = {"accuracy": 0.6}
    assert all(holds(found) for holds in soundnet.CLAIMS.values())
    found[soundnet.STUDENT] = {"accuracy": 0.5}
    assert not any(holds(found) for holds in soundnet.CLAIMS.values())
