"""What the players of a game are told of a condition c, and how.

G(z, c) sees c beside z. D learns whether x goes with c in one of three ways:

    concatenate   D(x, c): c beside x, of an image as planes
                  (Mirza & Osindero 2014, arXiv:1411.1784, eq. 2)
    projection    D(x, c) = psi(phi(x)) + c' V phi(x)
                  (Miyato & Koyama 2018, arXiv:1802.05637, eq. 3)
    acgan         D(x), and beside it p(c|x) of the same features: both players
                  maximize L_C = E log p(c|x) + E log p(c|G(z, c))
                  (Odena et al. 2017, arXiv:1610.09585, eqs. 2-3)

Samples of a batch have the conditions of its examples.

What deviates: the projection's authors tell G by the scales of its batch
normalization; and attributes are bits in `acgan`, columns N(mean, 1).

B is the batch, N the numbers of a condition, F of features.
"""

import math
from collections.abc import Sequence
from typing import Literal

import keras
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.model import Batch, Model
from tfgen.models import conditions
from tfgen.models.codes import code_nats

Conditioning = Literal["concatenate", "projection", "acgan"]

# What the numbers of a condition are.
_PRIORS = {
    "label": "categorical",
    "attributes": "bernoulli",
    "condition": "normal",
}


def discriminator(
    model: Model,
    hidden: Sequence[keras.layers.Layer],
    logit: keras.layers.Layer,
) -> keras.Model:
    """Returns a network of examples to logits [B], for `judged`.

    Args:
      model: its settings have `conditioning`, and it has its `conditions`.
      hidden: layers before the last; a `Flatten` may be the first.
      logit: the last.

    Raises:
      UserError: a way to tell D, but no condition.
    """
    layers, how = keras.layers, model.config.conditioning
    x, N = layers.Input(model.spec.shape), conditions.width(model)
    if not N:
        if how != "concatenate":
            raise UserError(
                f"network.conditioning={how}: expected"
                " network.conditional=true with it."
            )
        return keras.Sequential([x, *hidden, logit])
    h, c, hidden = x, layers.Input((N,)), list(hidden)
    if how == "concatenate":
        if isinstance(hidden[0], layers.Flatten):
            h = hidden.pop(0)(h)
        places = h.shape[1:-1]
        planes = layers.RepeatVector(math.prod(places))(c)
        planes = layers.Reshape((*places, N))(planes)
        h = layers.Concatenate()([h, planes])
    for layer in hidden:
        h = layer(h)
    if how == "acgan":
        return with_head(x, h, logit, [exactly(layers.Dense, N)])
    value = logit(h)
    if how == "projection":
        features = exactly(layers.Flatten)(h)
        V = exactly(layers.Dense, features.shape[-1], use_bias=False)
        value = value + exactly(layers.Dot, 1)([V(c), features])[:, 0]
    return keras.Model([x, c], value)


def with_head(
    x: keras.KerasTensor,
    h: keras.KerasTensor,
    logit: keras.layers.Layer,
    head: Sequence[keras.layers.Layer],
) -> keras.Model:
    """Returns a network of x to logits [B], and what a head says.

    Args:
      x: its input.
      h: features of x.
      logit: the last layer.
      head: others, from the same features, flat.
    """
    told = keras.layers.Flatten()(h)
    for layer in head:
        told = layer(told)
    return keras.Model(x, [logit(h), told])


def exactly(kind: type[keras.layers.Layer], *arguments, **options):
    """Returns a layer that computes in float32 or wider, as `Logit` does."""
    dtype = keras.config.dtype_policy().variable_dtype
    return kind(*arguments, dtype=dtype, **options)


def judged(
    model: Model,
    network: keras.Model,
    x: tf.Tensor,
    batch: Batch,
    training: bool,
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """Returns logits of x [B], and what ACGAN's D says of the condition.

    Args:
      model: see `discriminator`.
      network: it, or a critic.
      x: data or samples, [B, ...].
      batch: with the conditions.
      training: normalize by the batch.
    """
    if not model.conditions:
        return network(x, training=training), None
    if model.config.conditioning == "acgan":
        return network(x, training=training)
    condition = conditions.vector(model, batch)
    return network([x, condition], training=training), None


def misread(model: Model, batch: Batch, told: tf.Tensor) -> tf.Tensor:
    """Returns -log p(c|x) in nats, [B]: of ACGAN's D.

    Args:
      model: whose condition.
      batch: with the conditions.
      told: by `judged`, [B, N].
    """
    sizes = conditions.widths(model)
    condition = conditions.vector(model, batch)
    parts = (tf.split(tensor, sizes, axis=1) for tensor in (told, condition))
    priors = (_PRIORS[name] for name in model.conditions)
    return sum(map(code_nats, priors, *parts))
