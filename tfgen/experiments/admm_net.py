"""A solver whose steps are the layers of a network.

Yan Yang, Jian Sun, Huibin Li, Zongben Xu: Deep ADMM-Net for Compressive Sensing
MRI. NIPS 2016; extended: ADMM-CSNet, arXiv:1705.06869.

An image x is measured at some frequencies, y = P F x. ADMM looks for

    argmin_x  1/2 |P F x - y|^2 + sum_l lambda |D_l x|_1

and a stage of the network is one of its iterations, over filters D_l with
transfer functions H_l:

    x    = F^H (P'P + rho sum_l |H_l|^2)^-1
           (P'y + rho sum_l conj(H_l) F (z_l - beta_l))
    z_l  = S_l(D_l x + beta_l)
    beta_l <- beta_l + eta (D_l x - z_l)

What is claimed: with filters, S_l, rho and eta of each stage learnt, a few
stages are better than many iterations of the solver.

The solver is ADMM in NumPy, its rho and lambda the best of a grid on training
images, for each number of iterations. Error (NMSE): the mean of |x' - x| / |x|.

What deviates, and why:
- Phantoms, drawn ellipses of 32 x 32 pixels; images of brains and the paper's
  other solvers are not tried.
- A stage's filters serve in both of its formulas; S_l is linear between knots,
  beyond them of slope 1. Adam instead of L-BFGS.
"""

import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.experiments.admm import places, solved, tuned
from tfgen.experiments.phantoms import (
    SIZE,
    as_complex,
    cosines,
    error,
    frequencies,
    mask,
    phantoms,
    pixels,
)
from tfgen.model import Model, Player
from tfgen.tables.papers import Row, Table

PAPER = "Yang et al. 2016, arXiv:1705.06869"

TRAINED, TESTED = 300, 60
TUNED = 20  # of the training images, by which the solver is tuned
KNOTS = np.linspace(-1, 1, 101)
STEPS, STAGES = 600, (3, 5)
RHO, LAMBDA = 0.2, 0.02  # of the network before it learns
ITERATIONS = (3, 5, 50, 200)
FILLED = "zeros at other frequencies"
SOLVER, NET = "ADMM, {} iterations", "ADMM-Net, {} stages"
_NAMES = (
    FILLED,
    *(SOLVER.format(n) for n in ITERATIONS),
    *(NET.format(n) for n in STAGES),
)
TABLE = Table(
    tuple(Row(name, None) for name in _NAMES),
    "paper",
    {"nmse": "error of test images", "training": "of training images"},
)
CLAIMS = {
    "3 stages are better than 3 iterations of the solver": lambda r: (
        r[NET.format(3)]["nmse"] < r[SOLVER.format(3)]["nmse"]
    ),
    "3 stages are better than 200 iterations": lambda r: (
        r[NET.format(3)]["nmse"] < r[SOLVER.format(200)]["nmse"]
    ),
    "5 stages are better than 3": lambda r: (
        r[NET.format(5)]["nmse"] < r[NET.format(3)]["nmse"]
    ),
}


class Network(Model):
    """ADMM-Net: from frequencies y [B, H, W], complex64, to images."""

    def __init__(self, stages: int):
        super().__init__()
        self.P = tf.constant(mask(), tf.complex64)
        # The last one ends with x.
        self.stages = [self._stage(i, i == stages - 1) for i in range(stages)]

    def _stage(self, i, last):
        soft = np.sign(KNOTS) * np.maximum(np.abs(KNOTS) - LAMBDA / RHO, 0)
        start = {
            "filters": cosines().reshape(8, 9),
            "log_rho": np.log(RHO),
        }
        if not last:
            start |= {"S": np.tile(soft, (8, 1)), "eta": 1.0}
        return {
            name: self.add_weight(
                name=f"{name}_{i}",
                shape=np.shape(value),
                initializer=tf.constant_initializer(value),
            )
            for name, value in start.items()
        }

    def players(self):
        """One, of all stages."""
        adam = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
        return {"network": Player(self.trainable_variables, adam)}

    def images(self, y):
        """Returns x [B, H, W], float32."""
        y *= self.P
        z = beta = tf.zeros((1, 8, SIZE, SIZE))
        for stage in self.stages:
            of_places = tf.constant(places(), tf.complex64)
            H = tf.tensordot(as_complex(stage["filters"]), of_places, 1)
            rho = as_complex(tf.exp(stage["log_rho"]))
            other = tf.math.conj(H) * frequencies(z - beta)
            power = tf.reduce_sum(H * tf.math.conj(H), 0)
            X = y + rho * tf.reduce_sum(other, 1)
            X /= self.P + rho * power
            if "S" not in stage:
                break
            c = pixels(H * X[:, None])
            z = piecewise_linear(c + beta, stage["S"])
            beta += stage["eta"] * (c - z)
        return pixels(X)

    def per_example_losses(self, batch, training):
        """Returns the error of each image, [B]."""
        del training
        x = batch["x"]
        y = frequencies(x)
        error = tf.norm(self.images(y) - x, axis=(1, 2))
        return {"network": error / tf.norm(x, axis=(1, 2))}


def piecewise_linear(v: tf.Tensor, S: tf.Tensor) -> tf.Tensor:
    """Returns S_l(v), linear between knots and of slope 1 beyond.

    Args:
      v: [B, L, H, W].
      S: values at the knots, [L, 101].
    """
    last = len(KNOTS) - 1
    place = (tf.clip_by_value(v, -1.0, 1.0) + 1) * (last / 2)
    left = tf.clip_by_value(tf.floor(place), 0.0, last - 1.0)
    share = place - left
    k = tf.cast(left, tf.int32)
    # Each filter has its own row of S.
    k += tf.reshape(tf.range(S.shape[0]) * (last + 1), [1, -1, 1, 1])
    flat = tf.reshape(S, [-1])
    inside = (1 - share) * tf.gather(flat, k) + share * tf.gather(flat, k + 1)
    return inside + v - tf.clip_by_value(v, -1.0, 1.0)


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each training.
    """
    training.begin(seed)
    random = np.random.default_rng(seed)
    P = mask()
    split = {
        "training": phantoms(random, TRAINED),
        "nmse": phantoms(random, TESTED),
    }
    y = {
        n: (P * np.fft.fft2(x, norm="ortho")).astype(np.complex64)
        for n, x in split.items()
    }

    def figures(images):
        return {n: error(images(y[n]), x) for n, x in split.items()}

    found = {FILLED: figures(lambda y: np.fft.ifft2(y, norm="ortho").real)}
    some = slice(TUNED)
    pairs = tuned(y["training"][some], split["training"][some], P, ITERATIONS)
    for n, pair in pairs.items():
        found[SOLVER.format(n)] = figures(
            lambda y, pair=pair, n=n: solved(y, P, *pair, [n])[n]
        )
    x = split["training"].astype(np.float32)

    def batch(random, shape):
        return {"x": x[random.integers(0, len(x), shape)]}

    for n in STAGES:
        network = Network(n)
        training.train(network, batch, steps, 20, seed, jit_compile=False)
        found[NET.format(n)] = figures(
            lambda y, network=network: network.images(y).numpy()
        )
    return found
