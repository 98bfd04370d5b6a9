"""DIP-VAE: a variational autoencoder whose codes have no covariance.

Abhishek Kumar, Prasanna Sattigeri, Avinash Balakrishnan: Variational Inference
of Disentangled Latent Concepts from Unlabeled Observations. ICLR 2018.
arXiv:1711.00848.

The codes of all x together, q(z) = E_x q(z|x), shall be like the prior, of
which the ELBO says little: a penalty brings their covariance C to I (eqs. 6-7).

    loss = -ELBO + od sum_{i != j} C_ij^2 + d sum_i (C_ii - 1)^2
    I:   C = Cov_x[mean(x)]
    II:  C = Cov_x[mean(x)] + E_x[diag(stddev(x)^2)], which is Cov_q[z]

C is that of the batch, of all replicas together. What is reported is the ELBO,
without the penalty.

What deviates, and why:
- C is divided by the size of the batch, as in disentanglement_lib
  (github.com/google-research/disentanglement_lib). Of few examples beside Z^2
  it is noise.
- Gray levels have probabilities. On gray images, the paper's Bernoulli
  likelihood is none.
"""

import dataclasses
from typing import Literal

import tensorflow as tf

from tfgen.bounds import Count, NotNegative, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import covariance, mean_over_replicas
from tfgen.model import Model
from tfgen.models import likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.nn import gaussian

PAPER = "Kumar et al. 2018, arXiv:1711.00848"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the networks are those of `beta_vae`."""

    kind: Literal["I", "II"] = "I"  # whose covariance
    off_diagonal: NotNegative = 10.0  # lambda_od
    diagonal: NotNegative = 100.0  # lambda_d; figure 1: 10 lambda_od
    latent: Count = 10  # Z
    hidden: Sizes = (256, 256)  # units of the encoder; the decoder mirrors them
    activation: str = "relu"
    maps: Sizes = (32, 32, 32, 32)  # of convolutions of stride 2 before them
    kernel: Count = 4
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=5e-4)


class DIPVAE(variational.Variational, Model):
    """A DIP-VAE for vectors [B, D] or images [B, H, W, C]."""

    def per_example_losses(self, batch, training):
        """Returns {"autoencoder": [B]}, the ELBO's terms, and the penalty."""
        given = self.given(batch)
        q, _, distortion = self.drawn(batch["x"], batch["epsilon"], given)
        rate = tf.reduce_sum(gaussian.kl(*q), axis=1)
        # Each example carries the whole penalty: averaging leaves it as it is.
        penalty = self.penalty(*q) * tf.ones_like(rate)
        return {
            "autoencoder": distortion + rate + penalty,
            "rate": rate,
            "distortion": distortion,
            "penalty": penalty,
        }

    def penalty(self, mean, log_stddev):
        """Returns that of the covariance, (), of q(z|x) [B, Z] each."""
        C = covariance(mean)
        diagonal = own = tf.linalg.diag_part(C)
        if self.config.kind == "II":
            variance = tf.reduce_mean(tf.exp(2 * log_stddev), axis=0)
            diagonal = own + mean_over_replicas(variance)
        others = tf.linalg.set_diag(C, tf.zeros_like(own))
        return self.config.off_diagonal * tf.reduce_sum(
            tf.square(others)
        ) + self.config.diagonal * tf.reduce_sum(tf.square(diagonal - 1))


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return presets.auto(Config(), spec, examples, data)


PRESETS = {
    "digits": presets.digits(Config(maps=(), **presets.ON_DIGITS)),
    # 5 seeds: ELBO -22.1 nats, MIG 0.05, DCI 0.23, SAP 0.20. II with 2 and 2:
    # -21.2, 0.11, 0.35, 0.30.
    "sprites": presets.sprites(Config(maps=(), **presets.ON_SPRITES)),
    "sprites_64": presets.sprites_64(Config()),
    "mnist": presets.mnist(Config(maps=(32, 32)), 100_000, 128, 5000),
    "tiny": presets.tiny(
        Config("II", 0.1, 0.1, latent=2, maps=(), hidden=(4,))
    ),
}
