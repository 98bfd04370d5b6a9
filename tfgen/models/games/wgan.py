"""Wasserstein generative adversarial networks, clipped or with a penalty.

Martin Arjovsky, Soumith Chintala, Leon Bottou: Wasserstein GAN. ICML 2017.
arXiv:1701.07875. And Ishaan Gulrajani, Faruk Ahmed, Martin Arjovsky, Vincent
Dumoulin, Aaron Courville: Improved Training of Wasserstein GANs. NIPS 2017.
arXiv:1704.00028.

    max_{|w| <= c}  E f_w(x) - E f_w(G(z))     (algorithm 1, weight clipping)
    ... - lambda E (|grad f(y)| - 1)^2             (eq. 3, gradient penalty)

One step of the loop is one of the critic; the generator moves at each
`critic_steps`-th.

What deviates: vectors, and images with `convolutional=False`, take multilayer
perceptrons of `generator` and `critic` units; and ways to tell f a condition
are those of other papers, see `tfgen/models/conditional_game.py`.
"""

import dataclasses

import keras
import tensorflow as tf

from tfgen.bounds import Count, NotNegative, Positive, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import ADVERSARIAL, gradient_penalty
from tfgen.model import Latent, Model, Noise, Player, uniform_from_normal
from tfgen.models import adversarial, by_size, conditional_game, conditions
from tfgen.models.conditional_game import judged
from tfgen.models.settings import training
from tfgen.nn import (
    FusedBatchNorm,
    Logit,
    conv_generator,
    conv_stack,
    dense_generator,
    dense_stack,
)

PAPER = (
    "Arjovsky et al. 2017, arXiv:1701.07875;"
    " Gulrajani et al. 2017, arXiv:1704.00028"
)

# B batch, Z latent dimensions.

