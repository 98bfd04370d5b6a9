"""VIMCO: variational inference for Monte Carlo objectives.

Andriy Mnih, Danilo J. Rezende: Variational Inference for Monte Carlo
Objectives. ICML 2016. arXiv:1602.06725.

A sigmoid belief network (`tfgen/models/sigmoid_belief.py`) learns the bound of
K draws an example, whose bits have no gradient:

    log p(x) >= L_K = E log (1/K) sum_k w_k,   w_k = p(x, h_k) / q(h_k|x)
    gradient = E sum_k (L_K - L_K^-k) grad log q(h_k|x)
             + E sum_k w~_k grad log w_k,      w~_k = w_k / sum_i w_i    (eq. 5)

L_K^-k has the geometric mean of the other weights in the place of w_k
(eqs. 9-10). So draws are baselines of each other, and none must be learnt.

What is reported is L_K itself, in nats.

What deviates, and why:
- Adam instead of SGD with momentum, and smaller networks for few data.
- A conditional form, and gray levels or real numbers, are not the paper's.
"""

import dataclasses

from tfgen.bounds import Several, Widths
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import leave_one_out, multi_sample_loss
from tfgen.model import Model
from tfgen.models import likelihoods, sigmoid_belief
from tfgen.models import variational_presets as presets

PAPER = "Mnih & Rezende 2016, arXiv:1602.06725"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are for MNIST."""

    draws: Several = 50  # K, baselines of each other; nvil takes 1
    hidden: Widths = (200, 200, 200)  # bits of h_1, …, h_L
    likelihood: likelihoods.Likelihood = "auto"  # of p(x | h_1)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class VIMCO(sigmoid_belief.SigmoidBelief, Model):
    """A sigmoid belief network for vectors [B, D] or images [B, H, W, C]."""

    def per_example_losses(self, batch, training):
        """Returns {"autoencoder": [B]}: -L_K in nats."""
        given = self.given(batch)
        log_p, log_q = self.log_terms(batch["x"], batch["epsilon"], given)
        log_w = log_p - log_q
        signal = leave_one_out(log_w)
        return {self.player: multi_sample_loss(log_w, log_q, signal)}


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    network = dataclasses.replace(Config(), draws=5)
    return sigmoid_belief.auto(network, spec, examples, data)


PRESETS = {
    "digits": sigmoid_belief.digits(
        Config(draws=5, hidden=(50, 50), optimizer=sigmoid_belief.ADAM)
    ),
    "mnist": presets.mnist(Config(), 1_000_000, 24, 20_000, jit_compile=True),
    "mnist_short": presets.mnist_short(Config(draws=5)),
    "tiny": presets.tiny(Config(draws=3, hidden=(8, 4))),
}
