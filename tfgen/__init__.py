"""Deep generative models in TensorFlow and Keras, from paper to export.

    import tfgen

    run = tfgen.fit("real_nvp", data=x, workdir="runs/mine", steps=2000)
    run.log_prob(x_new), run.sample(64), run.encode(x_new)
    tfgen.load("runs/mine").export(quantize="int8")
    tfgen.zoo()

TensorFlow is imported when it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfgen.version import __version__

if TYPE_CHECKING:
    from tfgen.library import ArrayRun
    from tfgen.run import Arrays

__all__ = ["__version__", "fit", "load", "zoo"]


def fit(
    model: str,
    data: str | Arrays | None = None,
    workdir: str | os.PathLike | None = None,
    *,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    strategy: str = "auto",
    cache_dir: str | os.PathLike | None = None,
    **train: Any,
) -> ArrayRun:
    """Trains a model, or goes on training it.

    Args:
      model: a name in `zoo()`.
      data: name of data; or examples: x [N, H, W, C], [N, H, W]
        or [N, D], a dict of `x` and `label`, Keras's `x_train`, `y_train`,
        `x_test`, `y_test`, or a `tf.data.Dataset` of examples. Whole numbers
        are gray levels, others real. None is the preset's data.
      workdir: gets settings, checkpoints and figures; the same call resumes.
        None is `runs/<model>-<data>`.
      preset: settings by name; None is that for the data, or "auto": what
        the model chooses by their shape and number, and says.
      settings: name -> value: {"network.features": 32}.
      strategy: where to train: "auto", "cpu", "gpu", "mirrored" or
        "multi_worker".
      cache_dir: folder of what runs on the same data share.
      **train: settings of the training: steps, batch_size, seed, ….

    Returns:
      The run; it answers `log_prob`, `encode`, `decode`, `sample`,
      `reconstruct`, `energy` and `classify`, as far as its model does, and has
      `evaluate`, `draw` and `export`.

    Raises:
      tfgen.errors.UserError: an unknown name, a bad setting or bad data.
    """
    from tfgen import library

    values = {**(settings or {}), **{f"train.{n}": v for n, v in train.items()}}
    return library.fit(
        model, data, workdir, preset, values, strategy, cache_dir
    )


def load(
    workdir: str | os.PathLike,
    data: Arrays | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> ArrayRun:
    """Returns the run of a workdir, with its best weights.

    Args:
      workdir: of `fit` or of the command line.
      data: the examples of `fit`, where it had some; to evaluate or to go on
        training. Nothing else needs them.
      cache_dir: see `fit`.

    Raises:
      tfgen.errors.UserError: there is no run, or it is damaged.
    """
    from tfgen import library

    return library.load(workdir, data, cache_dir)


def zoo() -> list[dict[str, Any]]:
    """Returns a row for each model: `model`, `family`, `paper`, `presets`.

    Models of other packages are among them (entry points `tfgen.models`).
    """
    from tfgen.registry import MODELS

    return [
        {
            "model": name,
            "family": entry.family,
            "paper": entry.paper,
            "presets": entry.presets,
        }
        for name, entry in MODELS.items()
    ]
