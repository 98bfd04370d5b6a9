"""Position-sensitive pooling: maps that say which part of an object is where.

Jifeng Dai, Yi Li, Kaiming He, Jian Sun: R-FCN: Object Detection via
Region-based Fully Convolutional Networks. NIPS 2016. arXiv:1605.06409.

A convolutional network makes k x k maps of each class, background among them.
A box is cut into k x k bins, and each bin averages its own map alone:

    r_c(i, j) = mean of z_{i,j,c} over bin (i, j)                       (eq. 1)
    r_c       = mean over i, j of r_c(i, j);  softmax over classes c

What is claimed: this costs almost nothing; and where k is 1, the network fails
to place boxes, since the mean of one map does not say where in the box an
object is.

Here images show a rectangle or an ellipse. The network learns the class of
boxes at random places, background where intersection over union (IoU) with the
object's box is below 1/2. Of the boxes of a test image, the one that is the
likeliest to be no background is held against the object's.

What deviates, and why:
- Drawn shapes and a network of three layers, not photographs and ResNet-101.
- Candidates are drawn; no network proposes them.
- Neither maps of boxes' corrections, hard example mining nor dilation is tried.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Dai et al. 2016, arXiv:1605.06409"

SIZE, SMALLEST, LARGEST = 32, 8, 18  # pixels: an image's, an object's
NOISE = 0.1
CLASSES = 3  # background, rectangle, ellipse
BOXES, CANDIDATES, TESTED = 16, 200, 200  # of training; of tests; test images
KS = (1, 3, 5)
STEPS, UNITS = 300, 24
BEST, ANY = "the best candidate", "any candidate"
NAMES = {k: f"k = {k}" for k in KS}
_PLACE = "iou", "half", "tight"
TABLE = Table(
    (
        *(Row(name, None, figures=_PLACE) for name in (BEST, ANY)),
        *(Row(name, None) for name in NAMES.values()),
    ),
    "paper",
    {
        "iou": "IoU of the box that is chosen",
        "half": "at least 1/2",
        "tight": "at least 0.7",
        "accuracy": "class of the object's own box",
    },
)
CLAIMS = {
    "k = 3 places boxes: IoU is 1/2 in 90 %": lambda r: (
        r[NAMES[3]]["half"] >= 0.9
    ),
    "k = 1 does not: in less than half": lambda r: r[NAMES[1]]["half"] < 0.5,
    "k = 3 places them better than k = 1": lambda r: (
        r[NAMES[3]]["iou"] > r[NAMES[1]]["iou"]
    ),
    "k = 5 no worse than k = 3": lambda r: (
        r[NAMES[5]]["iou"] >= r[NAMES[3]]["iou"]
    ),
}


def scenes(random: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Returns images [N, H, W, 1], boxes [N, 4] and classes [N], 1 or 2.

    A box is y, x, height, width, in whole pixels.
    """
    side = random.integers(SMALLEST, LARGEST + 1, (count, 2))
    box = np.concatenate([random.integers(0, SIZE - side + 1), side], axis=1)
    kind = random.integers(1, CLASSES, count)
    centre = box[:, :2] + (side - 1) / 2
    pixels = np.arange(SIZE)
    off = abs(pixels - centre[..., None]) / (side[..., None] / 2)  # [N, 2, H]
    y, x = off[:, 0, :, None], off[:, 1, None]
    ellipse = (kind == 2)[:, None, None]
    inside = np.where(ellipse, np.hypot(y, x), np.maximum(y, x)) <= 1
    light = random.choice([-1, 1], count) * random.uniform(0.5, 1, count)
    image = inside * light[:, None, None]
    image += NOISE * random.standard_normal(image.shape)
    return {"x": image[..., None].astype(np.float32), "box": box, "kind": kind}


