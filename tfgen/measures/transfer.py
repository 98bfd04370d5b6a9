"""What an encoder's first layers are worth: the rest is trained anew.

Donahue et al. 2017, arXiv:1605.09782, table 2, after Noroozi & Favaro 2016: the
first n layers are transferred and frozen, those after them start from random
weights and learn the labels. The row "Random" freezes layers that have learnt
nothing.

What deviates: one linear layer takes the place of AlexNet's fc6 to fc8, and
retrained layers keep their batch normalization.

The baseline D of the table is the discriminator of a latent regressor, which
sees images alone; its figures come with those of that model's encoder.

Of table 3 (classification, detection and segmentation of PASCAL VOC) nothing is
here: this protocol, on the labels of the run's data, stands in for it. Who has
VOC crops its objects into a folder for each class, and trains and measures on
`image_folder:FOLDER`. That is easier than VOC's own task, which is whether a
whole image shows each of 20 classes; detection and segmentation take E
from an exported SavedModel to a framework of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from tfgen.config import DataSpec, TrainConfig
from tfgen.data.loaded import Data, first_of
from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.measures import Options
from tfgen.measures.features import data_statistics
from tfgen.model import Model
from tfgen.nn import Logit, to_unit

if TYPE_CHECKING:
    from tfgen.run import Run

_MOST = 60_000  # training examples
_NORMALIZED = 500  # examples whose statistics random layers are frozen with
_EPOCHS = 40
_PATIENCE = 5


def applies(model: Model, spec: DataSpec) -> bool:
    """Never by itself: it trains networks."""
    del model, spec
    return False


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns accuracies on the test split; see `transfer_metrics`."""
    del split, options
    return transfer_metrics(model, run.data, run.config.train)


def transfer_metrics(
    model: Model, data: Data, config: TrainConfig, epochs: int = _EPOCHS
) -> dict[str, float]:
    """Returns accuracies on the test split.

    Args:
      model: can `features`; has a network `encoder`, and perhaps a
        `discriminator` that sees examples alone.
      data: with labels.
      config: of the training of `model`; its seed.
      epochs: at most; a worse validation loss ends it.

    Returns:
      `transfer_accuracy_<n>` and `random_accuracy_<n>`, n layers frozen, in
      [0, 1]. Layers are counted by their weights: conv1, conv2, …. Those of a
      discriminator are `transfer_accuracy_discriminator_<n>`, and likewise.

    Raises:
      UserError: there are no labels, or nothing to transfer.
    """
    if not data.spec.num_classes:
        raise UserError("measure=transfer: expected data with labels.")
    networks = {
        name: network
        for name, network in model.named_networks().items()
        if name in ("encoder", "discriminator")
        and isinstance(network, keras.Sequential)
    }
    if "encoder" not in networks or not model.can("features"):
        raise UserError(
            "measure=transfer: expected a model with an encoder, bigan or"
            " ebgan."
        )
    splits = {split: first_of(data, split, config, _MOST) for split in SPLITS}
    some = to_unit(splits["train"]["x"][:_NORMALIZED], data.spec.levels)
    values = {}
    with data_statistics(model, splits["train"]["x"], config.batch_size):
        for name, network in networks.items():
            infix = "" if name == "encoder" else f"{name}_"
            body = network.layers
            if isinstance(body[-1], (keras.layers.Dense, Logit)):
                body = body[:-1]  # the output, whose place the labels take
            side = network.input_shape[1:3]
            for n, end in enumerate(_ends(body), start=1):
                for row, learnt in (("transfer", True), ("random", False)):
                    keras.utils.set_random_seed(config.seed)
                    frozen = _network(body, end, learnt, data.spec, side)
                    if not learnt:
                        _normalize(frozen, some)
                    values[f"{row}_accuracy_{infix}{n}"] = _accuracy(
                        frozen, splits, data.spec, epochs
                    )
    return values


def _ends(body: Sequence[keras.layers.Layer]) -> list[int]:
    """Where the layers of the first n weights end, n = 1, 2, …."""
    starts = [
        i
        for i, layer in enumerate(body)
        if "kernel" in [w.name for w in layer.weights]
    ]
    return [*starts[1:], len(body)]


def _network(
    body: Sequence[keras.layers.Layer],
    end: int,
    learnt: bool,
    spec: DataSpec,
    side: tuple[int, ...],
) -> keras.Model:
    """The layers with new weights, but frozen and perhaps learnt before end.

    A discriminator may see smaller images, of `side` pixels.
    """
    layers = [type(layer).from_config(layer.get_config()) for layer in body]
    resized = []
    if side != spec.shape[:2]:
        resized = [keras.layers.Resizing(*side, antialias=True)]
    network = keras.Sequential(
        [
            keras.layers.Input(spec.shape),
            *resized,
            *layers,
            keras.layers.Flatten(),
            keras.layers.Dense(spec.num_classes),
        ]
    )
    for layer, source in zip(layers[:end], body[:end]):
        layer.trainable = False  # batch normalization keeps its statistics
        if learnt:
            layer.set_weights(source.get_weights())
    return network


def _normalize(network: keras.Model, x: np.ndarray) -> None:
    """Gives the frozen layers' batch normalization the statistics of x."""
    frozen = [layer for layer in network.layers if not layer.trainable]
    for layer in frozen:
        layer.trainable = True
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(x, training=True)
    for layer in frozen:
        layer.trainable = False


def _accuracy(
    network: keras.Model,
    splits: Mapping[str, Mapping[str, np.ndarray]],
    spec: DataSpec,
    epochs: int,
) -> float:
    network.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    (x, label), validation, test = (
        (to_unit(split["x"], spec.levels), split["label"])
        for split in splits.values()
    )
    stop = keras.callbacks.EarlyStopping(
        patience=_PATIENCE, restore_best_weights=True
    )
    network.fit(
        x,
        label,
        batch_size=64,
        epochs=epochs,
        validation_data=validation,
        callbacks=[stop],
        verbose=0,
    )
    return float(network.evaluate(*test, verbose=0)[1])
