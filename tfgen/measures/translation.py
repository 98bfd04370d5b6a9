"""Cycles of translations after rounding, and their distance from y.

Chu et al. 2017, arXiv:1712.02950: a cycle that is closed by faint noise breaks
when pictures are rounded to 8 bits, or changed by two of their 255 levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from absl import logging

from tfgen.config import DataSpec
from tfgen.evaluate.classifier import SMALLEST, untrained_classifier
from tfgen.evaluate.frechet import Moments, frechet_distance
from tfgen.evaluate.paired import l1
from tfgen.measures import Options, translations
from tfgen.measures.translations import Translations, target, unit
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_SEED = 1_712  # of the levels that are changed
_WHITE = 255  # of 8 bits, which files hold, whatever a domain's levels are
_CHANGE = 2  # of these, at most
# A translation is x itself if it is so much nearer to its x than to another.
_SAME = 0.1
_HALF = 0.5
# The others are what a complaint is made of.
_FIGURES = ("frechet_distance_y", "cycle_l1", "cycle_l1_changed")


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model translates pictures with gray levels."""
    return translations.applies(model, spec)


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns figures of each way in which the model translates.

    `frechet_distance_y` is between translations and y, of features of a random
    network: small if they look like y, whatever they were made of. `cycle_l1`
    is the mean difference in [0, 1] of x and what comes back, of a model that
    translates back, of translations rounded to 8 bits; `cycle_l1_changed` of
    those that a coin has changed by up to 2 of 255. What looks wrong is said in
    a line.
    """
    del options
    paired = target(run.config.spec).paired != "never"
    values = {}
    for found in translations.of(run, model, split):
        own = _nearness(found, paired) | _distances(run, found, split)
        if model.can("translate_back"):
            own |= _cycle(run, model, found)
        values |= {f"{n}{found.ending}": own[n] for n in _FIGURES if n in own}
        if text := complaint(own):
            logging.warning("translate%s: %s.", found.ending, text)
    return values


def _nearness(found: Translations, paired: bool) -> dict[str, float]:
    """Distances in [0, 1] of translations from x, and from y if it is known."""
    source, field = found.fields
    made, values = unit(found.made, field), {}
    if source.shape == field.shape:
        x = unit(found.read, source)
        values["l1_x"] = l1(made, x)
        values["l1_other_x"] = l1(made, np.roll(x, 1, axis=0))
    if paired:
        y = unit(found.other, field)
        values["l1_y"] = l1(made, y)
        values["l1_inverted"] = l1(1 - made, y)
    return values


def _distances(run: Run, found: Translations, split: str) -> dict[str, float]:
    """Fréchet distances from y."""
    field = found.fields[1]
    if min(field.shape[:2]) < SMALLEST or len(found.made) < 2:
        return {}
    if not np.isfinite(found.made).all():
        return {"frechet_distance_y": float("inf")}
    network = run.once(
        f"features of {field.name}",
        split,
        lambda _: untrained_classifier(found.other, field.levels),
    )
    real = Moments.of(network.features(found.other))
    made = np.clip(found.made, 0, field.levels - 1)
    sets = {"y": made, "inverted": field.levels - 1 - made}
    return {
        f"frechet_distance_{name}": frechet_distance(
            real, Moments.of(network.features(x))
        )
        for name, x in sets.items()
    }


def _cycle(run: Run, model: Model, found: Translations) -> dict[str, float]:
    source, field = found.fields
    back = "translate" if found.ending == "_back" else "translate_back"
    x = unit(found.read, source)
    shades = np.rint(_WHITE * unit(found.made, field))
    random = np.random.default_rng(_SEED)
    change = random.integers(-_CHANGE, _CHANGE + 1, shades.shape)
    changed = np.clip(shades + change, 0, _WHITE)
    values = {}
    for name, y in ("cycle_l1", shades), ("cycle_l1_changed", changed):
        y = (y * ((field.levels - 1) / _WHITE)).astype(np.float32)
        again = translations.apply(run, model, back, y)
        values[name] = l1(x, unit(again, source))
    return values


def complaint(values: Mapping[str, float]) -> str | None:
    """Returns what these figures show to be wrong with translations, or None.

    Args:
      values: distances of the translations of one way, see above.
    """
    far = values.get("l1_y", np.inf)
    near = min(_SAME * values.get("l1_other_x", 0.0), _HALF * far)
    if values.get("l1_x", np.inf) < near:
        return "translations are what they are made of, hardly changed"
    if "l1_y" in values:
        inverted = values["l1_inverted"] < _HALF * far
    else:
        distance = values.get("frechet_distance_y", 0.0)
        other = values.get("frechet_distance_inverted", np.inf)
        inverted = other < _HALF * distance
    if inverted:
        return "translations are nearer to y with dark for light: inverted"
    return None