def candidates(random, box: np.ndarray, count: int) -> np.ndarray:
    """Returns boxes [N, count, 4]: half of them anywhere, half near an object.

    Args:
      random: numbers.
      box: of objects, [N, 4].
      count: boxes of an image.
    """
    shape = len(box), count, 2
    side = random.integers(SMALLEST, LARGEST + 1, shape)
    start = random.integers(0, SIZE - side + 1)
    near = random.integers(-4, 5, (2, *shape)) + np.stack(
        [box[:, None, :2], box[:, None, 2:]]
    )
    half = (np.arange(count) % 2 == 0)[:, None]
    side = np.where(half, np.clip(near[1], SMALLEST, LARGEST), side)
    start = np.where(half, np.clip(near[0], 0, SIZE - side), start)
    return np.concatenate([start, side], axis=2)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Returns intersection over union of boxes, [...].

    Args:
      a: [..., 4].
      b: [..., 4].
    """
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    both = np.maximum(high - low, 0).prod(-1)
    return both / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both)


def bins(start: tf.Tensor, side: tf.Tensor, k: int) -> tf.Tensor:
    """Returns the share of each pixel in each bin's mean, [..., k, SIZE].

    Bin i has the pixels from floor(i side / k) to ceil((i + 1) side / k), of
    the box; so bins may share a pixel.

    Args:
      start: the first pixel, [...] int.
      side: how many pixels, [...] int.
      k: number of bins.
    """
    i = tf.range(k)
    start, side = start[..., None], side[..., None]
    first = start + i * side // k
    end = start - (-(i + 1) * side // k)
    pixel = tf.range(SIZE)
    inside = (pixel >= first[..., None]) & (pixel < end[..., None])
    count = tf.cast(end - first, tf.float32)
    return tf.cast(inside, tf.float32) / count[..., None]


def pooled(maps: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Returns the mean of bins, each of its own map, [N, boxes, k, k, classes].

    Args:
      maps: [N, SIZE, SIZE, k, k, classes].
      boxes: [N, boxes, 4] int.
    """
    k = maps.shape[3]
    y, x = (bins(boxes[..., d], boxes[..., 2 + d], k) for d in (0, 1))
    rows = tf.einsum("nbih,nhwijc->nbwijc", y, maps)
    return tf.einsum("nbjw,nbwijc->nbijc", x, rows)


class Detector(Model):
    """Three layers of convolutions, and k x k maps of each class."""

    def __init__(self, k: int, units: int = UNITS):
        super().__init__()
        self.k = k
        conv = keras.layers.Conv2D
        self.network = keras.Sequential(
            [
                keras.Input((SIZE, SIZE, 1)),
                conv(units, 5, padding="same", activation="relu"),
                conv(units, 5, padding="same", activation="relu"),
                conv(units, 5, padding="same", activation="relu"),
                conv(k * k * CLASSES, 1),
                keras.layers.Reshape((SIZE, SIZE, k, k, CLASSES)),
            ]
        )

    def players(self):
        """One, of all weights."""
        adam = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
        return {"detector": Player(self.network.trainable_variables, adam)}

    def logits(self, x, boxes):
        """Returns r_c of each box, [N, boxes, classes]."""
        return tf.reduce_mean(pooled(self.network(x), boxes), axis=(2, 3))

    def per_example_losses(self, batch, training):
        """Returns the mean cross-entropy of an image's boxes, [N]."""
        del training
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            batch["kind"], self.logits(batch["x"], batch["boxes"])
        )
        return {"detector": tf.reduce_mean(nats, axis=1)}


def examples(random, shape) -> dict[str, np.ndarray]:
    """Returns images, boxes of each, and the boxes' classes."""
    made = scenes(random, int(np.prod(shape)))
    boxes = candidates(random, made["box"], BOXES)
    here = iou(boxes, made["box"][:, None]) >= 0.5
    arrays = {
        "x": made["x"],
        "boxes": boxes.astype(np.int32),
        "kind": (made["kind"][:, None] * here).astype(np.int32),
    }
    return {n: a.reshape(*shape, *a.shape[1:]) for n, a in arrays.items()}


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each training.
    """
    random = np.random.default_rng(seed)
    test = scenes(random, TESTED)
    own = test["box"][:, None]
    boxes = candidates(random, test["box"], CANDIDATES)
    overlap = iou(boxes, own)
    found = {
        BEST: _figures(overlap.max(1)),
        ANY: _figures(overlap.ravel()),
    }
    for k, name in NAMES.items():
        training.begin(seed)
        model = Detector(k)
        training.train(model, examples, steps, 16, seed, jit_compile=False)
        both = np.concatenate([boxes, own], axis=1).astype(np.int32)
        p = tf.nn.softmax(model.logits(test["x"], both)).numpy()
        chosen = p[:, :-1, 0].argmin(1)
        found[name] = _figures(overlap[np.arange(TESTED), chosen])
        seen = p[:, -1].argmax(1)
        found[name]["accuracy"] = (seen == test["kind"]).mean()
    return found


def _figures(overlap):
    values = overlap, overlap >= 0.5, overlap >= 0.7
    return {name: value.mean() for name, value in zip(_PLACE, values)}
