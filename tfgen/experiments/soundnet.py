"""Sounds learnt from what a picture's teacher sees.

Yusuf Aytar, Carl Vondrick, Antonio Torralba: SoundNet: Learning Sound
Representations from Unlabeled Video. NIPS 2016. arXiv:1610.09001.

A video has pictures y and a sound x. Networks that know pictures teach one that
hears the raw wave:

    min  sum over teachers k of  KL(g_k(y) || f_k(x))                    (eq. 1)

What is claimed: features of a network that has learnt from unlabelled videos
make few labels enough, more than the same network learnt from the labels alone
and than features made by hand; and two teachers are better than one.

Here a video is a digit and a chord: each class has its own strengths of six
harmonics, and pitch, phases, loudness and noise are any. The teacher has learnt
one half of the digits with their labels; the videos are of the other half, and
nobody sees their labels. A linear probe, or the whole network, then learns from
50 sounds with labels. By hand: logarithms of the spectrum's strength.

What deviates, and why:
- Chords and digits of 8 x 8 pixels; the paper's videos and teachers of ImageNet
  and Places are not here.
- One teacher: a second one of other classes (places) is not tried.
- Pictures' classes are the sounds' own; in the paper they are others.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.data.settings import DataConfig
from tfgen.evaluate.probe import linear_probe
from tfgen.experiments import training
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Aytar et al. 2016, arXiv:1610.09001"

SAMPLES, HARMONICS = 512, 6
VIDEOS, LABELLED, TESTED = 3000, 50, 1000
CLASSES = 10
STEPS = {"student": 1000, "scratch": 300}
TEACHER, STUDENT = "the teacher, of pictures", "student, probe"
SCRATCH, UNTRAINED = "the same network, of 50 labels", "untrained, probe"
SPECTRUM = "spectrum, probe"
TABLE = Table(
    tuple(
        Row(name, None)
        for name in (TEACHER, STUDENT, SCRATCH, UNTRAINED, SPECTRUM)
    ),
    "paper",
    {"accuracy": f"classes, of {LABELLED} labelled sounds"},
)
CLAIMS = {
    f"the student is better than {name}": (
        lambda r, other=other: r[STUDENT]["accuracy"] > r[other]["accuracy"]
    )
    for name, other in {
        "the same network of 50 labels": SCRATCH,
        "a probe of the spectrum": SPECTRUM,
        "a probe of the network before it learns": UNTRAINED,
    }.items()
}


def chords(random: np.random.Generator, label: np.ndarray) -> np.ndarray:
    """Returns waves, [N, SAMPLES, 1] float32.

    Args:
      random: numbers.
      label: classes, [N].
    """
    count = len(label), 1
    # The classes' strengths are the same for all seeds.
    strengths = np.random.default_rng(7).uniform(0, 1, (CLASSES, HARMONICS))
    harmonic = np.arange(1, HARMONICS + 1)
    pitch = random.uniform(0.02, 0.04, count)  # cycles a sample
    phase = random.uniform(0, 2 * np.pi, (len(label), HARMONICS))
    angle = 2 * np.pi * pitch * harmonic
    waves = np.sin(
        angle[:, None] * np.arange(SAMPLES)[:, None] + phase[:, None]
    )
    sound = (waves * strengths[label][:, None]).sum(-1)
    sound *= random.uniform(0.5, 1.5, count)
    sound += 0.5 * random.standard_normal(sound.shape)
    return sound[..., None].astype(np.float32)


class Listener(Model):
    """Convolutions of the wave; features are means over time."""

    def __init__(self):
        super().__init__()
        conv = keras.layers.Conv1D
        self.network = keras.Sequential(
            [
                keras.Input((SAMPLES, 1)),
                conv(32, 64, 4, "same", activation="relu"),
                conv(32, 8, 4, "same", activation="relu"),
                conv(64, 8, 2, "same", activation="relu"),
                keras.layers.GlobalAveragePooling1D(),
            ]
        )
        self.out = keras.layers.Dense(CLASSES)
        self.out.build((None, 64))

    def players(self):
        """One, of all weights."""
        adam = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
        return {"listener": Player(self.trainable_variables, adam)}

    def per_example_losses(self, batch, training):
        """Returns KL(g(y) || f(x)), [B]; g is `batch["seen"]`, [B, C]."""
        del training
        seen = batch["seen"]
        log_f = tf.nn.log_softmax(self.out(self.network(batch["x"])))
        # 0 log 0 is 0.
        log_g = tf.math.log(tf.maximum(seen, 1e-30))
        return {"listener": tf.reduce_sum(seen * (log_g - log_f), axis=1)}


def spectrum(x: np.ndarray) -> np.ndarray:
    """Returns the logarithm of each frequency's strength, [N, F]."""
    window = np.hanning(SAMPLES)
    return np.log(np.abs(np.fft.rfft(x[..., 0] * window)) + 1e-3)


def rows(seed: int, steps=STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of both trainings.
    """
    training.begin(seed)
    random = np.random.default_rng(seed)
    data = training.splits(DataConfig("digits"))
    half = len(data.train["x"]) // 2
    labelled = {name: v[:half] for name, v in data.train.items()}
    teacher = training.classifier(data._replace(train=labelled), seed)

    video = random.integers(half, len(data.train["x"]), VIDEOS)
    seen = teacher.probabilities(data.train["x"][video]).astype(np.float32)
    heard = chords(random, data.train["label"][video])
    label = np.arange(LABELLED) % CLASSES
    test_label = random.integers(0, CLASSES, TESTED)
    x, test = chords(random, label), chords(random, test_label)

    def probed(features):
        return linear_probe(features(x), label, features(test), test_label)

    def hears(model):
        return lambda x: model.network(x).numpy()

    training.begin(seed)
    untrained = probed(hears(Listener()))
    student = _trained(heard, seen, steps["student"], seed)
    right = np.eye(CLASSES, dtype=np.float32)[label]
    scratch = _trained(x, right, steps["scratch"], seed)
    guess = scratch.out(scratch.network(test)).numpy().argmax(1)
    found = {
        TEACHER: teacher.accuracy(data.test["x"], data.test["label"]),
        STUDENT: probed(hears(student)),
        SCRATCH: (guess == test_label).mean(),
        UNTRAINED: untrained,
        SPECTRUM: probed(spectrum),
    }
    return {name: {"accuracy": value} for name, value in found.items()}


def _trained(x, seen, steps, seed):
    """A network that has learnt to hear what is seen."""
    training.begin(seed)

    def batch(random, shape):
        chosen = random.integers(0, len(x), shape)
        return {"x": x[chosen], "seen": seen[chosen]}

    # XLA makes convolutions slower.
    return training.train(Listener(), batch, steps, 50, seed, jit_compile=False)
