"""Techniques that `gan` and `dcgan` have as settings.

All are off by default, and then add nothing to a step. Those of the first part
are of Salimans et al. 2016 (arXiv:1606.03498); those for few examples name
their own papers. Averaged weights are the setting `train.ema_decay`.

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
from tfgen.errors import UserError
from tfgen.losses import feature_matching, orthogonality, squared_gradient
from tfgen.model import Batch, Model, Noise
from tfgen.models.bigan_networks import last_hidden
from tfgen.models.conditional_game import judged
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
_OWNER = "network.techniques"


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
    # What D sees of data and samples is changed at random (Zhao et al. 2020).
    augment: tuple[Literal["color", "translation", "cutout"], ...] = ()
    # Of D's weights, but for those of a condition (Miyato et al. 2018).
    spectral_norm: bool = False
    r1: NotNegative = 0.0  # gamma (Mescheder et al. 2018, eq. 9)
    orthogonal: NotNegative = 0.0  # weight of |W^T W - I| (Brock et al. 2016)

    def __post_init__(self):
        check(self)


def noise(model: Model) -> dict[str, Noise]:
    """Returns the random numbers that come with a batch, of x and of G(z).

    Args:
      model: see `Techniques`, with its conditions.

    Raises:
      UserError: settings that exclude each other, or do not fit the data.
    """
    t, spec = model.config.techniques, model.spec
    for name in ("feature_matching", "virtual_batch"):
        if getattr(t, name) and model.conditions:
            raise UserError(
                f"{_OWNER}.{name}: expected network.conditional=false; the"
                " means of a batch say nothing of one condition."
            )
    if t.r1 and t.minibatch_kernels:
        raise UserError(
            f"{_OWNER}.r1={t.r1}: expected {_OWNER}.minibatch_kernels=0; the"
            " penalty is one of each example."
        )
    loss = model.config.loss
    if t.label_smoothing and loss not in ("minimax", "non_saturating"):
        raise UserError(
            f"{_OWNER}.label_smoothing={t.label_smoothing}: expected"
            f" network.loss=non_saturating or minimax, not {loss}."
        )
    if not t.augment:
        return {}
    if len(spec.shape) != 3:
        raise UserError(
            f"{_OWNER}.augment={','.join(t.augment)}: expected images, not"
            f" examples of shape {spec.shape}."
        )
    return {"augment": Noise((2, NUMBERS), "uniform")}


def generator(model: Model, network: keras.Sequential) -> keras.Sequential:
    """Returns G with what the settings change in it.

    Args:
      model: see `Techniques`, with its latent.
      network: G, from [B, Z].

    Raises:
      UserError: virtual batch normalization in the place of none.
    """
    if not (n := model.config.techniques.virtual_batch):
        return network
    layers = [
        VirtualBatchNorm(n) if isinstance(layer, _BatchNorm) else layer
        for layer in network.layers
    ]
    if layers == network.layers:
        raise UserError(
            f"{_OWNER}.virtual_batch={n}: expected network.batch_norm=true,"
            " which it takes the place of."
        )
    (latent,) = model.latents.values()
    initializer = {
        "normal": keras.initializers.RandomNormal(stddev=1.0),
        "uniform": keras.initializers.RandomUniform(-1.0, 1.0),
    }[latent.prior]
    first = keras.layers.Input(network.input_shape[1:])
    reference = WithReference(n, initializer)
    return keras.Sequential([first, reference, *layers, WithoutReference(n)])


def discriminator(
    model: Model, hidden: list[keras.layers.Layer], logit: Logit
) -> tuple[list[keras.layers.Layer], keras.layers.Layer]:
    """Returns D's layers and its last with what the settings change.

    Args:
      model: see `Techniques`.
      hidden: D's layers before the last.
      logit: the last.

    Raises:
      UserError: batch normalization where there may be none.
    """
    t = model.config.techniques
    if any(isinstance(layer, _BatchNorm) for layer in hidden):
        for name in ("spectral_norm", "r1"):
            if getattr(t, name):
                raise UserError(
                    f"{_OWNER}.{name}: expected"
                    " network.discriminator_norm=false."
                )
    if t.spectral_norm:
        linear = (keras.layers.Dense, keras.layers.Conv2D)
        hidden = [
            SpectralNorm(layer) if isinstance(layer, linear) else layer
            for layer in hidden
        ]
        logit = SpectralNorm(logit)
    if t.minibatch_kernels:
        added = MinibatchDiscrimination(
            t.minibatch_kernels, t.minibatch_dimensions
        )
        hidden = [*hidden, added]
    return hidden, logit


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
    model: Model, batch: Batch, x: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns data and samples as D sees them.

    Args:
      model: see `Techniques`.
      batch: with the samples, and the noise.
      x: data in [-1, 1], [B, ...].
    """
    y = batch["generated"]
    if not (kinds := model.config.techniques.augment):
        return x, y
    u, y = batch["augment"], tf.cast(y, x.dtype)
    return augmented(x, u[:, 0], kinds), augmented(y, u[:, 1], kinds)


def applied(
    model: Model,
    batch: Batch,
    losses: Batch,
    seen: tuple[tf.Tensor, tf.Tensor],
    real: tf.Tensor,
    training: bool,
) -> Batch:
    """Returns what the players minimize, [B], with the terms of the settings.

    Each example carries the whole of a term of the batch, or of weights.

    Args:
      model: has a `discriminator` and `averages`.
      batch: with the conditions.
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
        slope = squared_gradient(
            lambda x: judged(model, D, x, batch, training)[0], seen[0]
        )
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
