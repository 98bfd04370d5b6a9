"""NVIL: neural variational inference and learning.

Andriy Mnih, Karol Gregor: Neural Variational Inference and Learning in Belief
Networks. ICML 2014. arXiv:1402.0030.

A sigmoid belief network (`tfgen/models/sigmoid_belief.py`) learns the ELBO,
L_1, by the score function of its bits:

    gradient of q = E (L - C(x) - c) / max(1, s) grad log q(h|x)

C(x) is a baseline network, which learns L - c by least squares; c and s^2 are
running averages of the mean and the variance of L - C(x) (algorithm 1).

With K draws it learns L_K of `vimco` instead, as Mnih & Rezende 2016
(arXiv:1602.06725) compare it: one signal for all draws of an example.

What is reported is L_K itself, in nats.

What deviates, and why:
- One signal for all layers, instead of one for each.
- grad log q(h|x) within L, whose mean is 0 where K = 1, stays in; where K is
  more, it has none.
- Running averages give each of the first steps its share, instead of starting
  from 0.
- q and C see gray levels in [-1, 1], not less the mean picture.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, PositiveShare, Sizes, Widths
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import importance_bound, multi_sample_loss
from tfgen.model import Model, Player
from tfgen.models import conditions, likelihoods, sigmoid_belief
from tfgen.models import variational_presets as presets
from tfgen.nn import MLP, RunningBatchNorm

PAPER = "Mnih & Gregor 2014, arXiv:1402.0030"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are for MNIST."""

    draws: Count = 1  # K
    hidden: Widths = (200, 200)  # bits of h_1, …, h_L
    baseline: Sizes = (100,)  # tanh units of C
    momentum: PositiveShare = 0.8  # alpha, of the running averages
    likelihood: likelihoods.Likelihood = "auto"  # of p(x | h_1)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class NVIL(sigmoid_belief.SigmoidBelief, Model):
    """A sigmoid belief network for vectors [B, D] or images [B, H, W, C]."""

    simultaneous = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.baseline = MLP(config.baseline, 1, "tanh")
        self.signal = RunningBatchNorm(
            momentum=config.momentum, lag=True, affine=False
        )
        x = tf.zeros((1, *spec.shape), self.dtype)
        one = self.baseline(self._seen(x, conditions.example(self)))
        self.signal.build(one.shape)

    def players(self):
        """The networks p and q, and the baseline."""
        C = self.baseline.trainable_variables
        mine = {id(v) for v in C}
        rest = [v for v in self.trainable_variables if id(v) not in mine]
        return {
            self.player: Player(rest, self.config.optimizer),
            "baseline": Player(C, self.config.optimizer),
        }

    def per_example_losses(self, batch, training):
        """Returns -L_K in nats, and the baseline's squared error, [B]."""
        given = self.given(batch)
        log_p, log_q = self.log_terms(batch["x"], batch["epsilon"], given)
        log_w = log_p - log_q
        C = self._logits(self.baseline, self._seen(batch["x"], given))
        bound = tf.stop_gradient(importance_bound(log_w))[:, None]
        moments = self.signal.statistics(tf.stop_gradient(bound - C), training)
        mean, variance = (tf.cast(m, C.dtype) for m in moments)
        error = bound - C - mean
        signal = error / tf.maximum(1.0, tf.sqrt(variance))
        return {
            self.player: multi_sample_loss(log_w, log_q, signal),
            "baseline": tf.square(error[:, 0]),
        }


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return sigmoid_belief.auto(Config(), spec, examples, data)


PRESETS = {
    "digits": sigmoid_belief.digits(
        Config(draws=5, hidden=(50, 50), optimizer=sigmoid_belief.ADAM)
    ),
    "mnist": presets.mnist(Config(), 1_000_000, 20, 20_000, jit_compile=True),
    "mnist_short": presets.mnist_short(Config(draws=5)),
    "tiny": presets.tiny(Config(draws=2, hidden=(8, 4), baseline=(3,))),
}
