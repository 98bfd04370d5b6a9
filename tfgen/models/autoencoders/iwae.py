"""Importance weighted autoencoder.

Yuri Burda, Roger Grosse, Ruslan Salakhutdinov: Importance Weighted
Autoencoders. ICLR 2016. arXiv:1509.00519.

A VAE whose bound takes K draws z_k of q(z|x) an example (section 3):

    log p(x) >= L_K = E log (1/K) sum_k w_k,   w_k = p(x, z_k) / q(z_k|x)
    gradient = E sum_k w~_k grad log w_k,      w~_k = w_k / sum_i w_i

L_1 is the ELBO; the bound grows with K and ends at log p(x).

Estimators of the encoder's gradient; that of the decoder is always this one.
- `plain`: this one, z_k = mean + stddev * epsilon_k in log w_k.
- `stl`: without the part that q(z_k|x) has for z_k held, whose mean is 0 where
  K = 1 (Roeder et al. 2017, arXiv:1703.09194); for more draws it is biased.
- `dreg`: that, with w~_k^2 in the place of w~_k, which has no bias (Tucker et
  al. 2019, arXiv:1810.04152). Its noise does not grow beside the
  gradient with K, as that of `plain` does.

What deviates, and why:
- One stochastic layer; the paper also has two.
- The rate decays by a cosine, where the paper has eight stages of constant
  rates from 1e-3 to 1e-4.
- Biases of the decoder start from 0, in the authors' code
  (github.com/yburda/iwae) from the mean picture's logits.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, Sizes
from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import importance_bound
from tfgen.model import Model, Noise
from tfgen.models import likelihoods, variational
from tfgen.models import variational_presets as presets
from tfgen.nn import gaussian

PAPER = "Burda et al. 2016, arXiv:1509.00519"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of section 5 with one layer."""

    draws: Count = 50  # K
    estimator: variational.Estimator = "plain"
    latent: Count = 50  # Z
    hidden: Sizes = (200, 200)  # units of the encoder; the decoder mirrors them
    activation: str = "tanh"
    maps: Sizes = ()  # of convolutions before them; not the paper's
    kernel: Count = 4  # of the convolutions
    likelihood: likelihoods.Likelihood = "auto"  # of p(x|z)
    conditional: bool = False  # not the paper's
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-3,
        epsilon=1e-4,  # section 5
        schedule="cosine",
        final_learning_rate=1e-4,
    )


class IWAE(variational.Variational, Model):
    """An IWAE for vectors [B, D] or images [B, H, W, C]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.noise = {"epsilon": Noise((config.draws, config.latent))}

    def per_example_losses(self, batch, training):
        """Returns {"autoencoder": [B]}: -L_K in nats, and -L_1."""
        given = self.given(batch)
        x, epsilon = batch["x"], batch["epsilon"]
        estimator = self.config.estimator if training else "plain"
        log_w = self.log_weights(x, epsilon, estimator, **given)
        return {
            "autoencoder": -importance_bound(log_w),
            "negative_elbo": -tf.reduce_mean(log_w, axis=1),
        }

    def per_example_metrics(self, batch):
        """Returns -L_K, its bits per dimension, and -L_1 by its terms; nats."""
        x, given = batch["x"], self.given(batch)
        log_w = self.log_weights(x, batch["epsilon"], **given)
        found = self.bound_metrics(log_w)
        rate = tf.reduce_sum(gaussian.kl(*self._posterior(x, given)), axis=1)
        distortion = found["negative_elbo"] - rate
        return found | {"rate": rate, "distortion": distortion}

    def elbo(self, x, epsilon, **given):
        """Returns L_K, a lower bound of log p(x) in nats, by K draws, [B]."""
        return importance_bound(self.log_weights(x, epsilon, **given))


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    network = dataclasses.replace(Config(), draws=5)
    return presets.auto(network, spec, examples, data)


_SMALL = Config(draws=5, latent=16, **presets.ON_DIGITS)

PRESETS = {
    "digits": presets.digits(_SMALL),
    "mnist": presets.mnist(Config(), 2_000_000, 20, 20_000, jit_compile=True),
    "mnist_short": presets.mnist_short(Config(draws=5, **presets.ON_MNIST)),
    "tiny": presets.tiny(
        Config(draws=3, latent=2, hidden=(4,), estimator="dreg")
    ),
}
