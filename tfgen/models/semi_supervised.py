"""What models share that learn from few labels.

Data are of `SemiSupervisedDataConfig`: a training batch has `x`, of which the
labels are hidden, and `labelled_x` with `labelled_label`. Models with a ladder
network have `ladder`, `spec`, and `config` (`hidden`, `noise`,
`reconstruction`).
"""

import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.losses.classification import cross_entropy, judged, most_probable
from tfgen.model import Model, Noise
from tfgen.nn import Ladder


def check_labels(spec: DataSpec) -> None:
    """Raises `UserError` for data without labels."""
    if not spec.num_classes:
        raise UserError("data: has no labels to learn from.")


def make_ladder(config, spec: DataSpec) -> Ladder:
    """Returns the network, or raises `UserError` for bad settings."""
    check_labels(spec)
    return Ladder(spec.size, config.hidden, spec.num_classes)


def to_rows(x: tf.Tensor, spec: DataSpec) -> tf.Tensor:
    """Returns x as vectors [B, D], gray levels in [0, 1]."""
    rows = tf.reshape(x, [-1, spec.size])
    return rows / (spec.levels - 1) if spec.levels else rows


def from_rows(rows: tf.Tensor, spec: DataSpec) -> tf.Tensor:
    """Returns the inverse of `to_rows`."""
    rows = rows * (spec.levels - 1) if spec.levels else rows
    return tf.reshape(rows, [-1, *spec.shape])


def noise(ladder: Ladder) -> dict[str, Noise]:
    """Returns what `costs` needs in a batch."""
    normal = Noise((ladder.noise_size,))
    return {"corruption": normal, "labelled_corruption": normal}


def costs(model: Model, batch, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the two costs of a ladder (Rasmus et al. 2015, eqs. 5 and 6).

    Args:
      model: see above.
      batch: with the entries of `noise`.
      training: normalize by the batch, and move the running averages.

    Returns:
      `- log p(label)` of the labelled examples [B], in nats, and the energy of
      the others [B]: the squared error of the bottom layer.
    """
    ladder, spec, stddev = model.ladder, model.spec, model.config.noise
    x = to_rows(batch["x"], spec)
    if training:
        # Examples are classified by the averages of what is not corrupted.
        ladder.encode(x, None, training, observe=True)
    logits, _ = ladder.encode(
        to_rows(batch["labelled_x"], spec),
        stddev * batch["labelled_corruption"],
        training,
    )
    energy = ladder.energy(
        x, stddev * batch["corruption"], training, observe=True
    )
    return cross_entropy(logits, batch["labelled_label"]), energy


def metrics(model: Model, batch) -> dict[str, tf.Tensor]:
    """Returns whether the most probable label is wrong, and costs, [B]."""
    logits, _ = model.ladder.encode(to_rows(batch["x"], model.spec))
    return {
        **judged(logits, batch["label"]),
        "energy": energy(model, batch["x"]),
    }


# Capabilities.


def classify(model: Model, x: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns `label` [B] int32, the most probable, `probabilities` [B, C]."""
    logits, _ = model.ladder.encode(to_rows(x, model.spec))
    return most_probable(logits)


def energy(model: Model, x: tf.Tensor) -> tf.Tensor:
    """Returns the squared error of `reconstruct`, gray levels in [0, 1]."""
    return model.ladder.energy(to_rows(x, model.spec))


def reconstruct(model: Model, x: tf.Tensor) -> tf.Tensor:
    """Returns x as the ladder denoises it, shaped and scaled as x."""
    ladder = model.ladder
    rows = ladder.decode(*ladder.encode(to_rows(x, model.spec)))
    return from_rows(rows, model.spec)
