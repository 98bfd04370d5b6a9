"""What Boltzmann machines share: chains, the gradient of log Z, samples.

Layers are connected with their neighbours alone. So a machine has two sides,
the even layers v, h_2, … and the odd ones h_1, h_3, …: given one side, the
units of the other are independent of each other,

    p(e, o) = exp(b e + c o + e W o) / Z
    F(e) = -b e - sum_j softplus(c + e W)_j,  p(e) = exp(-F(e)) / Z

B is the batch, E and O are the units of the sides, P the chains.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.evaluate.log_partition import Machine
from tfgen.model import Model, Noise
from tfgen.models.chains import Walks
from tfgen.nn.levels import softplus
from tfgen.replicas import gathered


class Boltzmann(Walks):
    """Methods of machines of bits.

    Such a model has `sides() -> W, b, c`; `energy(x)`, the free energy [B] of
    examples or a bound of it; and `start(x)`, even layers [B, E] to begin a
    chain with. Its settings have `sweeps` (k), `persistent`, `chains` (P) and
    `sample_sweeps`.
    """

    discrete = True
    player = "machine"
    bounds_energy = False  # `energy` is an upper bound

    def __init__(self, config: Any, spec: DataSpec):
        super().__init__(config, spec)
        check_bits(self)

    def add_chains(self) -> None:
        """Makes the chains and says how many numbers a step of theirs takes.

        Called when there are sides.
        """
        even, odd = self.sides()[0].shape
        self.noise = {"u": Noise((self.config.sweeps, even + odd), "uniform")}
        self.chains = self.add_weight(
            shape=(self.config.chains, even),
            initializer="zeros",
            trainable=False,
            # Every replica assigns the same.
            aggregation="only_first_replica",
            name="chains",
        )

    def free_energy(self, e):
        """Returns F [B] of even layers e [B, E], in nats; Z is left out."""
        W, b, c = self.sides()
        inputs = tf.matmul(e, W) + c
        return -tf.linalg.matvec(e, b) - tf.reduce_sum(softplus(inputs), 1)

    def sweep(self, e, u):
        """Returns even layers [B, E] after both sides are drawn once.

        Args:
          e: [B, E].
          u: uniform numbers in [0, 1), [B, E + O]; those of the odd side first.
        """
        W, b, c = self.sides()
        of_odd, of_even = tf.split(u, [c.shape[0], b.shape[0]], axis=1)
        p = tf.sigmoid(tf.matmul(e, W) + c)
        odd = tf.cast(of_odd < p, u.dtype)
        p = tf.sigmoid(tf.matmul(odd, W, transpose_b=True) + b)
        return tf.cast(of_even < p, u.dtype)

    def negatives(self, batch, training):
        """Returns a state [B, E] of the machine for each example.

        Persistent chains are a queue: the first B go on, and go to its end. In
        validation, which may change nothing, a chain starts at the example.
        """
        chains = tf.convert_to_tensor(self.chains)
        context = tf.distribute.get_replica_context()
        replicas = context.num_replicas_in_sync if context else 1
        n = tf.shape(batch["u"])[0]
        if training and self.config.persistent:
            _check_enough(self.config.chains, batch["u"].shape[0], replicas)
            first = n * context.replica_id_in_sync_group if replicas > 1 else 0
            e = chains[first : first + n]
        else:
            e = self.start(batch["x"])
        for k in range(self.config.sweeps):
            e = self.sweep(e, batch["u"][:, k])
        e = tf.stop_gradient(e)
        if training:
            queue = tf.concat([chains, gathered(e)], axis=0)
            self.chains.assign(queue[-self.config.chains :])
        return e

    def per_example_losses(self, batch, training):
        """Returns {player: [B]}: F(x) - F(e), of a state e of a chain.

        Its gradient is that of -log p(x), as far as e is the machine's; its
        value says nothing of how good the machine is.
        """
        positive = self.energy(batch["x"])
        e = self.negatives(batch, training)
        return {self.player: positive - self.free_energy(e)}

    def begin(self, batch):
        """Log-odds of a batch's pixels are the first biases (Hinton 2010).

        Chains begin with its examples.
        """
        x, P = bits(self, batch["x"]), self.config.chains
        self.visible.assign(log_odds(x))
        e = tf.tile(self.start(batch["x"]), [-(-P // x.shape[0]), 1])
        self.chains.assign(e[:P])

    @property
    def sample_noise(self):
        """A number says which chain, the others are those of its sweeps."""
        return 1 + self.config.sample_sweeps * sum(self.sides()[0].shape)

    def first(self, uniforms):
        """Returns chains of the training, and numbers of `sample_sweeps`."""
        P, T = self.config.chains, self.config.sample_sweeps
        chain = tf.cast(uniforms[:, 0] * P, tf.int32)
        e = tf.gather(self.chains, tf.minimum(chain, P - 1))
        u = tf.reshape(uniforms[:, 1:], [-1, T, sum(self.sides()[0].shape)])
        return [tf.cast(e, u.dtype)], u

    def walk(self, state, u):
        """Returns the state after a sweep, by numbers [B, E + O]."""
        return [self.sweep(*state, u)]

    def machine(self) -> Machine:
        """Returns the sides in float64, of which log Z is measured."""
        return Machine(*(np.asarray(t, np.float64) for t in self.sides()))


def check_bits(model: Model) -> None:
    """Raises `UserError` for other data than bits."""
    if (levels := model.spec.levels) != 2:
        kind = f"{levels} gray levels" if levels else "real numbers"
        raise UserError(
            f"data: {kind}, but {model.name} is of bits; use gray levels, and"
            " data.binarize."
        )


def bits(model: Model, x: tf.Tensor) -> tf.Tensor:
    """Returns examples as vectors of bits, [B, D]."""
    return tf.floor(tf.reshape(x, [-1, model.spec.size]))


def log_odds(x: tf.Tensor) -> tf.Tensor:
    """Returns log p / (1 - p) of each of the bits x [B, D], [D]."""
    p = (tf.reduce_sum(x, axis=0) + 0.5) / tf.cast(tf.shape(x)[0] + 1, x.dtype)
    return tf.math.log(p / (1 - p))


def _check_enough(chains: int, rows: int | None, replicas: int) -> None:
    if rows and rows * replicas > chains:
        raise UserError(
            f"network.chains={chains}: expected at least the batch's"
            f" {rows * replicas} examples."
        )


def build(model: Model) -> None:
    """Adds chains, and looks at one example."""
    model.add_chains()
    model.energy(tf.zeros((1, *model.spec.shape), model.dtype))
