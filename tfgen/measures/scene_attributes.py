"""Kinds, colours and places of drawn scenes, read off what a model makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from absl import logging

from tfgen.config import DataSpec
from tfgen.data import catalog, scenes, shapes
from tfgen.data.loaded import gather
from tfgen.errors import UserError
from tfgen.evaluate.paired import psnr
from tfgen.measures import Options, translations
from tfgen.measures.scene_judge import darkness, foreground, judge
from tfgen.measures.translations import Translations
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("samples",)

_SHARP = 0.5  # overlap of what is not white with the true shape
_GHOST = (0.3, 0.7)  # how dark a shape is that is half there


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether what the model makes may be scenes; the data's name says more."""
    return translations.applies(model, spec) or _of_words(model)


def _of_words(model: Model) -> bool:
    return model.can("sample") and "attributes" in model.conditions


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns shares of pictures in [0, 1], of drawn scenes; else nothing.

    `right_place` is an overlap (intersection over union) above one half with
    the true shape, `right_colour` the colour that is read, which is one of two
    where both are right; `right` is both, of captions every word, and
    `right_seen`, beside the test split, that of the validation split. Of moving
    scenes, a shape is right in either of its futures; `two_ghosts` counts those
    that are half in both, `turned_right` says which future the right ones show,
    and `psnr_mean` is that of the mean of both, in dB: no more is possible. Of
    captions, `diversity` is the mean difference of two pictures of one caption,
    and `diversity_data` that of the data; a line says where no two have one.

    Of the options it takes `samples`.
    """
    name = run.config.data.name
    if name == "captioned_scenes" and _of_words(model):
        return _captioned(run, model, split, options.samples)
    if name not in catalog.SCENES or not model.can("translate"):
        return {}
    if options.samples:
        raise UserError(
            f"samples={options.samples}: translations are of all pictures;"
            " leave it out."
        )
    values = {}
    for found in translations.of(run, model, split):
        if name == "moving_scenes":
            own = _moved(found)
        else:
            backwards = run.config.data.direction == "b_to_a"
            outlined = (found.ending == "_back") != backwards
            own = _translated(found, outlined, two=name != "scenes")
        values |= {f"{n}{found.ending}": float(v) for n, v in own.items()}
    return values


def _overlap(pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
    seen = foreground(pictures)
    both, either = (seen & masks).sum((1, 2)), (seen | masks).sum((1, 2))
    return both / either


def _translated(
    found: Translations, outlined: bool, two: bool
) -> dict[str, np.ndarray]:
    true, seen = judge(found.other, outlined), judge(found.made, outlined)
    masks = shapes.masks(found.made.shape[1], outlined)[true.shape]
    place = _overlap(found.made, masks) > _SHARP
    kind = seen.attribute("kind") == true.attribute("kind")
    values = {"right_place": place.mean(), "right_kind": kind.mean()}
    if not outlined:
        colour = seen.colour == true.colour
        if two:
            colour = np.isin(seen.colour, scenes.TWO)
        values["right_colour"] = colour.mean()
        values["right"] = (place & colour).mean()
    return values


def _moved(found: Translations) -> dict[str, np.ndarray]:
    before, last = (judge(found.read[..., i : i + 3]) for i in (0, 3))
    futures = scenes.futures(before.shape, last.shape)
    side = found.made.shape[1]
    masks = shapes.masks(side)[futures]  # [2, N, side, side]
    place = np.array([_overlap(found.made, mask) > _SHARP for mask in masks])
    colour = judge(found.made).colour == last.colour
    dark = np.array([darkness(found.made, m, last.colour) for m in masks])
    low, high = _GHOST
    right = place & colour
    levels = shapes.colours(last.colour)
    mean = np.mean([shapes.paint(f, levels, side) for f in futures], axis=0)
    return {
        "right_place": place.any(0).mean(),
        "right_colour": colour.mean(),
        "right": right.any(0).mean(),
        "two_ghosts": ((dark > low) & (dark < high)).all(0).mean(),
        "turned_right": right[0].sum() / max(right.any(0).sum(), 1),
        "psnr_mean": psnr(mean / 255, found.other / 255),
    }


def _captioned(run, model, split, samples):
    values, made = _said(run, model, split, samples)
    # Their combinations have been trained on; those of the test split not.
    if split == "test":
        seen, _ = _said(run, model, "validation", samples)
        values["right_seen"] = seen["right"]
    data = gather(run.held_out(model, split), len(made["x"]))
    for name, x in ("diversity", made), ("diversity_data", data):
        values |= _diversity(name, x["x"], x["attributes"])
    return values


def _said(run, model, split, samples):
    """Shares of what captions of a split say, and what is made of them."""
    count = samples or run.data.size(split)
    drawn = run.sample_quality.drawn(model, count, split)
    made = gather({"x": x, **given} for x, given in drawn)
    words, seen = scenes.chosen(made["attributes"]), judge(made["x"])
    size, top, left = map(seen.attribute, ("size", "top", "left"))
    right = {
        "size": size == np.take((5, 9), words[0]),
        "colour": seen.colour == words[1],
        "kind": seen.attribute("kind") == words[2],
        "place": (seen.shape >= 0)
        & ((2 * top + size > shapes.GRID) == words[3])
        & ((2 * left + size > shapes.GRID) == words[4]),
    }
    values = {f"right_{n}": float(share.mean()) for n, share in right.items()}
    values["right"] = float(np.all(list(right.values()), axis=0).mean())
    return values, made


def _diversity(
    name: str, x: np.ndarray, captions: np.ndarray
) -> dict[str, float]:
    """The mean difference in [0, 1] of two pictures of one caption."""
    x = x.reshape(len(x), -1) / 255.0
    _, group = np.unique(captions, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    x, group = x[order], group[order]
    same = group[1:] == group[:-1]
    if not same.any():
        logging.warning(
            "%s: left out; of %d pictures no two have one caption, which more"
            " samples would.",
            name,
            len(x),
        )
        return {}
    return {name: float(np.abs(x[1:] - x[:-1])[same].mean())}
