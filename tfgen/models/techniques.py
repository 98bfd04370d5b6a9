"""Techniques that games of a discriminator and a generator have as settings.

All are off by default, and then add nothing to a step. Those of the first part
are of Salimans et al. 2016 (arXiv:1606.03498); of those for small data, each
names its own paper. Averaged weights are the setting `train.ema_decay`.

What deviates, and why:
- D and G see the same augmented samples, as all players of a step do.
- What an augmentation moves in is a copy of the edge, where Zhao et al. have
  zeros: images of digits have an empty one.
- Minibatch discrimination sums over the batch that there is, so that D's error
  on held-out data, whose batches may be larger, is not that of training.
"""

import dataclasses
from typing import Literal

import keras
import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, NotNegative, Share, check
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.losses import feature_matching, orthogonality, squared_gradient
from tfgen.model import Batch, Latent, Model, Noise
from tfgen.models.bigan_networks import last_hidden
from tfgen.nn import Logit
from tfgen.nn.differentiable_augmentation import NUMBERS, augmented
from tfgen.nn.historical_average import HistoricalAverage
from tfgen.nn.minibatch_discrimination import MinibatchDiscrimination
from tfgen.nn.spectral_norm import SpectralNorm
from tfgen.nn.virtual_batch_norm import (
    VirtualBatchNorm,
    WithoutReference,
    WithReference,
)

_BatchNorm = keras.layers.BatchNormalization


@dataclasses.dataclass(frozen=True)
class Techniques:
    """Settings; the sections are those of Salimans et al."""

    # G matches the means of D's last hidden layer, and nothing else: 3.1.
    feature_matching: bool = False
    minibatch_kernels: CountOrNone = 0  # B of minibatch discrimination: 3.2
    minibatch_dimensions: Count = 5  # C
    historical_averaging: NotNegative = 0.0  # its weight, of each player: 3.3
    # The target of data is that much less than 1, that of samples 0: 3.4.
    label_smoothing: Share = 0.0
    # Latents by which G normalizes, in the place of the batch: 3.5. 0 = off.
    virtual_batch: CountOrNone = 0
    augment: tuple[Literal["color", "translation", "cutout"], ...] = ()
    spectral_norm: bool = False  # of D's weights (Miyato et al. 2018)
    r1: NotNegative = 0.0  # gamma (Mescheder et al. 2018, eq. 9)
    orthogonal: NotNegative = 0.0  # weight of |W^T W - I| (Brock et al. 2016)

    def __post_init__(self):
        check(self)


def noise(settings: Techniques, spec: DataSpec) -> dict[str, Noise]:
    """Returns the random numbers that come with a batch, of x and of G(z).

    Raises:
      UserError: data that cannot be augmented.
    """
    if not settings.augment:
        return {}
    if len(spec.shape) != 3:
        raise UserError(
            f"network.techniques.augment={','.join(settings.augment)}: expected"
            f" images, not examples of shape {spec.shape}."
        )
    return {"augment": Noise((2, NUMBERS), "uniform")}


def generator(
    settings: Techniques, network: keras.Sequential, prior: Latent
) -> keras.Sequential:
    """Returns G with what the settings change in it.

    Args:
      settings: which.
      network: G, from [B, Z].
      prior: of the latents.

    Raises:
      UserError: virtual batch normalization in the place of none.
    """
    if not (n := settings.virtual_batch):
        return network
    layers = [
        VirtualBatchNorm(n) if isinstance(layer, _BatchNorm) else layer
        for layer in network.layers
    ]
    if layers == network.layers:
        raise UserError(
            f"network.techniques.virtual_batch={n}: expected"
            " network.batch_norm=true, which it takes the place of."
        )
    random = keras.initializers
    if prior.prior == "uniform":
        initializer = random.RandomUniform(-1.0, 1.0)
    else:
        initializer = random.RandomNormal(stddev=1.0)
    first = keras.layers.Input(network.input_shape[1:])
    reference = WithReference(n, initializer)
    return keras.Sequential([first, reference, *layers, WithoutReference(n)])


