"""FactorVAE: a variational autoencoder whose codes are independent.

Hyunjik Kim, Andriy Mnih: Disentangling by Factorising. ICML 2018.
arXiv:1802.05983.

The codes of all x together are q(z) = E_x q(z|x). Their total correlation, how
far they are from independent, is a cost (eq. 2):

    loss = -ELBO + gamma TC,   TC = KL(q(z) || prod_j q(z_j))

TC is a ratio of densities, which a discriminator D tells (eq. 3): z against z
of which each dimension was permuted over the batch (algorithms 1 and 2).

    TC = E_q(z) log D(z) / (1 - D(z))
    D minimizes -log D(z) - log(1 - D(permuted z)), and moves nothing but D

What is reported is the ELBO, without TC. `total_correlation` is what D takes
for it: too little where D lags.

What deviates, and why:
- D learns of the same z as the encoder, and at the same time, as in
  disentanglement_lib (github.com/google-research/disentanglement_lib); the
  paper draws a second batch for it.
- Gray levels have probabilities. On gray images, the paper's Bernoulli
  likelihood is none.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, NotNegative, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import ADVERSARIAL
from tfgen.model import Model, Noise
from tfgen.models import likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.nn import dense_discriminator, gaussian
from tfgen.replicas import gathered, own_rows

PAPER = "Kim & Mnih 2018, arXiv:1802.05983"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the networks are those of `beta_vae`, and appendix A's D."""

    gamma: NotNegative = 10.0
    latent: Count = 10  # Z
    hidden: Sizes = (256, 256)  # units of the encoder; the decoder mirrors them
    activation: str = "relu"
    maps: Sizes = (32, 32, 32, 32)  # of convolutions of stride 2 before them
    kernel: Count = 4
    discriminator: Sizes = (1000,) * 6  # units of D
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-4)
    discriminator_optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-4, beta_1=0.5, beta_2=0.9
    )


class FactorVAE(variational.Variational, Model):
    """A FactorVAE for vectors [B, D] or images [B, H, W, C]."""

    simultaneous = True

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        Z = config.latent
        self.noise = {**self.noise, "order": Noise((Z,), "uniform")}
        self.discriminator = dense_discriminator(Z, config.discriminator)

    def players(self):
        """Encoder and decoder; and D."""
        config, player = self.config, variational.player
        return {
            "autoencoder": player(config.optimizer, self.encoder, self.decoder),
            "discriminator": player(
                config.discriminator_optimizer, self.discriminator
            ),
        }

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes; the ELBO's terms; TC; [B]."""
        given, D = self.given(batch), self.discriminator
        q, z, distortion = self.drawn(batch["x"], batch["epsilon"], given)
        rate = tf.reduce_sum(gaussian.kl(*q), axis=1)
        log_ratio = tf.cast(D(z), z.dtype)
        z = tf.stop_gradient(z)
        game = ADVERSARIAL["non_saturating"]
        everyone = permuted(gathered(z), gathered(batch["order"]))
        again = D(own_rows(everyone, tf.shape(z)[0]))
        return {
            "autoencoder": distortion + rate + self.config.gamma * log_ratio,
            "discriminator": game.discriminator(D(z), again),
            "rate": rate,
            "distortion": distortion,
            "total_correlation": log_ratio,
        }


def permuted(z: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    """Returns z [B, Z], each dimension in an order of its own (algorithm 1).

    Args:
      z: [B, Z].
      u: uniform, [B, Z]; to sort it orders z.
    """
    order = tf.argsort(tf.transpose(u))
    return tf.transpose(tf.gather(tf.transpose(z), order, batch_dims=1))


# Narrower than the paper's, and faster.
_D = {
    "discriminator": (256, 256, 256),
    "discriminator_optimizer": OptimizerConfig(
        learning_rate=1e-3, beta_1=0.5, beta_2=0.9, schedule="cosine"
    ),
}
_DIGITS = Config(maps=(), **presets.ON_DIGITS, **_D)
_SPRITES = Config(maps=(), **presets.ON_SPRITES, **_D)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return presets.auto(_DIGITS, spec, examples, data)


PRESETS = {
    "digits": presets.digits(_DIGITS),
    # 5 seeds: ELBO -19.6 nats, MIG 0.30, DCI 0.52, SAP 0.50.
    "sprites": presets.sprites(_SPRITES),
    "sprites_64": presets.sprites_64(Config()),
    "tiny": presets.tiny(
        Config(latent=2, maps=(), hidden=(4,), discriminator=(4,))
    ),
}
