"""InfoGAN: a game whose generator has codes that its samples show.

Xi Chen, Yan Duan, Rein Houthooft, John Schulman, Ilya Sutskever, Pieter Abbeel:
InfoGAN: Interpretable Representation Learning by Information Maximizing
Generative Adversarial Nets. NIPS 2016. arXiv:1606.03657.

    min_{G,Q} max_D  V(D, G) - lambda L_I(G, Q)                          (eq. 6)
    L_I = E log Q(c | G(z, c)) + H(c)  <=  I(c; G(z, c))                 (eq. 5)

z is noise; c are codes, each with a name: categories, or numbers that are
uniform in (-1, 1) or normal. Q is a head on D's last hidden layer and moves
with D; its gradient reaches G through D, which G's step leaves as it is.

`bound_<code>` is the part of L_I that a code has, in nats: of a category log K
at most; of a number -0.23 even where Q is right, unless `learn_stddev`.
`encode` is Q: codes, and not z, which nobody can read off x.

What deviates, and why:
- lambda is on the gradient that leaves Q's head. Q itself always learns: with
  0 the bound is what Q finds in a plain GAN (figure 1), which may well use a
  category, too, by chance.
- Rectifiers leak 0.2 below 0, as in the other games, not 0.1.
- Vectors, and images without `maps`, take multilayer perceptrons.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, Fraction, NotNegative
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import ADVERSARIAL
from tfgen.model import Latent, Model, Noise
from tfgen.models import adversarial, by_size
from tfgen.models import infogan_networks as networks
from tfgen.models.codes import Codes, code_nats, entropy, named_codes
from tfgen.models.settings import training

PAPER = "Chen et al. 2016, arXiv:1606.03657"

# B batch, Z dimensions of the noise, N numbers of a code, K classes of one.

# The rates of the authors' code, github.com/openai/InfoGAN, for MNIST.
_OF_D = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)
_OF_G = OptimizerConfig(learning_rate=1e-3, beta_1=0.5)
# name=kind or name=kind:size; these are c_1, c_2 and c_3.
_CODES = ("category=categorical:10", "code_1=uniform", "code_2=uniform")


@dataclasses.dataclass(frozen=True)
class Config(networks.NetworkConfig):
    """Settings; the defaults are those of MNIST, appendix C.1."""

    latent: Count = 62  # Z, uniform in (-1, 1): noise beside the codes
    codes: Codes = _CODES
    information: Fraction = 1.0  # lambda
    # Times lambda, of numbers, whose entropy is a density's (section 6).
    of_numbers: NotNegative = 0.1
    learn_stddev: bool = False  # of numbers; else 1, as in the authors' code
    loss: adversarial.Loss = "non_saturating"
    discriminator_optimizer: OptimizerConfig = _OF_D
    generator_optimizer: OptimizerConfig = _OF_G


class InfoGAN(Model):
    """An InfoGAN for images [B, H, W, C] or vectors [B, D]."""

    selected_by = "samples"
    unread = ("z",)

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.codes = named_codes(config.codes, spec)
        self.latents = {"z": Latent((config.latent,), "uniform"), **self.codes}
        # All latents' numbers.
        self.noise = {"z": Noise((self.latent_size,))}
        output = "tanh" if spec.levels else None
        self.generator = networks.generator(
            config, self.latent_size, spec.shape, output
        )
        # Of each code, how many parameters Q gives.
        more = config.learn_stddev
        self.parameters = [
            code.shape[0] * (1 + (more and code.prior != "categorical"))
            for code in self.codes.values()
        ]
        self.discriminator = networks.discriminator(
            config, spec.shape, sum(self.parameters), config.information
        )

    players = adversarial.players
    generate = adversarial.generate
    decode = adversarial.decode

    def judged(self, x, training=False):
        """Returns D's logits [B], and what Q says of codes, name -> [B, P].

        Args:
          x: [B, ...], in units of [-1, 1].
          training: normalize by the batch.
        """
        logits, told = self.discriminator(x, training=training)
        parts = tf.split(told, self.parameters, axis=1)
        return logits, dict(zip(self.codes, parts))

    def logit(self, y, *latents):
        """Returns D's logit that y, in units of [-1, 1], is data, [B]."""
        del latents  # D does not see them
        return self.judged(y)[0]

    def nats_of_codes(self, batch, told):
        """Returns -log Q(c|G(z, c)), code -> [B], by what Q has told of it."""
        _, *drawn = self.prior(batch["z"])
        return {
            name: code_nats(code.prior, told[name], c)
            for (name, code), c in zip(self.codes.items(), drawn)
        }

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        loss = ADVERSARIAL[self.config.loss]
        real, _ = self.judged(self.to_unit(batch["x"]), training)
        fake, told = self.judged(batch["generated"], training)
        unknown = 0.0
        for name, nats in self.nats_of_codes(batch, told).items():
            category = self.codes[name].prior == "categorical"
            unknown += nats if category else self.config.of_numbers * nats
        return {
            "discriminator": loss.discriminator(real, fake) + unknown,
            "generator": loss.generator(fake) + unknown,
        }

    def per_example_metrics(self, batch):
        """Returns whether D takes data for samples; L_I of each code, [B].

        Of L_I, more is better.
        """
        logits, _ = self.judged(self.to_unit(batch["x"]))
        _, told = self.judged(self.generate(batch, training=False))
        bounds = {
            f"bound_{name}": entropy(self.codes[name]) - nats
            for name, nats in self.nats_of_codes(batch, told).items()
        }
        return {"discriminator_error": tf.cast(logits < 0, tf.float32)} | bounds

    def encode(self, x):
        """Returns codes by name: probabilities [B, K], or means [B, N]."""
        _, told = self.judged(self.to_unit(x))
        return {
            name: tf.nn.softmax(told[name])
            if code.prior == "categorical"
            else told[name][:, : code.shape[0]]
            for name, code in self.codes.items()
        }


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    images = by_size.side(spec) >= 28 and by_size.halvings(spec.shape)
    if images:
        config = Config(maps=by_size.maps(spec.shape))
    else:
        widths = (by_size.units(spec.size),) * 2
        latent = by_size.latent(spec.size, 62)
        config = Config(latent=latent, maps=(), hidden=widths)
    jit = {"jit_compile": not images}
    train = by_size.training(examples, 100, 128, 4000, 100_000, **jit)
    return Preset(config, data, train)


_DIGITS = DataConfig("digits", dequantize=False)

PRESETS = {
    "digits": Preset(
        Config(latent=32, maps=(), hidden=(256, 256)),
        _DIGITS,
        training(4000, 128, every=500, jit_compile=True),
    ),
    # As many steps as in the authors' code, github.com/openai/InfoGAN.
    "mnist": Preset(
        Config(),
        DataConfig("mnist", dequantize=False),
        training(5000, 128, every=500),
    ),
    "tiny": Preset(
        Config(
            latent=2,
            maps=(),
            hidden=(4,),
            head=(3,),
            batch_norm=False,
            codes=("category=categorical:3", "code_1=normal:2"),
            learn_stddev=True,
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}