def discriminator(
    settings: Techniques, layers: list[keras.layers.Layer], loss: str
) -> keras.Sequential:
    """Returns D with what the settings change in it.

    Args:
      settings: which.
      layers: of D, the last of which makes the logit.
      loss: name of the game's.

    Raises:
      UserError: settings that exclude each other.
    """
    owner = "network.techniques"
    normalized = any(isinstance(layer, _BatchNorm) for layer in layers)
    if normalized and (settings.spectral_norm or settings.r1):
        name = "spectral_norm" if settings.spectral_norm else "r1"
        raise UserError(
            f"{owner}.{name}: expected network.discriminator_norm=false."
        )
    if settings.r1 and settings.minibatch_kernels:
        raise UserError(
            f"{owner}.r1={settings.r1}: expected {owner}.minibatch_kernels=0;"
            " the penalty is one of each example."
        )
    if settings.label_smoothing and loss not in ("minimax", "non_saturating"):
        raise UserError(
            f"{owner}.label_smoothing={settings.label_smoothing}: expected"
            f" network.loss=non_saturating or minimax, not {loss}."
        )
    if settings.spectral_norm:
        linear = (keras.layers.Dense, keras.layers.Conv2D, Logit)
        layers = [
            SpectralNorm(layer) if isinstance(layer, linear) else layer
            for layer in layers
        ]
    if kernels := settings.minibatch_kernels:
        added = MinibatchDiscrimination(kernels, settings.minibatch_dimensions)
        layers = [*layers[:-1], added, layers[-1]]
    return keras.Sequential(layers)


def averages(model: Model) -> dict[str, HistoricalAverage]:
    """Returns player -> what its variables have been, if that is a technique.

    Args:
      model: with its networks.
    """
    if not model.config.techniques.historical_averaging:
        return {}
    return {
        name: HistoricalAverage(player.variables)
        for name, player in model.players().items()
    }


def observe(model: Model, batch: Batch, training: bool) -> None:
    """Takes the players' variables into their averages, once a step.

    Args:
      model: has `averages`.
      batch: with the number of the step.
      training: whether this is a step.
    """
    if model.averages and training:
        players, t = model.players(), batch["step"][0] + 1
        for name, average in model.averages.items():
            average.observe(players[name].variables, t)


def seen(
    model: Model, batch: Batch, x: tf.Tensor, y: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns data and samples as D sees them.

    Args:
      model: see `Techniques`.
      batch: with the noise.
      x: data in [-1, 1], [B, ...].
      y: samples, likewise.
    """
    if not (kinds := model.config.techniques.augment):
        return x, y
    u = batch["augment"]
    y = tf.cast(y, x.dtype)
    return augmented(x, u[:, 0], kinds), augmented(y, u[:, 1], kinds)


def applied(
    model: Model,
    losses: Batch,
    seen: tuple[tf.Tensor, tf.Tensor],
    real: tf.Tensor,
    training: bool,
) -> Batch:
    """Returns what the players minimize, [B], with the terms of the settings.

    Each example carries the whole of a term of the batch, or of weights.

    Args:
      model: has a `discriminator` and `averages`.
      losses: of "discriminator" and "generator", [B].
      seen: data and samples as D sees them.
      real: D's logits of data, [B].
      training: normalize by the batch.
    """
    t, D = model.config.techniques, model.discriminator
    losses = dict(losses)
    if t.label_smoothing:
        # softplus(r) - softplus(-r) = r.
        losses["discriminator"] += t.label_smoothing * real
    if t.r1:
        slope = squared_gradient(lambda x: D(x, training=training), seen[0])
        losses["discriminator"] += 0.5 * t.r1 * slope
    if t.feature_matching:
        # Statistics have seen the batch, in D's pass.
        with keras.StatelessScope():
            features = [last_hidden(D, x, training) for x in seen]
        # As wide as the logits, where layers may have 8 bits.
        features = [tf.cast(f, real.dtype) for f in features]
        distance = feature_matching(*features)
        losses["generator"] = tf.fill(tf.shape(real), distance)
    if t.orthogonal or t.historical_averaging:
        for name, player in model.players().items():
            if t.orthogonal:
                term = orthogonality(player.variables)
                losses[name] += t.orthogonal * term
            if t.historical_averaging:
                term = model.averages[name].distance(player.variables)
                losses[name] += t.historical_averaging * term
    return losses
