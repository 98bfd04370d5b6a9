"""Variational ladder autoencoder.

Shengjia Zhao, Jiaming Song, Stefano Ermon: Learning Hierarchical Features from
Deep Generative Models. ICML 2017. arXiv:1702.08396.

Several latents z_1, …, z_L, all independent and normal: the prior is flat. The
ladder is in the networks: z_1 goes through one layer on its way to x, z_L
through all. So what takes more of them is left to the latents above.

    h_l = g_l(h_{l-1}),  h_0 = x;   q(z_l|x) = N(mean_l(h_l), stddev_l(h_l)^2)
    y_L = u_L(z_L),   y_l = u_l([y_{l+1}, z_l]);   p(x | y_1)

What is reported is the ELBO of a VAE, whose KL is the sum of those of the
latents. It is also what is learned, after `warmup_steps` in which the weight of
the KL grows from 0 to 1: without them, latents may stay unused.

What deviates, and why:
- Each g and u is one dense layer; convolutions, if any, lie between x and h_1,
  or y_1 and x. The authors' code
  (github.com/ermongroup/Variational-Ladder-Autoencoder) has several layers with
  batch normalization.
- z_l enters as it is, in the authors' code through a layer of its own. With
  one, z_1 has layers enough for the class of a digit, and takes it from z_3.
- The warm-up is linear, in the authors' code 1 - exp(-step / 2000).
- p(x|z) has probabilities. The authors' code minimizes a multiple of the
  absolute error, which is no likelihood.
- A conditional form (label, attributes, columns: beside x and z_L) is not the
  paper's.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, Sizes, Widths
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.losses import warm_up
from tfgen.model import Latent, Model
from tfgen.models import likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.nn import LadderDecoder, LadderEncoder

PAPER = "Zhao et al. 2017, arXiv:1702.08396"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the latents are those of the authors' code for MNIST."""

    latent: Widths = (2, 2, 2)  # of z_1, …, z_L
    hidden: Widths = (500, 500, 500)  # units of h_1, …, h_L; y_l alike
    warmup_steps: Count = 2000  # of the KL
    activation: str = "relu"
    maps: Sizes = ()  # of convolutions of stride 2 between x and h_1
    kernel: Count = 4  # of the convolutions
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class VLAE(variational.Variational, Model):
    """A VLAE for vectors [B, D] or images [B, H, W, C].

    Inside, the latents are one vector, z_1 first: epsilon is as well.
    """

    def make_networks(self):
        """Makes `latents`, `encoder` and `decoder`.

        Raises:
          UserError: not as many widths as latents.
        """
        config, shape = self.config, self.spec.shape
        if len(config.hidden) != len(config.latent):
            raise UserError(
                f"network.hidden={','.join(map(str, config.hidden))}: expected"
                f" as many widths as network.latent has, {len(config.latent)}."
            )
        self.latents = {
            f"z_{level}": Latent((Z,))
            for level, Z in enumerate(config.latent, start=1)
        }
        sizes = config.latent, config.hidden, config.activation
        convolutions = config.maps, config.kernel
        P = self.density.parameters
        self.encoder = LadderEncoder(shape, *sizes, *convolutions)
        self.decoder = LadderDecoder(shape, P, *sizes, *convolutions)

    def cost(self, kl, batch, training):
        """Returns the KL [B], less of it in the warm-up."""
        cost = super().cost(kl, batch, training)
        if training:
            weight = warm_up(batch["step"], self.config.warmup_steps)
            cost *= tf.cast(weight, cost.dtype)
        return cost

    def encode(self, x, **given):
        """Returns the mean of each q(z_l|x), name -> [B, Z_l]."""
        mean, _ = self._posterior(x, given)
        return dict(zip(self.latents, tf.split(mean, self.config.latent, 1)))

    def decode(self, *latents, **given):
        """Returns the mean of p(x|z), shaped and scaled as x, of z_1, …."""
        return self.mean_of(tf.concat(latents, axis=1), given)

    def reconstruct(self, x, **given):
        """Returns the mean of p(x|z), each z_l the mean of q(z_l|x)."""
        return self.mean_of(self._posterior(x, given)[0], given)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': three latents."""
    preset = presets.auto(Config(), spec, examples, data)
    network, L = preset.network, len(Config().latent)
    network = dataclasses.replace(
        network,
        latent=(max(1, network.latent // L),) * L,
        hidden=network.hidden[:1] * L,
        warmup_steps=min(network.warmup_steps, preset.train.steps // 4),
    )
    return dataclasses.replace(preset, network=network)


PRESETS = {
    # 3 seeds: ELBO -17.9 to -18.3 nats; that of `vae`, of 16 latents, is -18.4.
    "digits": presets.digits(
        Config(
            hidden=(200, 200, 200),
            warmup_steps=1000,
            activation="tanh",
            optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
        )
    ),
    "mnist": presets.mnist(Config(), 100_000, 100, 5000, jit_compile=True),
    "tiny": presets.tiny(
        Config(latent=(1, 2), hidden=(4, 3), warmup_steps=3, activation="tanh")
    ),
}