# Gulrajani et al., algorithm 1: "alpha = 0.0001, beta_1 = 0, beta_2 = 0.9".
_ADAM = OptimizerConfig(learning_rate=1e-4, beta_1=0.0, beta_2=0.9)
# Arjovsky et al., algorithm 1: "alpha = 0.00005".
_RMSPROP = OptimizerConfig("rmsprop", learning_rate=5e-5, beta_2=0.99)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of the gradient penalty."""

    latent: Count = 128  # Z
    convolutional: bool = True  # DCGAN's networks; else perceptrons
    generator: Widths = (512, 256, 128, 64)  # maps, or units
    critic: Widths = (64, 128, 256, 512)
    kernel: Count = 5
    batch_norm: bool = True  # in the generator
    critic_steps: Count = 5  # n_critic
    penalty: NotNegative = 10.0  # lambda; 0 clips weights instead
    clip: Positive = 0.01  # c, used if there is no penalty
    conditional: bool = False  # on the label, attributes or columns
    conditioning: conditional_game.Conditioning = "concatenate"  # of f
    generator_optimizer: OptimizerConfig = _ADAM
    critic_optimizer: OptimizerConfig = _ADAM


class _Clip(keras.constraints.Constraint):
    """Keeps weights in [-c, c]."""

    def __init__(self, c):
        self.c = c

    def __call__(self, w):
        return keras.ops.clip(w, -self.c, self.c)

    def get_config(self):
        return {"c": self.c}


class WGAN(Model):
    """A Wasserstein GAN for images [B, H, W, C] or vectors [B, D]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.latents = {"z": Latent((config.latent,))}
        self.noise = {"z": Noise((config.latent,))}
        if config.penalty:
            self.noise["share"] = Noise()  # mixes data and samples
        if config.conditional:
            self.conditions = conditions.fields(spec)
        build = self._convolutional if config.convolutional else self._dense
        self.generator, hidden = build()
        # A constant that is added to f changes nothing.
        self.critic = conditional_game.discriminator(
            self, hidden, Logit(use_bias=False)
        )
        if not config.penalty:
            for variable in self.critic.trainable_variables:
                variable.constraint = _Clip(config.clip)
                variable.assign(variable.constraint(variable))

    def _convolutional(self):
        c = self.config
        norm = FusedBatchNorm if c.batch_norm else None
        seen = c.latent + conditions.width(self)
        generator = conv_generator(
            seen, self.spec.shape, c.generator, c.kernel, norm
        )
        # "We omit batch normalization in our critic", section 4 of Gulrajani
        # et al.: the penalty is one of each example.
        return generator, conv_stack(
            self.spec.shape, c.critic, c.kernel, norm=None
        )

    def _dense(self):
        c, spec = self.config, self.spec
        initial = {"initializer": keras.initializers.GlorotUniform}
        hidden = dense_stack(c.generator, c.batch_norm, **initial)
        tanh = "tanh" if spec.levels else None
        seen = c.latent + conditions.width(self)
        generator = dense_generator(seen, spec.shape, hidden, tanh)
        critic = dense_stack(c.critic, False, slope=0.2, **initial)
        return generator, [keras.layers.Flatten(), *critic]

    def players(self) -> dict[str, Player]:
        """The critic moves at every step, the generator at the last of many."""
        return {
            "critic": Player(
                self.critic.trainable_variables, self.config.critic_optimizer
            ),
            "generator": Player(
                self.generator.trainable_variables,
                self.config.generator_optimizer,
                every=self.config.critic_steps,
            ),
        }

    generate = adversarial.generate
    decode = adversarial.decode

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        loss = ADVERSARIAL["wasserstein"]
        x = self.to_unit(batch["x"])
        y = tf.cast(batch["generated"], x.dtype)

        def f(x):
            return judged(self, self.critic, x, batch, training)

        (real, of_real), (fake, of_fake) = f(x), f(y)
        critic = loss.discriminator(real, fake)
        if self.config.penalty:
            share = 0.5 + 0.5 * uniform_from_normal(batch["share"])
            critic += self.config.penalty * gradient_penalty(
                lambda y: f(y)[0], x, y, share
            )
        losses = {"critic": critic, "generator": loss.generator(fake)}
        return adversarial.with_conditions(
            self, batch, losses, of_real, of_fake
        )

    def per_example_metrics(self, batch):
        """Returns the critic's value of data, [B]."""
        x = self.to_unit(batch["x"])
        f, _ = judged(self, self.critic, x, batch, training=False)
        return {"critic_value": f}


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    Z = by_size.latent(spec.size, 128)
    if by_size.halvings(spec.shape, 2):
        maps = by_size.maps(spec.shape)
        config = Config(Z, generator=maps[::-1], critic=maps)
    else:
        widths = (by_size.units(spec.size),) * 2
        config = Config(
            Z,
            convolutional=False,
            generator=widths,
            critic=widths,
            batch_norm=False,
            penalty=10.0 if spec.levels else 0.1,  # see `toy`
        )
    train = by_size.training(examples, 200, 64, 10_000, 200_000)
    return Preset(config, data, train)


_DIGITS = DataConfig("digits", dequantize=False)
_DIGITS_TRAIN = training(10_000, 64, every=500)

_SMALL = Config(latent=32, generator=(128, 64), critic=(64, 128))

PRESETS = {
    "digits": Preset(_SMALL, _DIGITS, _DIGITS_TRAIN),
    "digits_labels": Preset(
        dataclasses.replace(
            _SMALL, conditional=True, conditioning="projection"
        ),
        _DIGITS,
        _DIGITS_TRAIN,
    ),
    # Weight clipping.
    "digits_clip": Preset(
        dataclasses.replace(
            _SMALL,
            penalty=0.0,
            generator_optimizer=_RMSPROP,
            critic_optimizer=_RMSPROP,
        ),
        _DIGITS,
        _DIGITS_TRAIN,
    ),
    "toy": Preset(
        Config(
            latent=2,
            convolutional=False,
            generator=(128, 128),
            critic=(128, 128),
            batch_norm=False,
            penalty=0.1,  # for data of a few units, as in figure 1
        ),
        DataConfig("grid_gaussians"),
        training(20_000, 256, every=500, jit_compile=True),
    ),
    # Whole images, as for the DCGAN.
    "lsun": Preset(
        Config(),
        DataConfig("lsun/bedroom", short_side=64, dequantize=False),
        training(1_000_000, 64, every=10_000),
    ),
    "tiny": Preset(
        Config(
            latent=3,
            convolutional=False,
            generator=(4,),
            critic=(4,),
            batch_norm=False,
            critic_steps=2,
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}
