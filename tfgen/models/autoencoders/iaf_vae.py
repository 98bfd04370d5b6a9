"""A variational autoencoder whose posterior is an inverse autoregressive flow.

Diederik P. Kingma, Tim Salimans, Rafal Jozefowicz, Xi Chen, Ilya Sutskever, Max
Welling: Improving Variational Inference with Inverse Autoregressive Flow.
NIPS 2016. arXiv:1606.04934.

The normal numbers of a VAE's posterior go through T steps, each of which
changes a number as those before it and the encoder's context h say
(algorithm 1):

    (mean, stddev, h) = encoder(x),   z_0 = mean + stddev * epsilon
    (m_t, s_t) = network_t(z_{t-1}, h),   sigma_t = sigmoid(s_t)
    z_t = sigma_t z_{t-1} + (1 - sigma_t) m_t
    log q(z_T|x) = - sum_j (1/2 epsilon_j^2 + 1/2 log 2 pi + log stddev_j)
                   - sum_t sum_j log sigma_{t,j}

The order of the numbers is reversed between steps. The flow alone, as a density
of data, is `iaf`.

The KL is log q(z|x) - log p(z) of the draw of z. What is reported is the ELBO;
`free_bits`, nats that each number may have for nothing, change the objective.

What deviates, and why:
- One vector of latents, of perceptrons or plain convolutions; the paper's
  models of pictures have a ladder of them, of residual networks.
- Adam with a cosine in the place of Adamax.
- Mean and deviation of q(z_T|x), which `encode` gives, have no formula. They
  are those of 64 draws, whose epsilon is the same for every x: a latent that x
  does not change has one mean. Of steps that are affine they are exact.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfgen import bijectors
from tfgen.bounds import Count, NotNegative, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import free_bits
from tfgen.model import Model
from tfgen.models import likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.nn import alternating, gaussian

PAPER = "Kingma et al. 2016, arXiv:1606.04934"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the networks are those of `vae`, but for the flow."""

    steps: Count = 2  # T
    context: Count = 64  # numbers of h
    autoregressive: Sizes = (320,)  # units of each step's network
    gate: float = 1.5  # added to s, +1 to +2 in section 4
    free_bits: NotNegative = 0.0  # lambda, nats of each latent
    latent: Count = 32  # Z
    hidden: Sizes = (500,)  # units of the encoder; the decoder mirrors them
    activation: str = "tanh"  # of encoder and decoder; the flow's is elu
    maps: Sizes = ()  # of convolutions of stride 2 before them
    kernel: Count = 4  # of the convolutions
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class IAFVAE(variational.Variational, Model):
    """An IAF-VAE for vectors [B, D] or images [B, H, W, C]."""

    def make_networks(self):
        """Makes the VAE's networks, and those of the steps."""
        config = self.config
        super().make_networks(config.context)
        self.gated = bijectors.Gated(config.gate)
        self.steps = alternating(
            config.steps,
            config.autoregressive,
            config.latent,
            self.gated.parameters,
            activation="elu",
            condition=config.context,
        )

    def _drawn(self, x, epsilon, given):
        """A z for each epsilon, [B, Z] or [B, K, Z]; log q less constants."""
        *draws, Z = epsilon.shape[1:]
        code = self._encoded(x, given)
        code = tf.repeat(code, draws[0], axis=0) if draws else code
        mean, log_stddev, h = tf.split(code, [Z, Z, -1], axis=1)
        log_stddev = gaussian.bounded(log_stddev)
        epsilon = tf.reshape(tf.cast(epsilon, mean.dtype), [-1, Z])
        z = gaussian.draw(mean, log_stddev, epsilon)
        log_q = -0.5 * tf.square(epsilon) - log_stddev
        for network in self.steps:
            parameters = tf.cast(network(z, condition=h), z.dtype)
            z, log_gate = self.gated.forward_and_log_det(z, parameters)
            log_q -= log_gate
        return [tf.reshape(t, [-1, *draws, Z]) for t in (z, log_q)]

    def terms(self, x, epsilon, given):
        """Returns the distortion, and the KL by this draw.

        Args:
          x: [B, ...].
          epsilon: standard normal, [B, Z] or [B, K, Z].
          given: conditions, name -> [B, ...].

        Returns:
          [B] or [B, K], and as epsilon; both in nats.
        """
        z, log_q = self._drawn(x, epsilon, given)
        return -self.log_likelihood(x, z, given), log_q + 0.5 * tf.square(z)

    # log p(x, z_k) - log q(z_k|x) in nats, [B, K], of epsilon [B, K, Z].
    log_weights = variational.Variational.elbo

    def cost(self, kl, batch, training):
        """Returns the KL [B], with free bits where they are asked for."""
        return free_bits(kl, self.config.free_bits)

    def posterior(self, x, **given):
        """Returns mean and deviation of 64 draws of q(z_T|x), [B, Z] each."""
        epsilon = tf.constant(_epsilon(self.config.latent)[None], x.dtype)
        epsilon = tf.repeat(epsilon, tf.shape(x)[0], axis=0)
        mean, variance = tf.nn.moments(self._drawn(x, epsilon, given)[0], 1)
        return mean, tf.sqrt(variance)


def _epsilon(Z: int, draws: int = 64) -> np.ndarray:
    """Normal numbers of mean 0 and deviation 1, in opposite pairs."""
    half = np.random.default_rng(0).standard_normal((draws // 2, Z))
    return np.concatenate([half, -half]) / np.sqrt(np.mean(half**2, axis=0))


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return presets.auto(Config(), spec, examples, data)


PRESETS = {
    # 3 seeds: ELBO -18.0 nats; that of `vae` is -18.4.
    "digits": presets.digits(Config(latent=16, **presets.ON_DIGITS)),
    "mnist": presets.mnist(Config(), 100_000, 100, 5000, jit_compile=True),
    "mnist_short": presets.mnist_short(Config(**presets.ON_MNIST)),
    "tiny": presets.tiny(
        Config(latent=3, context=2, autoregressive=(4,), hidden=(4,))
    ),
}
