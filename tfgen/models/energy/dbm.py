"""DBM: a deep Boltzmann machine.

Ruslan Salakhutdinov, Geoffrey E. Hinton: Deep Boltzmann Machines. AISTATS 2009.

    p(v, h) = exp(b_0 v + sum_l (h_{l-1} W_l h_l + b_l h_l)) / Z,  h_0 = v
    log p(v) >= E_q[log p~(v, h)] + H(q) - log Z,  q(h | v) = prod_i q_i

q is the mean field: each layer's means by turns are the sigmoid of what its
neighbours' means say. Given the means e of the even layers, those of the odd
ones are in closed form, and so the bound is

    -F(e) + H(q_even) - log Z,  F(e) = -b e - sum_j softplus(c + e W)_j

of a machine with two sides (`tfgen/models/boltzmann.py`). The gradient of log Z
is that of persistent chains.

Before that, layer by layer (section 3.1): each is an RBM by contrastive
divergence, with weights doubled upwards, but for the last layer, and downwards,
but for the first, since a unit will hear from both sides.

`energy` is the bound's F(e) - H(q_even), at least -log p(v) - log Z.

What deviates, and why:
- Chains draw h_1 (all odd layers) out: their loss is F of the even ones, with
  less variance than the paper's.
- Means move together in a fixed number of rounds, odd ones first, from twice
  what v says to h_1.
- The bound needs log Z, which no validation can afford: samples, which are the
  chains some sweeps later, choose the checkpoint.
- No discriminative fine-tuning.
"""

import dataclasses
import itertools

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model, Player
from tfgen.models import boltzmann, by_size
from tfgen.models.settings import training
from tfgen.nn.levels import softplus

PAPER = "Salakhutdinov & Hinton 2009"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; sizes are the paper's, for MNIST."""

    hidden: Widths = (500, 1000)  # H_1, …, H_L
    sweeps: Count = 5  # k, a step; "5 Gibbs updates" a parameter update
    persistent: bool = True  # else chains start at the example's mean field
    chains: Count = 100  # P; at least the batch's size
    mean_field: Count = 10  # rounds
    pretraining: CountOrNone = 20_000  # steps, of each layer; 0 = none
    sample_sweeps: Count = 50  # from a chain to a sample
    layer_optimizer: OptimizerConfig = OptimizerConfig(
        "sgd", learning_rate=0.05
    )
    optimizer: OptimizerConfig = OptimizerConfig(
        "sgd", learning_rate=0.005, schedule="linear"
    )


