"""Adversarially learned inference: a BiGAN whose encoder is stochastic.

Vincent Dumoulin, Ishmael Belghazi, Ben Poole, Olivier Mastropietro, Alex Lamb,
Martin Arjovsky, Aaron Courville: Adversarially Learned Inference. ICLR 2017.
arXiv:1606.00704.

    z^ = mu(x) + sigma(x) * epsilon,  z ~ N(0, I),  epsilon ~ N(0, I)    (eq. 2)
    V = E_x log D(x, z^) + E_z log(1 - D(G(z), z))                       (eq. 1)

D maximizes V. Encoder and generator maximize V with data and samples in each
other's place, whose gradients are stronger (algorithm 1).

The game is that of BiGAN, which Donahue et al. found independently:
`tfgen/models/bidirectional.py` has what both share, and the networks are
BiGAN's. Beside the encoder, ALI's prior is normal, and there is no weight
decay. The paper says of stochastic encoders that they tend to become
deterministic in training; the measure `active_units` and `posterior` tell.

What deviates, and why:
- Networks are those of Donahue et al., which fit small images; the paper's have
  maxout layers and dropout in D.
- `shift`, for few images, and rates that fall: see `bigan.py`.
- On the 25 Gaussians, rates and initial weights are not drawn at random.
"""

import dataclasses

import tensorflow as tf

from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Latent, Model, Noise
from tfgen.models import bidirectional
from tfgen.models.bigan_networks import NetworkConfig, as_made
from tfgen.models.games import bigan
from tfgen.models.settings import training
from tfgen.nn import gaussian

PAPER = "Dumoulin et al. 2017, arXiv:1606.00704"

# B batch, Z latent dimensions.


@dataclasses.dataclass(frozen=True)
class Config(NetworkConfig):
    """Settings: those of BiGAN's networks."""

    # Appendix A.
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-4, beta_1=0.5)


class ALI(bidirectional.Bidirectional, Model):
    """ALI for images [B, H, W, C] or vectors [B, D]."""

    selected_by = "samples"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        Z = config.latent
        self.latents = {"z": Latent((Z,))}
        self.noise = {
            "z": Noise((Z,)),
            "epsilon": Noise((Z,)),
            **bidirectional.shifts(config),
        }
        self.discriminator = self.make_networks(2 * Z)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        large = self.to_unit(batch["x"])
        x = as_made(large, self.made)
        output = tf.cast(self.encoder(large, training=training), x.dtype)
        code = gaussian.draw(*_mean_and_log_stddev(output), batch["epsilon"])
        z = tf.cast(batch["z"], x.dtype)
        return self.game(batch, x, z, code, True, training)

    def mean_code(self, output):
        """Returns mu(x)."""
        return _mean_and_log_stddev(output)[0]

    def posterior(self, x):
        """Returns mu(x) and sigma(x), [B, Z] each; x as the data have it."""
        output = tf.cast(self.encoder(self.to_unit(x)), tf.float32)
        mean, log_stddev = _mean_and_log_stddev(output)
        return mean, tf.exp(log_stddev)


def _mean_and_log_stddev(output):
    mean, log_stddev = tf.split(output, 2, axis=1)
    return mean, gaussian.bounded(log_stddev)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets': BiGAN's."""
    preset = bigan.auto(spec, examples, data)
    return dataclasses.replace(preset, network=_as_bigan(preset.network))


def _as_bigan(network):
    """The settings that both have."""
    names = [field.name for field in dataclasses.fields(Config)]
    return Config(**{name: getattr(network, name) for name in names})


_DIGITS = DataConfig("digits", dequantize=False)

PRESETS = {
    "digits": Preset(
        Config(latent=20, units=512, shift=1, optimizer=bigan.ADAM),
        _DIGITS,
        training(4500, 128, every=500, jit_compile=True),
    ),
    "mnist": Preset(
        Config(),
        DataConfig("mnist", dequantize=False),
        training(187_500, 128, every=5000, jit_compile=True),
    ),
    # 25 Gaussians, section 4: modes covered, of 10 models, 13.4 +- 5.8.
    "toy": Preset(
        Config(latent=2, units=400, optimizer=bigan.ADAM),
        DataConfig("grid_gaussians", num_examples=100_000),
        training(20_000, 100, every=2000, jit_compile=True),
    ),
    "tiny": Preset(
        Config(latent=3, units=4, batch_norm=False), _DIGITS, TINY_TRAIN
    ),
}
