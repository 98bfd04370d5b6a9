"""Professor forcing: a network that runs free behaves as one that is taught.

Anirudh Goyal, Alex Lamb, Ying Zhang, Saizheng Zhang, Aaron Courville, Yoshua
Bengio: Professor Forcing: A New Algorithm for Training Recurrent Networks.
NIPS 2016. arXiv:1610.09038.

A behaviour b of a recurrent network is its states and outputs over time; when
taught, it reads the data, when free, what it has written. A discriminator D
tells the two apart, and the network learns, besides its likelihood, that its
free behaviour is taken for the other:

    D:        -log D(b_taught) - log(1 - D(b_free))                    (eq. 1)
    network:  -log p(x) - log D(b_free)                                (eq. 2)

D learns while it is right in less than 99 % of a batch, and the network learns
from it while it is right in more than 75 %.

What is claimed: samples much longer than what was learnt from stay like the
data, and the likelihood of held-out data is better, too.

Here curves are sums of two sines with noise. A GRU, whose next value is a
normal one, learns from 20 steps and writes 200. Of steps 1 to 50 and 151 to
200, amplitude (the logarithm of the deviation) and period (zeros that are
crossed) are held against the data's, by energy distance, in units of the data's
deviations. The data's own distance from other data is what chance makes.

What deviates, and why:
- Values go on as constants: no gradient goes through what is written, so that
  D works on the states alone, as with the paper's symbols.
- The optional third term, that taught behaviour is taken for free, is left out.
- Text, digits, handwriting and music are not tried.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import OptimizerConfig
from tfgen.experiments import training
from tfgen.experiments.curves import curves, energy_distance, features
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Player
from tfgen.nn import gaussian
from tfgen.tables.papers import Row, Table

PAPER = "Goyal et al. 2016, arXiv:1610.09038"

TAUGHT, WRITTEN, WINDOW = 20, 200, 50  # steps
COUNT = 500  # curves of a test
STEPS, UNITS = 1500, 32
ENOUGH, TOO_GOOD = 0.75, 0.99  # shares in which D is right
DATA, TEACHER, PROFESSOR = "data", "teacher forcing", "professor forcing"
_DISTANCES = "early", "late"
TABLE = Table(
    (
        Row(DATA, None, figures=_DISTANCES),
        Row(TEACHER, None),
        Row(PROFESSOR, None),
    ),
    "paper",
    {
        "late": f"energy distance, {WRITTEN - WINDOW + 1} to {WRITTEN}",
        "early": f"1 to {WINDOW}",
        "nats": "-log p(x) of a step, held out",
    },
    units={"late": "", "early": "", "nats": "nats"},
)
CLAIMS = {
    "late in a sample, professor forcing is nearer to the data": lambda r: (
        r[PROFESSOR]["late"] < r[TEACHER]["late"]
    ),
    "held-out data have fewer nats": lambda r: (
        r[PROFESSOR]["nats"] < r[TEACHER]["nats"]
    ),
}


class Network(Model):
    """Writes x [B, T]; D reads the behaviours [B, T, H + 2]."""

    simultaneous = True

    def __init__(self, forced: bool, units: int = UNITS):
        super().__init__()
        self.forced, self.units = forced, units
        self.cell = keras.layers.GRUCell(units)
        self.out = keras.layers.Dense(2)
        read = keras.layers.GRU(units)
        self.discriminator = keras.Sequential(
            [
                keras.Input((TAUGHT, units + 2)),
                keras.layers.Bidirectional(read),
                keras.layers.Dense(1),
                keras.layers.Reshape(()),
            ]
        )
        self.step(tf.zeros(1), tf.zeros((1, units)))

    def players(self):
        """The network, and D if there is a game."""
        adam = OptimizerConfig(learning_rate=5e-3, schedule="cosine")
        slower = OptimizerConfig(learning_rate=1e-3, schedule="cosine")
        own = [
            *self.cell.trainable_variables,
            *self.out.trainable_variables,
        ]
        D = self.discriminator.trainable_variables
        return {"network": Player(own, adam)} | (
            {"D": Player(D, slower)} if self.forced else {}
        )

    def step(self, before, state):
        """Reads a value [B]; returns mean and log-deviation of the next."""
        state, _ = self.cell(before[:, None], state)
        mean, log_stddev = tf.unstack(self.out(state), axis=1)
        return mean, gaussian.bounded(log_stddev), state

    def run(self, x, epsilon):
        """Returns the network's behaviour and what it writes.

        Args:
          x: curves to be read, [B, T]; None: it reads what it writes.
          epsilon: standard normal numbers, [B, T].

        Returns:
          [B, T, H + 2], the last two mean and log-deviation; [B, T].
        """
        given = tf.zeros_like(epsilon) if x is None else x
        before = tf.pad(given[:, :-1], [[0, 0], [1, 0]])

        def step(last, now):
            _, state, written = last
            noise, taught = now
            read = written if x is None else taught
            mean, log_stddev, state = self.step(read, state)
            outputs = tf.stack([mean, log_stddev], axis=1)
            value = tf.stop_gradient(gaussian.draw(mean, log_stddev, noise))
            return tf.concat([state, outputs], axis=1), state, value

        B, H = epsilon.shape[0], self.units
        start = tf.zeros((B, H + 2)), tf.zeros((B, H)), tf.zeros(B)
        steps = tf.transpose(epsilon), tf.transpose(before)
        behaviour, _, written = tf.scan(step, steps, start)
        return tf.transpose(behaviour, [1, 0, 2]), tf.transpose(written)

    def nats(self, behaviour, x):
        """Returns -log p(x), [B]."""
        mean, log_stddev = behaviour[..., -2], behaviour[..., -1]
        z = (x - mean) * tf.exp(-log_stddev)
        each = 0.5 * tf.square(z) + log_stddev + 0.5 * np.log(2 * np.pi)
        return tf.reduce_sum(each, axis=1)

    def per_example_losses(self, batch, training):
        """Returns what both minimize, [B]."""
        del training
        x, epsilon, game = batch["x"], batch["epsilon"], _GAME
        taught, _ = self.run(x, epsilon)
        nats = self.nats(taught, x)
        if not self.forced:
            return {"network": nats}
        free, _ = self.run(None, epsilon)
        real = self.discriminator(taught)
        fake = self.discriminator(free)
        network, D = gates(real, fake)
        return {
            "network": nats + network * game.generator(fake),
            "D": D * game.discriminator(real, fake),
        }


_GAME = ADVERSARIAL["non_saturating"]


def gates(real, fake) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns whether the network and whether D learns by the game, 0 or 1.

    Args:
      real: logits of behaviours that were taught, [B].
      fake: of free ones.
    """
    right = tf.concat([real > 0, fake < 0], axis=0)
    share = tf.reduce_mean(tf.cast(right, tf.float32))
    return (
        tf.cast(share > ENOUGH, tf.float32),
        tf.cast(share < TOO_GOOD, tf.float32),
    )