class DBM(boltzmann.Boltzmann, Model):
    """A DBM for bits: vectors [B, D] or images."""

    bounds_energy = True
    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.widths = (spec.size, *config.hidden)
        self.W = [
            self.add_weight(shape, _small(), name=f"W_{i}")
            for i, shape in enumerate(itertools.pairwise(self.widths), 1)
        ]
        self.b = [
            self.add_weight((n,), "zeros", name=f"b_{i}")
            for i, n in enumerate(self.widths)
        ]
        self.visible = self.b[0]
        boltzmann.build(self)

    def players(self):
        """One a layer, one after the other, and then the machine."""
        config, players = self.config, {}
        steps = config.pretraining
        for i, W in enumerate(self.W if steps else (), 1):
            variables = [W, self.b[i], *([self.visible] if i == 1 else [])]
            players[f"layer_{i}"] = Player(
                variables,
                config.layer_optimizer,
                since=(i - 1) * steps,
                until=i * steps,
            )
        players[self.player] = Player(
            self.trainable_variables,
            config.optimizer,
            since=steps * len(self.W),
        )
        return players

    def sides(self):
        """Returns W [E, O], and the biases of even and odd layers."""
        layers = range(len(self.widths))

        def block(i, j):
            if abs(i - j) > 1:
                return tf.zeros((self.widths[i], self.widths[j]), self.dtype)
            W = tf.convert_to_tensor(self.W[min(i, j)])
            return W if i < j else tf.transpose(W)

        rows = [
            tf.concat([block(i, j) for j in layers[1::2]], axis=1)
            for i in layers[::2]
        ]
        even, odd = (tf.concat(self.b[first::2], axis=0) for first in (0, 1))
        return tf.concat(rows, axis=0), even, odd

    def infer(self, x):
        """Returns the mean field of x [B, ...].

        Returns:
          v and the means of the other even layers [B, E], and their entropy in
          nats [B].
        """
        W, b, c = self.sides()
        v = boltzmann.bits(self, x)
        D, rest = self.spec.size, b.shape[0] - self.spec.size
        e = tf.pad(2 * v, [[0, 0], [0, rest]])
        for _ in range(self.config.mean_field):
            odd = tf.sigmoid(tf.matmul(e, W) + c)
            logits = (tf.matmul(odd, W, transpose_b=True) + b)[:, D:]
            e = tf.concat([v, tf.sigmoid(logits)], axis=1)
        # The bound is at its maximum: its gradient is that for fixed means.
        e, logits = tf.stop_gradient(e), tf.stop_gradient(logits)
        entropy = softplus(logits) - logits * tf.sigmoid(logits)
        return e, tf.reduce_sum(entropy, axis=1)

    def start(self, x):
        """Returns examples with the means of other even layers, [B, E]."""
        return self.infer(x)[0]

    def energy(self, x):
        """Returns an upper bound of -log p(x) - log Z in nats, [B]."""
        e, entropy = self.infer(x)
        return self.free_energy(e) - entropy

    def features(self, x, training=False):
        """Returns the means of each hidden layer, {name: [B, H_l]}."""
        del training
        W, _, c = self.sides()
        e = self.start(x)
        odd = tf.sigmoid(tf.matmul(e, W) + c)
        even = tf.split(e, self.widths[::2], axis=1)
        odd = tf.split(odd, self.widths[1::2], axis=1)
        layers = [None, *self.config.hidden]
        layers[::2], layers[1::2] = even, odd
        return {f"layer_{i}": h for i, h in enumerate(layers) if i}

    def layer_losses(self, batch):
        """Returns {layer: [B]}: contrastive divergence of each layer's RBM."""
        v, losses = boltzmann.bits(self, batch["x"]), {}
        u = tf.split(batch["u"][:, 0], self.widths, axis=1)
        for i, W in enumerate(self.W, 1):
            up = 2.0 if i < len(self.W) else 1.0  # copies of the lower layer
            down = 2.0 if i > 1 else 1.0  # copies of the upper one
            b, c = self.b[i - 1], self.b[i]
            hidden = tf.sigmoid(up * tf.matmul(v, W) + c)
            h = tf.cast(u[i] < hidden, v.dtype)
            again = tf.sigmoid(down * tf.matmul(h, W, transpose_b=True) + b)
            again = tf.cast(u[i - 1] < again, v.dtype)

            def energy(v, W=W, b=b, c=c, up=up, down=down):
                inputs = softplus(up * tf.matmul(v, W) + c)
                return -up * tf.linalg.matvec(v, b) - down * tf.reduce_sum(
                    inputs, axis=1
                )

            losses[f"layer_{i}"] = energy(v) - energy(again)
            v = tf.stop_gradient(hidden)
        return losses

    def per_example_losses(self, batch, training):
        """Returns losses of layers and machine, [B]; values say nothing."""
        layers = self.layer_losses(batch) if self.config.pretraining else {}
        return layers | super().per_example_losses(batch, training)

    def per_example_metrics(self, batch):
        """Returns -log p(x | means of h) in nats, and `energy`, [B]."""
        W, b, c = self.sides()
        e, entropy = self.infer(batch["x"])
        odd = tf.sigmoid(tf.matmul(e, W) + c)
        logits = (tf.matmul(odd, W, transpose_b=True) + b)[:, : self.spec.size]
        x = boltzmann.bits(self, batch["x"])
        nats = tf.reduce_sum(softplus(logits) - x * logits, axis=1)
        return {
            "reconstruction_nats": nats,
            "energy": self.free_energy(e) - entropy,
        }


def _small():
    """Initial weights, as of an RBM (Hinton's guide, 2010, section 8)."""
    return keras.initializers.RandomNormal(stddev=0.01)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': widths by size."""
    H = by_size.units(spec.size)
    train = by_size.training(examples, 200, 100, 10_000, 200_000)
    network = dataclasses.replace(
        Config(), hidden=(H, 2 * H), pretraining=train.steps // 10
    )
    data = dataclasses.replace(data, dequantize=False)
    return Preset(network, data, train)


_DIGITS = DataConfig("digits", binarize=8, dequantize=False)

PRESETS = {
    # The states of the odd side are few enough to count: log Z is exact.
    "digits": Preset(
        Config(
            hidden=(20, 20),
            pretraining=2000,
            optimizer=OptimizerConfig(
                "sgd", learning_rate=0.05, schedule="linear"
            ),
        ),
        _DIGITS,
        training(20_000, 100, every=2000),
    ),
    "mnist": Preset(
        Config(),
        DataConfig("mnist", binarize=128, dequantize=False),
        training(200_000, 100, every=10_000),
    ),
    "tiny": Preset(
        Config(
            hidden=(4, 3),
            sweeps=1,
            chains=8,
            mean_field=3,
            pretraining=1,
            sample_sweeps=3,
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}
