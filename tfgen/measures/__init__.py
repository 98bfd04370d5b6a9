"""Measures: what is said of a trained model, one file a kind of figure.

A measure is a module of this package with

- `applies(model, spec)`: whether it is measured unless others are named;
- `measure(run, model, split, options)`: name -> figure, of one split ("train",
  "validation" or "test") by the run's data and settings.

and, where it reads some of the `Options`, `OPTIONS`: their names, and
"cache_dir" if it measures images by the run's classifier. The first line of its
docstring says what it is. `codes`, `translations` and
`scene_judge` are none, but what several are made of. Nothing heavy is imported
here.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pathlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfgen.config import DataSpec
    from tfgen.model import Model

# In the order in which figures are listed.
MEASURES = (
    "inception",
    "samples",
    "label_accuracy",
    "learnt_from_samples",
    "chain_classes",
    "completion",
    "paired",
    "scene_attributes",
    "translation",
    "metrics",
    "log_likelihood",
    "importance",
    "active_units",
    "partition",
    "sources",
    "features",
    "mig",
    "sap",
    "dci",
    "beta_vae_score",
    "factor_vae_score",
    "label_information",
    "clusters",
    "transfer",
    "translated_labels",
    "inverse",
    "precision",
    "pit",
)

_ERRORS = "_two_std_errors"


@dataclasses.dataclass(frozen=True)
class Options:
    """What measures may be told.

    Attributes:
      draws: of noise, which metrics are averaged over.
      samples: how many are measured; None is as many as the split has, and at
        most 5,000.
      importance: K, draws of latents an example, of `importance`.
      inception: file of Keras's InceptionV3 weights; "" if there is none.
    """

    draws: int = 10
    samples: int | None = None
    importance: int = 5_000
    inception: str = ""


def module(name: str) -> ModuleType:
    """Imports a measure (and with it TensorFlow)."""
    return importlib.import_module(f"tfgen.measures.{name}")


def chosen(
    names: Sequence[str], model: Model, spec: DataSpec, inception: str = ""
) -> list[str]:
    """Returns which measures are made.

    Args:
      names: what is asked for; without, it is what applies to the model.
      model: that is measured.
      spec: of its data.
      inception: see `Options`; its measure, too.
    """
    return [
        name
        for name in MEASURES
        if name in names
        or (name == "inception" and inception)
        or (not names and module(name).applies(model, spec))
    ]


def options_of(name: str) -> tuple[str, ...]:
    """Returns the names of the `Options` that a measure reads."""
    return getattr(module(name), "OPTIONS", ())


def described() -> dict[str, str]:
    """Returns name -> the first line of a measure's docstring."""
    folder = pathlib.Path(__file__).parent
    return {
        name: ast.get_docstring(
            ast.parse((folder / f"{name}.py").read_text())
        ).splitlines()[0]
        for name in MEASURES
    }


def shown(values: Mapping[str, float], digits: int = 6) -> dict[str, str]:
    """Returns name -> figure as text, with two standard errors if known.

    Args:
      values: name -> figure; `<name>_two_std_errors` stands beside its figure
        and has no line of its own.
      digits: of a figure.
    """
    found = {}
    for name, value in values.items():
        if name.removesuffix(_ERRORS) in values and name.endswith(_ERRORS):
            continue
        error = values.get(name + _ERRORS)
        sure = "" if error is None else f" ± {error:.2g} (2 standard errors)"
        found[name] = f"{value:.{digits}g}{sure}"
    return found
