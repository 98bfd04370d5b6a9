"""Codes of examples beside the factors that the data name.

Factors are the field `factors`, whole numbers from 0 on (its `names` are
theirs), and the `label`, a class. Measures of disentanglement ask how the
numbers of a code go with them. What a model is conditional on is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import DataSpec
from tfgen.data.loaded import gather
from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

Random = np.random.Generator
LABEL = "label"
MOST, _FEW, _FEWEST = 10_000, 1_000, 100  # examples
_LONGEST = 100  # numbers of a code that is measured unless asked for
INACTIVE = 1e-12  # variance of a number of a code
_DRAWS, _GROUP = 10_000, 64  # groups, and the examples of one


class Coded(NamedTuple):
    """Examples.

    Attributes:
      codes: [N, Z]; the mean of q(z|x) where a model has one.
      factors: name -> [N] float32 numbers, or int32 classes.
      latents: name -> [N, Z] of each, which `codes` has side by side.
    """

    codes: np.ndarray
    factors: Mapping[str, np.ndarray]
    latents: Mapping[str, np.ndarray]


def has_factors(model: Model, spec: DataSpec) -> bool:
    """Whether the model encodes, briefly, and the data name their factors."""
    named = any(field.name == "factors" for field in spec.fields)
    short = 0 < model.latent_size <= _LONGEST
    return model.can("encode") and named and short


def encoded(
    run: Run, model: Model, split: str
) -> Iterator[tuple[Mapping[str, tf.Tensor], Mapping[str, tf.Tensor]]]:
    """Yields batches of a split and their codes, by name.

    They are those of all splits, if it has less than 1,000 examples.
    """
    encode = tf.function(model.encode, autograph=False, reduce_retracing=True)
    for each in _splits(run, split):
        for batch in run.held_out(model, each):
            code = encode(batch["x"], **model.given(batch))
            if not isinstance(code, Mapping):
                (name,) = model.latents
                code = {name: code}
            yield batch, code


def _splits(run, split):
    return SPLITS if run.data.size(split) < _FEW else (split,)


def coded(run: Run, model: Model, split: str) -> Coded | None:
    """Returns examples; None if nothing is known of them.

    They are the first 10,000 of the split, or of all splits, if it has less
    than 1,000.

    Raises:
      UserError: less than 100 examples, or factors off their grids.
    """
    return run.once(
        "codes", (model, split), lambda _: _coded(run, model, split)
    )


def _coded(run, model, split):
    spec = run.config.spec
    named = {field.name: field.names for field in spec.fields}
    if not model.can("encode") or not (spec.num_classes or "factors" in named):
        return None
    count = sum(map(run.data.size, _splits(run, split)))
    if count < _FEWEST:
        raise UserError(
            f"data={run.config.data.name}: {count} examples; expected at least"
            f" {_FEWEST}, to measure factors by."
        )
    kept = {LABEL, "factors"} - set(model.conditions)

    def batches():
        for batch, parts in encoded(run, model, split):
            fields = {name: batch[name] for name in kept & batch.keys()}
            yield fields | {
                f"code {n}": tf.reshape(z, [len(z), -1])
                for n, z in parts.items()
            }

    found = gather(batches(), MOST)
    latents = {
        name: found.pop(f"code {name}").astype(np.float64)
        for name in model.latents
        if f"code {name}" in found
    }
    codes = np.concatenate([*latents.values()], axis=1)
    factors = {LABEL: found[LABEL]} if LABEL in found else {}
    for i, numbers in enumerate(np.transpose(found.get("factors", []))):
        name = (named["factors"] or range(len(numbers)))[i]
        factors[str(name)] = numbers
    constant = [n for n, values in factors.items() if np.ptp(values) == 0]
    if constant:
        logging.warning("Left out, since constant: %s.", ", ".join(constant))
    factors = {n: v for n, v in factors.items() if n not in constant}
    if odd := [n for n, values in factors.items() if (values % 1).any()]:
        raise UserError(
            f"data={run.config.data.name}: factor {odd[0]} has real numbers;"
            " expected whole ones, places on a grid."
        )
    return Coded(codes, factors, latents) if factors else None


def measured(
    figures: Callable[[np.ndarray, Mapping[str, np.ndarray]], dict[str, float]],
) -> Callable[[Run, Model, str, Options], dict[str, float]]:
    """Returns the `measure` of a file.

    Args:
      figures: of codes [N, Z] and factors, name -> [N].
    """

    def measure(run, model, split, options):
        del options
        found = coded(run, model, split)
        return figures(found.codes, found.factors) if found else {}

    return measure


def gaps(scores: np.ndarray) -> np.ndarray:
    """Returns how far the best is before the second, [F], of [Z, F] scores."""
    second, best = np.sort(np.pad(scores, ((1, 0), (0, 0))), axis=0)[-2:]
    return best - second


def of_groups(
    z: np.ndarray,
    factors: Mapping[str, np.ndarray],
    statistic: Callable[[np.ndarray, np.ndarray, Random], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Returns statistics of groups that have one factor in common, and which.

    Groups are drawn, with a fixed seed, among the examples at hand: other
    factors are as they come, and an example may be in a group twice.

    Args:
      z: codes, [N, Z].
      factors: name -> [N].
      statistic: of a factor [N], of the first [n, 64] members of groups, and
        of random numbers; gives [n, Z].

    Returns:
      [10,000, Z]; and [10,000], the place of the factor.
    """
    random = np.random.default_rng(0)
    N, Z = z.shape
    which = random.integers(len(factors), size=_DRAWS)
    statistics = np.empty((_DRAWS, Z))
    for k, factor in enumerate(factors.values()):
        n = np.count_nonzero(which == k)
        first = random.integers(N, size=(n, _GROUP))
        statistics[which == k] = statistic(factor, first, random)
    return statistics, which


def alike(
    factor: np.ndarray, examples: np.ndarray, random: Random
) -> np.ndarray:
    """Returns for each example another, or itself, of the same factor.

    Args:
      factor: [N].
      examples: places, of any shape.
      random: to draw with.
    """
    order = np.argsort(factor, kind="stable")
    start, end = (
        np.searchsorted(factor[order], factor[examples], side)
        for side in ("left", "right")
    )
    return order[random.integers(start, end)]
