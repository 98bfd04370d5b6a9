"""Energy-based generative adversarial networks.

Junbo Zhao, Michael Mathieu, Yann LeCun: Energy-based Generative Adversarial
Network. ICLR 2017. arXiv:1609.03126.

    D(x) = |Dec(Enc(x)) - x|                                            (eq. 13)
    L_D = D(x) + max(0, m - D(G(z)))                                     (eq. 1)
    L_G = D(G(z)) + lambda_PT f_PT(Enc(G(z)))                       (eqs. 2, 14)

The perceptrons of the grid search, the convolutional models of sections 4.3 and
4.4. EBGAN-LN (section 4.2) is `ebgan_ladder.py`.

What deviates, and why:
- MNIST is 28 x 28, not padded to 32 x 32: "no phenomenal difference has been
  found" (appendix D). How long the grid's models are trained, nobody says.
- D's weights start from N(0, 0.02^2) as G's, not from N(0, 0.002^2) (appendix
  C): signals of so small weights have a variance (1e-6 in the second layer, of
  MNIST) far below the epsilon of batch normalization, which is Keras's 1e-3.
  With Torch's 1e-5 they gave 7 of 8 models of the grid lower scores on MNIST.
  Output layers of perceptrons, and decoders of images, start as Keras's do.
- The grid's dropout is of half of the units; the paper names no share.
"""

import dataclasses
import math

import keras
import tensorflow as tf

from tfgen import nn
from tfgen.bounds import (
    Count,
    CountOrNone,
    NotNegative,
    Positive,
    Share,
    Sizes,
    Widths,
)
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.losses import decayed_margin, margin_loss, pulling_away
from tfgen.model import Latent, Model, Noise
from tfgen.models import adversarial, by_size
from tfgen.models.settings import training

PAPER = "Zhao et al. 2017, arXiv:1609.03126"

# B batch, Z latent dimensions.