def rows(seed: int, steps: int = STEPS) -> dict[str, dict[str, float]]:
    """Returns the figures of each row.

    Args:
      seed: of everything.
      steps: of each training.
    """
    random = np.random.default_rng(seed)
    data, other = curves(random, (2, COUNT), WRITTEN)
    epsilon = random.standard_normal((COUNT, WRITTEN)).astype(np.float32)

    def batch(random, shape):
        x = curves(random, shape, TAUGHT)
        noise = random.standard_normal(x.shape)
        return {
            "x": x.astype(np.float32),
            "epsilon": noise.astype(np.float32),
        }

    found = {DATA: distances(other, data)}
    for name in (TEACHER, PROFESSOR):
        training.begin(seed)
        network = Network(name == PROFESSOR)
        training.train(network, batch, steps, 64, seed)
        written = network.run(None, epsilon)[1].numpy()
        x = tf.constant(data[:, :TAUGHT], tf.float32)
        behaviour, _ = network.run(x, epsilon[:, :TAUGHT])
        found[name] = distances(written, data)
        nats = network.nats(behaviour, x).numpy()
        found[name]["nats"] = nats.mean() / TAUGHT
    return found


def distances(made: np.ndarray, data: np.ndarray) -> dict[str, float]:
    """Returns energy distances of the first and the last steps."""
    windows = slice(None, WINDOW), slice(-WINDOW, None)
    found = {}
    for name, window in zip(_DISTANCES, windows):
        own = features(data[:, window])
        pair = (f / own.std(0) for f in (features(made[:, window]), own))
        found[name] = energy_distance(*pair)
    return found
