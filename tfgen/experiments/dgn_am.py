"""Preferred inputs of classes, by codes of a generator and by pixels.

Anh Nguyen, Alexey Dosovitskiy, Jason Yosinski, Thomas Brox, Jeff Clune:
Synthesizing the preferred inputs for neurons in neural networks via deep
generator networks. NIPS 2016. arXiv:1605.09304.

    y* = argmax  h(G(y)) - lambda |y|^2,   0 <= y <= 3 sigma of each number

What is claimed: of a neuron h, the images that are found by the code of a
generator look like data, and those that are found by pixels do not.

Here h is a logit of a classifier of the digits, and G makes images of its 128
features, which it learnt by the three terms of `deepsim.py`. Both ways end
where the logit is that of the test images of the class, on average: pixels
reach more, so that activation is not the figure. A second classifier judges
whether it sees the class, and how far the images' features are from the data's.

What deviates, and why:
- The features are the layer before the logits, not fc6 of AlexNet.
- |y|^2 instead of |y|, for which linear networks have a closed form:
  y* = clip(A'w / 2 lambda, 0, 3 sigma) of G(y) = A y + b, h(x) = w'x.
- Neurons of hidden layers and of networks that learnt other data are not tried.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfgen.data.settings import DataConfig
from tfgen.evaluate.frechet import Moments, frechet_distance
from tfgen.experiments import deepsim, training
from tfgen.tables.papers import Row, Table

PAPER = "Nguyen et al. 2016, arXiv:1605.09304"

TABLE = Table(
    tuple(Row(name, None) for name in ("data", "codes of G", "pixels")),
    "paper",
    {
        "accuracy": "class seen",
        "frechet": "Frechet distance",
        "nearest": "distance from the nearest image, in levels a pixel",
        "activation": "logit of the class",
        "most": "logit at the end",
    },
    units={
        "frechet": "units",
        "nearest": "levels",
        "activation": "logits",
        "most": "logits",
    },
)
CLAIMS = {
    "by codes, images are nearer to the data than by pixels": lambda r: (
        r["codes of G"]["frechet"] < r["pixels"]["frechet"]
    ),
    "by codes, another classifier sees the class more often": lambda r: (
        r["codes of G"]["accuracy"] > r["pixels"]["accuracy"]
    ),
    "pixels reach more activation": lambda r: (
        r["pixels"]["most"] > r["codes of G"]["most"]
    ),
}
COUNT = 20  # images of each class
DECAY = 1e-3  # lambda


def ascend(
    activation: Callable[[tf.Tensor], tf.Tensor],
    start: np.ndarray,
    high: np.ndarray | float,
    enough: np.ndarray | float = np.inf,
    decay: float = 0.0,
    rate: float = 0.1,
    steps: int = 300,
) -> tuple[np.ndarray, np.ndarray]:
    """Goes up the gradient of h(y) - lambda |y|^2 in a box, in `start`'s units.

    Args:
      activation: h of y [B, ...], [B].
      start: y, [B, ...].
      high: the box ends there, and begins at 0.
      enough: activation at which y stays as it is, [B].
      decay: lambda.
      rate: length of a step at first, as a share of the box; it falls to 0.
      steps: at most.

    Returns:
      Where each was first enough, else the end; and h at the end.
    """
    high = tf.constant(high, tf.float32) * tf.ones(start.shape[1:])

    @tf.function(autograph=False)
    def step(i, y, kept, done):
        with tf.GradientTape() as tape:
            tape.watch(y)
            h = activation(y)
            value = h - decay * tf.reduce_sum(tf.square(y), range(1, y.ndim))
        kept = tf.where(tf.reshape(done, [-1, *[1] * (y.ndim - 1)]), kept, y)
        slope = tape.gradient(value, y)
        size = tf.reduce_max(tf.abs(slope), range(1, y.ndim), keepdims=True)
        length = rate * (1 - i / steps) * high
        y += length * slope / tf.maximum(size, 1e-12)
        return tf.clip_by_value(y, 0.0, high), kept, done | (h >= enough)

    y = kept = tf.constant(start, tf.float32)
    done = tf.zeros(len(start), bool)
    for i in tf.range(float(steps)):
        y, kept, done = step(i, y, kept, done)
    kept = tf.where(tf.reshape(done, [-1, *[1] * (y.ndim - 1)]), kept, y)
    return kept.numpy(), activation(y).numpy()


def rows(seed: int, steps: int = deepsim.STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of G's training.
    """
    training.begin(seed)
    data = training.splits(DataConfig("digits"))
    network = training.classifier(data, seed)
    judge = training.classifier(data, seed + 1000)
    G = deepsim.trained(
        deepsim.TERMS[deepsim.ALL], network, data, seed, steps, inverts=True
    )
    x, label = data.test["x"], data.test["label"]
    classes = np.repeat(np.arange(data.spec.num_classes), COUNT)
    random = np.random.default_rng(seed)
    features = network.features(data.train["x"])
    high = 3 * features.std(axis=0) + 1e-6

    def logit(images):
        logits = network.network(images, training=False)["logits"]
        return tf.gather(logits, classes, batch_dims=1)

    enough = _mean_logit(network, x, label)[classes]
    brightest = data.spec.levels - 1.0
    shape = (len(classes), len(high))
    codes = random.uniform(size=shape) * np.minimum(high, features.mean(0))
    codes, most = ascend(
        lambda y: logit(G.decode(y)), codes, high, enough, DECAY
    )
    noise = random.uniform(0, brightest, (len(classes), *data.spec.shape))
    pixels, most_of_pixels = ascend(logit, noise, brightest, enough)
    ways = {
        "codes of G": (G.decode(tf.constant(codes)).numpy(), most),
        "pixels": (pixels, most_of_pixels),
    }
    moments = Moments.of(judge.features(x))
    found = {"data": _figures(judge, data, moments, x, label)}
    found["data"] |= dict.fromkeys(("activation", "most"), enough.mean())
    for name, (made, most) in ways.items():
        found[name] = _figures(judge, data, moments, made, classes)
        found[name] |= {
            "activation": logit(made).numpy().mean(),
            "most": most.mean(),
        }
    return found


def _mean_logit(network, x, label):
    """That of each class, of its own images."""
    logits = network.network.predict(x, verbose=0)["logits"]
    return np.array(
        [logits[label == k, k].mean() for k in range(logits.shape[1])]
    )


def _figures(judge, data, moments, made, label):
    train = data.train["x"].reshape(len(data.train["x"]), -1)
    flat = made.reshape(len(made), -1)
    # |a - b|^2, of all pairs.
    squared = (flat**2).sum(1)[:, None] + (train**2).sum(1) - 2 * flat @ train.T
    nearest = np.sqrt(np.maximum(squared.min(1), 0) / flat.shape[1])
    return {
        "accuracy": judge.accuracy(made, label),
        "frechet": frechet_distance(moments, Moments.of(judge.features(made))),
        "nearest": nearest.mean(),
    }
