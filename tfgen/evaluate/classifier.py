"""The classifier whose features and probabilities samples are measured by.

Zhao et al. 2017, arXiv:1609.03126, appendix C: "a regular 3-layer ConvNet",
trained on the data set; the paper says no more of it. Without labels, it is
left untrained: random features tell sets of images apart as well (Naeem et al.
2020, arXiv:2002.09797), and there are no probabilities.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
import tqdm

from tfgen.errors import UserError
from tfgen.evaluate.batch_statistics import recomputed
from tfgen.files import replacing

SMALLEST = 8  # pixels a side: halved twice, two are left
_FILTERS = (32, 64, 128)
_MOST_EPOCHS = 40
_MOST_PIXELS = 1 << 26  # times epochs, that are learnt from: a minute or so
_PREDICT_BATCH = 500


class Described(NamedTuple):
    """What the classifier says of N images.

    Attributes:
      features: [N, F] float32, the layer before the logits.
      probabilities: [N, C] float64, p(y|x); None of data without labels.
    """

    features: np.ndarray
    probabilities: np.ndarray | None


class Classifier:
    """The network, as `train_classifier` and `untrained_classifier` make it.

    Images are [N, H, W, channels] gray levels in [0, levels - 1]; fractions are
    fine, as generators make them.
    """

    def __init__(
        self,
        shape: Sequence[int],
        num_classes: int,
        levels: int,
        seed: int = 0,
    ):
        """Makes the untrained network.

        Args:
          shape: (H, W, channels) of an image.
          num_classes: C; 0 leaves out the logits.
          levels: of gray, at least 2.
          seed: of the initial weights, and of dropout.

        Raises:
          UserError: not the shape of images, or of too small ones.
        """
        if len(shape) != 3 or min(shape[:2]) < SMALLEST:
            raise UserError(
                f"data: examples of shape {tuple(shape)}; the classifier that"
                " samples are measured by needs images of at least"
                f" {SMALLEST}x{SMALLEST}."
            )
        self._arguments = {
            "shape": list(shape),
            "num_classes": num_classes,
            "levels": levels,
        }
        self.network = _network(seed=seed, **self._arguments)

    def describe(self, x: np.ndarray) -> Described:
        """Returns features and probabilities, in one pass over images."""
        outputs = self.network.predict(_batches(x), verbose=0)
        features, logits = outputs["features"], outputs.get("logits")
        return Described(features, None if logits is None else _softmax(logits))

    def features(self, x: np.ndarray) -> np.ndarray:
        """Returns the layer before the logits, [N, F], of images."""
        return self.describe(x).features

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """Returns p(y|x), [N, C] float64, of images."""
        return self.describe(x).probabilities

    def accuracy(self, x: np.ndarray, label: np.ndarray) -> float:
        """Returns the share of images whose likeliest class is `label` [N]."""
        return float(np.mean(self.probabilities(x).argmax(axis=1) == label))

    def save(self, path: str | os.PathLike) -> None:
        """Writes it to a file, whose name ends with ".npz"."""
        weights = map(str, range(len(self.network.weights)))
        arrays = dict(zip(weights, self.network.get_weights()))
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez(file, **self._arguments, **arrays)


def read_classifier(
    path: str | os.PathLike,
    shape: Sequence[int],
    num_classes: int,
    levels: int,
) -> Classifier:
    """Returns what `Classifier.save` wrote.

    Args:
      path: of the file.
      shape: of the images that it must be of, see `Classifier`.
      num_classes: likewise.
      levels: likewise.

    Raises:
      UserError: there is no such file, or it holds no such classifier.
    """
    classifier = Classifier(shape, num_classes, levels)
    network = classifier.network
    try:
        # Of a damaged file, NumPy does not close what it opened.
        with open(path, "rb") as file, np.load(file) as found:
            arrays = dict(found)
        for name, value in classifier._arguments.items():
            if (held := arrays.pop(name).tolist()) != value:
                raise ValueError(f"{name} is {held}, not {value}")
        weights = [arrays.pop(str(i)) for i in range(len(network.weights))]
        if not all(np.isfinite(w).all() for w in weights):
            raise ValueError("weights that are not finite")
        network.set_weights(weights)
    except Exception as error:  # of zip files, NumPy and Keras
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(
            f"{path}: not a classifier of these images ({reason:.200});"
            " remove it, and it is made anew."
        ) from error
    return classifier


def epochs_of(shape: Sequence[int]) -> int:
    """Returns after how many passes over images [N, H, W, C] training ends.

    40, or as many as cost no more than one pass over 2^26 pixels, at least one:
    10 of 8,000 MNIST digits. The clock has no say: the same images make the
    same network. Of those digits 21 passes made no other one, which is right of
    95.2 % of the test images; after 5 passes it was of 92.7 %, and 22 sets of
    changed digits were in nearly the same order by their Fréchet distances
    (Spearman's correlation .997; .982 after one).
    """
    return max(1, min(_MOST_EPOCHS, _MOST_PIXELS // math.prod(shape[:3])))


def train_classifier(
    train: Mapping[str, np.ndarray],
    validation: Mapping[str, np.ndarray],
    num_classes: int,
    levels: int,
    seed: int = 0,
    max_epochs: int | None = None,
    patience: int = 6,
    batch_size: int = 64,
    progress: bool = True,
) -> Classifier:
    """Trains on a labelled split until validation does not gain any more.

    The same arguments give the same network on the same machine.

    Args:
      train: "x", images [N, H, W, channels] as of `Classifier`, and "label"
        [N] int.
      validation: likewise; its loss picks the epoch.
      num_classes: C.
      levels: of gray, at least 2.
      seed: of the initial weights, the order of the examples and dropout.
      max_epochs: passes over `train`, at most; None is `epochs_of` them.
      patience: epochs without a better validation loss, after which it ends.
      batch_size: examples a step.
      progress: show a line of progress.

    Raises:
      UserError: there are no labels, or the images are too small.
    """
    for split in (train, validation):
        if "label" not in split:
            raise UserError(
                "data: the data have no labels, which the classifier that"
                " samples are measured by needs; name data with labels."
            )
    classifier = Classifier(train["x"].shape[1:], num_classes, levels, seed)
    network = classifier.network
    learner = keras.Model(network.input, network.output["logits"])
    learner.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    random = np.random.default_rng(seed)
    max_epochs = max_epochs or epochs_of(train["x"].shape)
    best, best_loss, waited = network.get_weights(), np.inf, 0
    held_out = _batches((validation["x"], validation["label"]))
    with tqdm.trange(
        max_epochs, desc="classifier", unit="epoch", disable=not progress
    ) as epochs:
        for _ in epochs:
            order = random.permutation(len(train["x"]))
            examples = train["x"][order], train["label"][order]
            batches = _batches(examples, batch_size)
            learner.fit(batches, shuffle=False, verbose=0)
            loss, accuracy = learner.evaluate(held_out, verbose=0)
            epochs.set_postfix(accuracy=f"{accuracy:.2%}")
            waited += 1
            if loss < best_loss:
                best, best_loss, waited = network.get_weights(), loss, 0
            if waited == patience:
                break
    network.set_weights(best)
    return classifier


def _batches(arrays, size: int = _PREDICT_BATCH) -> tf.data.Dataset:
    """Arrays for Keras, whose own data sets TensorFlow prints lines on."""
    return tf.data.Dataset.from_tensor_slices(arrays).batch(size)


def untrained_classifier(
    x: np.ndarray, levels: int, seed: int = 0, batch_size: int = 64
) -> Classifier:
    """Returns the network as it starts, for images without labels.

    Args:
      x: images [N, H, W, channels] as of `Classifier`, whose statistics batch
        normalization has.
      levels: of gray, at least 2.
      seed: of the weights.
      batch_size: examples at a time.

    Raises:
      UserError: the images are too small.
    """
    classifier = Classifier(x.shape[1:], 0, levels, seed)
    network = classifier.network
    batches = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]
    with recomputed(network, lambda x: network(x, training=True), batches):
        weights = network.get_weights()
    network.set_weights(weights)
    return classifier


def _network(
    shape: Sequence[int], num_classes: int, levels: int, seed: int
) -> keras.Model:
    """Three convolutions; gives the mean over places, and any logits of it."""
    seeds = iter(np.random.SeedSequence(seed).generate_state(5))

    def initializer():
        return keras.initializers.HeNormal(seed=int(next(seeds)))

    x = keras.Input(shape)
    h = keras.layers.Rescaling(2 / (levels - 1), offset=-1)(x)
    for i, filters in enumerate(_FILTERS):
        h = keras.layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer=initializer(),
        )(h)
        h = keras.layers.BatchNormalization()(h)
        h = keras.layers.ReLU()(h)
        if i < 2:
            h = keras.layers.MaxPooling2D()(h)
    features = keras.layers.GlobalAveragePooling2D()(h)
    if not num_classes:
        return keras.Model(x, {"features": features})
    h = keras.layers.Dropout(0.3, seed=int(next(seeds)))(features)
    logits = keras.layers.Dense(num_classes, kernel_initializer=initializer())(
        h
    )
    return keras.Model(x, {"features": features, "logits": logits})


def _softmax(logits: np.ndarray) -> np.ndarray:
    """In float64, where e^-700 is still above 0."""
    logits = logits.astype(np.float64)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
