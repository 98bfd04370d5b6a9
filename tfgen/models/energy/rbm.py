"""RBM: a restricted Boltzmann machine.

Paul Smolensky 1986; Geoffrey E. Hinton: Training Products of Experts by
Minimizing Contrastive Divergence. Neural Computation 2002. Tijmen Tieleman:
Training Restricted Boltzmann Machines using Approximations to the Likelihood
Gradient. ICML 2008 (persistent chains).

    p(v, h) = exp(b v + c h + v W h) / Z,  v in {0, 1}^D,  h in {0, 1}^H
    F(v) = -b v - sum_j softplus(c + v W)_j,  log p(v) = -F(v) - log Z
    d/dw -log p(v) = dF(v)/dw - E_p[dF(v')/dw]

The expectation is that of states v' of Gibbs chains: k sweeps from the example
(CD-k), or from where the chains were a step before (PCD).

`energy` is F. Evaluation adds log Z: exact up to 20 units of the smaller side,
else by annealed importance sampling (Salakhutdinov & Murray 2008), forward and
back.

What deviates, and why:
- Checkpoints are chosen by the pseudo-likelihood, sum_d log p(v_d | v without
  v_d) (Besag 1975): it needs no log Z.
- v' are bits, where Hinton's guide (2010) takes probabilities of the last
  sweep: so the gradient is exact if the chains are.
- Samples are the chains of the training, some sweeps later. Rows of one call
  may come from the same chain.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.bounds import Count
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import boltzmann, by_size
from tfgen.models.settings import training
from tfgen.nn.levels import softplus

PAPER = "Hinton 2002; Tieleman 2008"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings."""

    hidden: Count = 500  # H
    sweeps: Count = 1  # k, a step
    persistent: bool = True  # PCD; else CD
    chains: Count = 100  # P; at least the batch's size
    sample_sweeps: Count = 50  # from a chain to a sample
    # It decays linearly to 0, as in Tieleman 2008.
    optimizer: OptimizerConfig = OptimizerConfig(
        "sgd", learning_rate=0.05, schedule="linear"
    )


class RBM(boltzmann.Boltzmann, Model):
    """An RBM for bits: vectors [B, D] or images."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        D, H = spec.size, config.hidden
        # Hinton's guide (2010), section 8.
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.W = self.add_weight((D, H), small, name="W")
        self.visible = self.add_weight((D,), "zeros", name="visible")  # b
        self.hidden = self.add_weight((H,), "zeros", name="hidden")  # c
        boltzmann.build(self)

    def sides(self):
        """Returns W [D, H], b [D] and c [H]."""
        sides = (self.W, self.visible, self.hidden)
        return tuple(map(tf.convert_to_tensor, sides))

    def start(self, x):
        """Returns examples as states, [B, D]."""
        return boltzmann.bits(self, x)

    def energy(self, x):
        """Returns F(x) = -log p(x) - log Z in nats, [B], of x [B, ...]."""
        return self.free_energy(boltzmann.bits(self, x))

    def features(self, x, training=False):
        """Returns the probabilities of the hidden units, {name: [B, H]}."""
        del training
        W, _, c = self.sides()
        return {"hidden": tf.sigmoid(tf.matmul(boltzmann.bits(self, x), W) + c)}

    def per_example_metrics(self, batch):
        """Returns minus the pseudo-likelihood in nats, and F, [B]."""
        W, b, c = self.sides()
        x = boltzmann.bits(self, batch["x"])
        inputs = tf.matmul(x, W) + c

        def surprise(d):
            """-log p(x_d | x without x_d) = softplus(F(x) - F(x'))."""
            up = 1 - 2 * tf.gather(x, d, axis=1)  # the other bit less this one
            other = inputs + up[:, None] * tf.gather(W, d)
            gain = up * b[d] + tf.reduce_sum(
                softplus(other) - softplus(inputs), axis=1
            )
            return softplus(gain)

        D = self.spec.size
        nats = tf.map_fn(surprise, tf.range(D), fn_output_signature=x.dtype)
        return {
            "pseudo_nats": tf.reduce_sum(nats, axis=0),
            "energy": self.free_energy(x),
        }


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': width by size."""
    network = dataclasses.replace(Config(), hidden=by_size.units(spec.size))
    data = dataclasses.replace(data, dequantize=False)
    train = by_size.training(examples, 100, 100, 5000, 100_000)
    return Preset(network, data, train)


_DIGITS = DataConfig("digits", binarize=8, dequantize=False)

PRESETS = {
    # Small enough to count: log Z is exact.
    "digits": Preset(
        Config(hidden=16), _DIGITS, training(10_000, 100, every=1000)
    ),
    "mnist": Preset(
        Config(),
        DataConfig("mnist", binarize=128, dequantize=False),
        training(100_000, 100, every=5000),
    ),
    "tiny": Preset(
        Config(
            hidden=4,
            chains=8,
            sample_sweeps=3,
            optimizer=OptimizerConfig(epsilon=1e-6),
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}
