"""Adversarial variational Bayes.

Lars Mescheder, Sebastian Nowozin, Andreas Geiger: Adversarial Variational
Bayes: Unifying Variational Autoencoders and Generative Adversarial Networks.
ICML 2017. arXiv:1701.04722.

A VAE whose q(z|x) is a black box: networks of x and of noise, without a
density. A discriminator T, which tells codes of x from draws of the prior,
learns what the ELBO needs of it (section 3):

    T minimizes  -E_q log sigmoid(T(x, z)) - E_p(z) log(1 - sigmoid(T(x, z)))
    at best      T*(x, z) = log q(z|x) - log p(z)
    ELBO       = E_q log p(x|z) - E_q T*(x, z)

Adaptive contrast (section 4): T compares q with r(z|x), the Gaussian of q's
mean and deviation, which is nearer than the prior. It sees codes in its units:

    u = (z - mean(x)) / stddev(x), told from N(0, I)
    ELBO = E_q [log p(x|z) - T*(x, u) - log r(z|x) + log p(z)]

So the moments must be known: u = sum_i w_i(x) v_i, where sum_i w_i^2 = 1 and
each v_i, a network of noise_i alone, has mean 0 and variance 1.

`negative_elbo` is that of r, which is a bound of log p(x); importance sampling
draws of r, too. `negative_elbo_by_t` is that of q. It is no bound: where T
lags, it may promise more than log p(x).

What deviates, and why:
- Mean and variance of v_i are those of 256 draws that stay the same, so that no
  example depends on others. The authors' code has those of the batch
  (github.com/LMescheder/AdversarialVariationalBayes).
- Without adaptive contrast, the black box is the same.
- The v_i learn at a rate of their own. At that of the encoder, they find shapes
  that T does not know yet, and the ELBO by T is far from log p(x).
- The authors find log p(x) by annealed importance sampling.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfgen.bounds import Count, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Noise
from tfgen.models import conditions, likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.nn import MLP, dense_discriminator, gaussian

PAPER = "Mescheder et al. 2017, arXiv:1701.04722"

# B batch, Z latent dimensions, N networks v_i, E numbers of noise for each.
_FIXED = 256  # draws that say mean and variance of v_i


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; noise, v_i and rates are those of the authors' code."""

    adaptive_contrast: bool = True
    basis: Count = 32  # N
    noise: Count = 64  # E
    basis_hidden: Sizes = (128, 128, 128)  # units of each v_i
    latent: Count = 8  # Z
    hidden: Sizes = (500,)  # units of the encoder; the decoder mirrors them
    activation: str = "tanh"
    maps: Sizes = ()  # of convolutions of stride 2 before them
    kernel: Count = 4  # of the convolutions
    discriminator: Sizes = (500, 500)  # units of T
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=5e-5, beta_1=0.5)
    # Of the v_i. Faster, q has a shape before T knows it.
    basis_optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=5e-5, beta_1=0.5
    )
    discriminator_optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-4, beta_1=0.5
    )


