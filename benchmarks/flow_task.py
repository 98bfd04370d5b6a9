"""What each library of `flows.py` is asked to do; it answers as in `bench.py`.

Four kinds of flow, each known by D, the numbers an example:

- 43, `maf`: 5 masked autoregressive layers of two hidden layers of 256 units,
  ReLU, in reverse order each; affine.
- 2, `spline`: 4 couplings by rational-quadratic splines of 8 bins in [-5, 5],
  each with an MLP [128, 128].
- 64 and 784, `image`: two scales of a Glow, of 4 steps each, of pictures of 8x8
  and 28x28: ActNorm, an invertible 1x1 convolution or what the library has in
  its place, an affine coupling of convolutions of 64 maps.

Training has Adam with rate 1e-3 and batches of 256 drawn from 10,000 examples
in memory; all are float32. The runner prints the parameters of each.
"""

from types import ModuleType

import numpy as np

from benchmarks import bench

FIGURES = bench.FIGURES
LAYERS, HIDDEN = 5, (256, 256)  # of maf
COUPLINGS, UNITS, BINS, EDGE = 4, (128, 128), 8, 5.0  # of spline
SCALES, STEPS, MAPS = 2, 4, 64  # of image

# What each takes part in, by the name of the builder in its file.
KINDS = {43: "maf", 2: "spline", 64: "image", 784: "image"}
TASKS = {"maf": 43, "spline": 2, "image_8": 64, "image_28": 784}
_OF_VECTORS = ("tfgen", "flowjax", "nflows", "normflows", "zuko")
PEERS = {
    "maf": (*_OF_VECTORS, "tfp"),
    "spline": _OF_VECTORS,
    "image": ("tfgen", "freia", "nflows", "normflows"),
}
LIBRARIES = {name: f"flows_{name}" for name in (*_OF_VECTORS, "tfp", "freia")}
QUERIES = 1_000


def examples(count: int, D: int, seed: int) -> np.ndarray:
    """Returns correlated numbers of variance about 1, [count, D] float32."""
    x = np.random.default_rng(seed).standard_normal((count, D))
    return ((x + np.roll(x, 1, axis=1)) / np.sqrt(2)).astype(np.float32)


def build(module: ModuleType, size: int) -> bench.Bench:
    """Asks a library for the flow of examples of so many numbers."""
    points = examples(bench.POINTS, size, seed=0)
    queries = examples(QUERIES, size, seed=1)
    return getattr(module, KINDS[size])(points, queries)