# Section 4.1: "learning rate 0.001 and Adam"; section 4.3 follows DCGAN.
_ADAM = OptimizerConfig(learning_rate=1e-3)
_DCGAN_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the best EBGAN of the grid, figure 4(b)."""

    latent: Count = 100  # Z, standard normal
    convolutional: bool = False
    generator: Widths = (800, 800, 800, 800)  # units, or maps
    encoder: Widths = (1024,)  # the last is the code
    decoder: Sizes = ()  # hidden layers between code and output
    kernel: Count = 4  # appendix C, "4c2s"
    batch_norm: bool = True
    dropout: Share = 0.0  # in the encoder
    noise_planes: Sizes = ()  # for each of `generator` but the first
    margin: Positive = 10.0  # m
    # m falls to 0 in so many, then G rests; 0 = never.
    margin_steps: CountOrNone = 0
    pull_away: NotNegative = 0.0  # lambda_PT; 0.1 in section 4
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class EBGAN(Model):
    """An EBGAN for images [B, H, W, C] or vectors [B, D]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        if config.noise_planes and not config.convolutional:
            raise UserError(
                "network.noise_planes: expected none, or"
                " network.convolutional=true."
            )
        build = self._convolutional if config.convolutional else self._dense
        self.generator, self.encoder, self.decoder = build()
        # Planes of noise are a part of z.
        Z = self.generator.input_shape[-1]
        self.latents, self.noise = {"z": Latent((Z,))}, {"z": Noise((Z,))}

    def _dense(self):
        """Appendix C: no normalization in D's input layer and G's output."""
        c, shape, layers = self.config, self.spec.shape, keras.layers
        hidden = nn.dense_stack(c.generator, c.batch_norm)
        tanh = "tanh" if self.spec.levels else None
        generator = nn.dense_generator(c.latent, shape, hidden, tanh)
        hidden = nn.dense_stack(c.encoder, c.batch_norm, False, c.dropout)
        encoder = [layers.Input(shape), layers.Flatten(), *hidden]
        hidden = nn.dense_stack(c.decoder, c.batch_norm)
        decoder = nn.dense_generator(c.encoder[-1], shape, hidden, None)
        return generator, keras.Sequential(encoder), decoder

    def _convolutional(self):
        """Appendix C, "(64)4c2s-(128)4c2s-…": the decoder mirrors E."""
        c, spec = self.config, self.spec
        norm = nn.FusedBatchNorm if c.batch_norm else None
        sizes = spec.shape, c.generator, c.kernel, norm
        if c.noise_planes:
            generator = nn.noise_plane_generator(
                c.latent, c.noise_planes, *sizes
            )
        else:
            generator = nn.conv_generator(c.latent, *sizes)
        stack = nn.conv_stack(spec.shape, c.encoder, c.kernel, norm, "encoder")
        encoder = keras.Sequential([keras.layers.Input(spec.shape), *stack])
        decoder = nn.conv_decoder(
            encoder.compute_output_shape((None, *spec.shape))[1:],
            (*reversed(c.encoder[:-1]), spec.shape[-1]),
            c.kernel,
            norm,
        )
        return generator, encoder, decoder

    def players(self):
        """The discriminator, an autoencoder, moves first."""
        return adversarial.players(
            self,
            self.encoder.trainable_variables + self.decoder.trainable_variables,
            # Appendix D: "thereafter we turned off training the generator".
            until=self.config.margin_steps or None,
        )

    generate = adversarial.generate
    decode = adversarial.decode

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B].

        Each example carries the whole pulling-away term of the batch.
        """
        margin, steps = self.config.margin, self.config.margin_steps
        if steps:
            margin = decayed_margin(margin, steps, batch["step"])
        x = self.to_unit(batch["x"])
        y = tf.cast(batch["generated"], x.dtype)
        real, _ = self._energy(x, training)
        fake, codes = self._energy(y, training)
        generator = fake
        if self.config.pull_away:
            generator += self.config.pull_away * pulling_away(codes)
        return {
            "discriminator": margin_loss(real, fake, margin),
            "generator": generator,
        }

    def _energy(self, y, training=False):
        """Energy [B] and code of y in [-1, 1]."""
        code = self.encoder(y, training=training)
        error = tf.cast(self.decoder(code, training=training), y.dtype) - y
        squared = tf.reduce_sum(tf.square(error), range(1, len(error.shape)))
        # The root's gradient at 0 is infinite.
        return tf.sqrt(squared + 1e-12), tf.cast(code, y.dtype)

    def per_example_metrics(self, batch):
        """Returns the energy of data, [B]."""
        return {"energy": self.energy(batch["x"])}

    def energy(self, x):
        """Returns D(x), [B]: the length of the error in units of [-1, 1]."""
        return self._energy(self.to_unit(x))[0]

    def reconstruct(self, x):
        """Returns Dec(Enc(x)), shaped and scaled as x."""
        return self.from_unit(self.decoder(self.encoder(self.to_unit(x))))

    def features(self, x, training=False):
        """Returns the code Enc(x) as vectors, layer -> [B, F]."""
        code = self.encoder(self.to_unit(x), training=training)
        return {"code": tf.cast(keras.layers.Flatten()(code), tf.float32)}


_DIGITS = DataConfig("digits", dequantize=False)
# The two circle around one another for as long as their steps are large.
_TOY_ADAM = OptimizerConfig(learning_rate=1e-3, beta_1=0.5, schedule="cosine")
_PLAYERS = ("generator_optimizer", "discriminator_optimizer")
_AS_DCGAN = {"pull_away": 0.1, **dict.fromkeys(_PLAYERS, _DCGAN_ADAM)}
_TOY = {
    "batch_norm": False,
    "pull_away": 1.0,
    **dict.fromkeys(_PLAYERS, _TOY_ADAM),
}


def _perceptrons(size, margin, **network):
    """Layers for so many dimensions: of 8 x 8 pixels, 256."""
    w = by_size.units(size)
    return Config(
        latent=by_size.latent(size),
        generator=(w, w),
        # Codes can be orthogonal if they are more than the modes.
        encoder=(w, max(w // 4, 64)),
        decoder=(w,),
        margin=margin,
        **network,
    )


def _convolutions(encoder, margin, **network):
    generator = (2 * encoder[-1], *reversed(encoder))
    network = {"generator": generator, **_AS_DCGAN, **network}
    return Config(convolutional=True, encoder=encoder, margin=margin, **network)


def _mnist(pull_away):
    """Figure 4, (b) and (c)."""
    return Preset(
        Config(pull_away=pull_away),
        DataConfig("mnist", dequantize=False),
        training(30_000, 64, every=1500, jit_compile=True),
    )


def _images(data, margin, encoder=(64, 128, 256), **network):
    """Sections 4.3 and 4.4; margins are those of appendix C."""
    config = _convolutions(encoder, margin, **network)
    return Preset(config, data, training(100_000, 64, every=5000))


def _imagenet(size, generator, noise_planes, margin):
    return _images(
        DataConfig("tfds:imagenet2012", image_size=size, dequantize=False),
        margin,
        (64, 128, 256, 512),
        generator=generator,
        noise_planes=noise_planes,
    )


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'.

    Margins are in proportion to the side of images, as appendix C's nearly are:
    10 for 28 x 28.
    """
    side = by_size.side(spec)
    margin = round(10 * side / 28, 2)
    if not spec.levels:
        margin = round(math.sqrt(spec.size / 2), 2)
        network = _perceptrons(spec.size, margin, **_TOY)
    elif side >= 32 and by_size.halvings(spec.shape) > 1:
        network = _convolutions(by_size.maps(spec.shape)[:-1], margin)
    elif side >= 28:
        network = Config(margin=margin)
    else:
        network = _perceptrons(spec.size, margin, **_AS_DCGAN)
    jit = {"jit_compile": not network.convolutional}
    train = by_size.training(examples, 100, 64, 4000, 100_000, **jit)
    return Preset(network, data, train)


PRESETS = {
    # 8 x 8: the margin is that of 28 x 28 times 8 / 28.
    "digits": Preset(
        _perceptrons(64, 3.0, **_AS_DCGAN),
        _DIGITS,
        training(3000, 128, every=1000, jit_compile=True),
    ),
    "toy": Preset(
        _perceptrons(2, 1.0, **_TOY),
        DataConfig("grid_gaussians"),
        training(20_000, 256, 2000, steps_per_call=100, jit_compile=True),
    ),
    "mnist": _mnist(pull_away=0.0),
    "mnist_pt": _mnist(pull_away=0.1),
    # Whole images; appendix F's patches are --set data.short_side=96.
    "lsun": _images(
        DataConfig("lsun/bedroom", short_side=64, dequantize=False), 80.0
    ),
    "celeb_a": _images(DataConfig("celeb_a", dequantize=False), 20.0),
    "imagenet128": _imagenet(
        128, (1024, 512, 256, 128, 64, 64), (64, 32, 16, 8, 4), 40.0
    ),
    # The paper's are dogs; all of ImageNet unless --data says otherwise.
    "imagenet256": _imagenet(
        256, (2048, 1024, 512, 256, 128, 64, 64), (64, 32, 16, 8, 4, 2), 80.0
    ),
    "tiny": Preset(
        Config(
            3, False, (4,), (4,), batch_norm=False, margin=50.0, pull_away=0.1
        ),
        _DIGITS,
        TINY_TRAIN,
    ),
}
