"""Two domains: pictures x, and pictures y that they are translated into."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfgen.config import DataSpec, Field
from tfgen.errors import UserError
from tfgen.losses import AdversarialLoss
from tfgen.model import Batch, Model, Player
from tfgen.models import by_size
from tfgen.nn.gray_levels import from_unit, to_unit

# Zhu et al. 2017, section 7.1: without the halves of Mao et al.
LEAST_SQUARES = AdversarialLoss(
    lambda real, fake: tf.square(real - 1) + tf.square(fake),
    lambda fake: tf.square(fake - 1),
)


def domains(spec: DataSpec, one_size: bool = True) -> tuple[Field, Field]:
    """Returns what x and y are.

    Args:
      spec: of the data.
      one_size: whether both must have one height and width.

    Raises:
      UserError: there is no y, or x or y are no pictures, or not of one size.
    """
    x, y = spec.x, {field.name: field for field in spec.fields}.get("y")
    if y is None:
        raise UserError(
            "data: has no y; expected two domains, such as paired:FOLDER,"
            " unpaired:A,B or scenes."
        )
    for field in (x, y):
        if len(field.shape) != 3 or not field.levels:
            raise UserError(f"data: {field}; expected pictures of gray levels.")
    if one_size and x.shape[:2] != y.shape[:2]:
        raise UserError(
            f"data: {x}, and {y}; expected pictures of one height and width."
        )
    return x, y


def check_same(x: Field, y: Field, setting: str) -> None:
    """Raises `UserError` unless both domains have as many colours."""
    if x.shape != y.shape:
        raise UserError(
            f"{setting}: expected domains of one shape, not {x.shape} and"
            f" {y.shape}."
        )


def last_without_pairs(model: Model, y: Field) -> None:
    """Keeps the last weights where no held-out pairs can choose.

    A cycle closes best where nothing is translated.
    """
    if y.paired == "never":
        model.selected_by = "last"


def patch_for(spec: DataSpec) -> int:
    """Returns the side of D's receptive field, in pixels."""
    patches = {128: 70, 64: 34, 16: 16}
    side = by_size.side(spec)
    return next((n for least, n in patches.items() if side >= least), 7)


def players(
    model: Model, networks: Sequence[str] = ("generator",)
) -> dict[str, Player]:
    """Returns both D's, which move first, and all that makes pictures.

    Args:
      model: has a `discriminator` and these networks, each twice: the second
        is `<name>_back`. What both share is there once.
      networks: names.
    """

    def variables(names):
        known = model.named_networks()
        both = [known[n + end] for n in names for end in ("", "_back")]
        every = [v for network in both for v in network.trainable_variables]
        return list({id(v): v for v in every}.values())

    c = model.config
    return {
        "discriminator": Player(
            variables(["discriminator"]), c.discriminator_optimizer
        ),
        "generator": Player(variables(networks), c.generator_optimizer),
    }


def metrics(model: Model, batch: Batch) -> Batch:
    """Returns |y - G(x)| of held-out pairs, and the cycles' error, [B].

    Black and white differ by 1.

    Args:
      model: translates, and back.
      batch: held out.
    """
    x, y = domains(model.spec)
    made, made_back = (
        model.translate(batch["x"]),
        model.translate_back(batch["y"]),
    )
    cycles = (
        error(model.translate_back(made), batch["x"], x)
        + error(model.translate(made_back), batch["y"], y)
    ) / 2
    pairs = {"l1": error(made, batch["y"], y)} if y.paired != "never" else {}
    return {**pairs, "cycle": cycles}


def applied(network, picture: tf.Tensor, read: Field, made: Field) -> tf.Tensor:
    """Returns what a network of [-1, 1] makes of gray levels, as gray levels.

    Args:
      network: of pictures.
      picture: [B, H, W, C].
      read: what it is.
      made: what comes out.
    """
    return levels(network(unit(picture, read)), made)


def unit(picture: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns gray levels of a domain scaled to [-1, 1]."""
    return to_unit(tf.convert_to_tensor(picture), field.levels)


def levels(picture: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns float32 gray levels of what `unit` makes."""
    return from_unit(tf.cast(picture, tf.float32), field.levels)


def distance(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of pictures [B, H, W, C], [B]."""
    difference = tf.abs(tf.cast(a, b.dtype) - b)
    return tf.reduce_mean(difference, axis=[1, 2, 3])


def error(made: tf.Tensor, true: tf.Tensor, field: Field) -> tf.Tensor:
    """Returns the distance of gray levels, [B]; of black and white, 1."""
    return distance(made, true) / (field.levels - 1)


def game(
    loss: AdversarialLoss,
    D: keras.Model,
    real: tf.Tensor,
    fake: tf.Tensor,
    training: bool = False,
) -> tf.Tensor:
    """Returns what a discriminator of patches minimizes, [B].

    The mean over patches of half its loss: "we divide the objective by 2 while
    optimizing D" (Isola et al. 2017, section 3.3).

    Args:
      loss: of the game.
      D: pictures to logits [B, P].
      real: data.
      fake: samples, as many.
      training: let D's convolutions take their fastest way.
    """
    # No statistics of the batch: one pass for both reads D's weights once.
    both = tf.concat([real, tf.cast(fake, real.dtype)], 0)
    logits = D(both, training=training)
    real, fake = tf.split(logits, 2)
    return 0.5 * tf.reduce_mean(loss.discriminator(real, fake), axis=1)


def deceived(
    loss: AdversarialLoss,
    D: keras.Model,
    fake: tf.Tensor,
    training: bool = False,
) -> tf.Tensor:
    """Returns what the generator of samples minimizes, the mean over patches.

    Args:
      loss: see `game`.
      D: likewise.
      fake: likewise.
      training: likewise.
    """
    logits = D(fake, training=training)
    return tf.reduce_mean(loss.generator(logits), axis=1)