class AVB(variational.Variational, Model):
    """Adversarial variational Bayes for [B, D] or images [B, H, W, C]."""

    simultaneous = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        N, E, Z = config.basis, config.noise, config.latent
        # `epsilon` is what T tells u from, and what r is drawn by.
        self.noise = {**self.noise, "noise": Noise((N, E))}
        seen = spec.size + conditions.width(self) + Z
        self.discriminator = dense_discriminator(seen, config.discriminator)
        self.basis = [MLP(config.basis_hidden, Z, "elu") for _ in range(N)]
        random = np.random.default_rng(0)
        self.fixed = random.standard_normal((_FIXED, N, E), np.float32)
        self._v(tf.zeros((1, N, E), self.dtype))

    def make_networks(self):
        """Makes the VAE's networks; the encoder also returns log w_i."""
        super().make_networks(self.config.basis * self.config.latent)

    def players(self):
        """Encoder and decoder; the v_i, for the same ELBO; and T."""
        config, player = self.config, variational.player
        return {
            "autoencoder": player(config.optimizer, self.encoder, self.decoder),
            "basis": player(config.basis_optimizer, *self.basis),
            "discriminator": player(
                config.discriminator_optimizer, self.discriminator
            ),
        }

    def _v(self, noise):
        """All v_i, [B, N, Z], of noise [B, N, E]."""
        noise = tf.concat([tf.cast(self.fixed, noise.dtype), noise], axis=0)
        parts = zip(self.basis, tf.unstack(noise, axis=1))
        v = tf.stack([network(part) for network, part in parts], axis=1)
        v = tf.cast(v, noise.dtype)
        mean, variance = tf.nn.moments(v[:_FIXED], axes=[0])
        return (v[_FIXED:] - mean) * tf.math.rsqrt(variance + 1e-6)

    def _of_r(self, x, given):
        """Mean and log-deviation of r(z|x), [B, Z], and log w_i, [B, N, Z]."""
        N, Z = self.config.basis, self.config.latent
        h = self._encoded(x, given)
        mean, log_stddev, log_w = tf.split(h, [Z, Z, -1], axis=1)
        log_w = gaussian.bounded(tf.reshape(log_w, [-1, N, Z]))
        log_w -= tf.reduce_logsumexp(2 * log_w, axis=1, keepdims=True) / 2
        return mean, gaussian.bounded(log_stddev), log_w

    def _posterior(self, x, given):
        """Mean and log-deviation of q(z|x), as of r(z|x), [B, Z] each."""
        return self._of_r(x, given)[:2]

    def terms_by_t(self, batch):
        """Returns the ELBO's: distortion, and rate by T, [B], in nats.

        Also what T sees of z, [B, Z].
        """
        x, given = batch["x"], self.given(batch)
        mean, log_stddev, log_w = self._of_r(x, given)
        v = self._v(tf.cast(batch["noise"], mean.dtype))
        u = tf.reduce_sum(tf.exp(log_w) * v, axis=1)
        z = gaussian.draw(mean, log_stddev, u)
        distortion = -self.log_likelihood(x, z, given)
        if not self.config.adaptive_contrast:
            return distortion, self._logit(x, z, given), z
        # log r(z|x) - log p(z), whose constants cancel.
        log_ratio = 0.5 * (tf.square(z) - tf.square(u)) - log_stddev
        rate = tf.reduce_sum(log_ratio, axis=1) + self._logit(x, u, given)
        return distortion, rate, u

    def _logit(self, x, code, given):
        """T(x, code), [B]."""
        seen = self._seen(x, given)
        both = tf.concat([seen, tf.cast(code, seen.dtype)], axis=1)
        return tf.cast(self.discriminator(both), x.dtype)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes; the ELBO's terms by T; [B]."""
        x, given = batch["x"], self.given(batch)
        distortion, rate, code = self.terms_by_t(batch)
        of_q = self._logit(x, tf.stop_gradient(code), given)
        of_contrast = self._logit(x, batch["epsilon"], given)
        game = ADVERSARIAL["non_saturating"]
        return {
            "autoencoder": distortion + rate,
            "basis": distortion + rate,
            "discriminator": game.discriminator(of_q, of_contrast),
            "rate_by_t": rate,
            "distortion": distortion,
        }

    def per_example_metrics(self, batch):
        """Returns the bound of r with its terms, and -ELBO of q by T, [B]."""
        distortion, rate, _ = self.terms_by_t(batch)
        found = super().per_example_metrics(batch)
        return {**found, "negative_elbo_by_t": distortion + rate}


_SMALL = Config(
    basis=8,
    noise=8,
    basis_hidden=(32, 32),
    discriminator=(256, 256),
    basis_optimizer=OptimizerConfig(learning_rate=1e-5, beta_1=0.5),
    discriminator_optimizer=OptimizerConfig(
        learning_rate=2e-3, beta_1=0.5, schedule="cosine"
    ),
    **presets.ON_DIGITS,
)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return presets.auto(_SMALL, spec, examples, data)


PRESETS = {
    "digits": presets.digits(_SMALL),
    "mnist": presets.mnist(Config(), 2_500_000, 128, 25_000, jit_compile=True),
    "tiny": presets.tiny(Config(True, 2, 2, (4,), 2, (4,), discriminator=(4,))),
}
