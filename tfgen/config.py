"""Settings: frozen dataclasses, typed overrides, JSON out and in.

Every setting of a run is one leaf of one tree of frozen dataclasses. A leaf is
named by its path (`network.hidden`); `apply_overrides` changes leaves from
`name=value` strings, and `to_json` / `from_json` carry the tree to
`config.json` and back.

This module imports nothing heavy: the apps' `--help` reads it.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import difflib
import json
import math
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from tfgen.bounds import (
    Count,
    CountOrNone,
    Fraction,
    NotNegative,
    Positive,
    Seed,
    SettingError,
    Share,
    Sizes,
    check,
)
from tfgen.errors import UserError

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table, in its own unit.

    Attributes:
      name: of the column; or none.
      mean: of the training split.
      stddev: likewise.
      step: values are multiples of it (1: whole numbers); 0 if they are real.
    """

    name: str
    mean: float = 0.0
    stddev: float = 1.0
    step: float = 0.0


@dataclasses.dataclass(frozen=True)
class Field:
    """What an example holds beside `x` and its `label`.

    Attributes:
      name: of the field.
      shape: of one example's.
      levels: number of gray levels; 0 if the values are real numbers.
      names: of its numbers, where they have some.
      columns: of a table, that its numbers are; or none.
      numbers: columns without names, of real vectors that are no table; models
        standardize by them. None leaves the numbers as they are.
      paired: when it belongs to the `x` beside it. "held_out": in held-out
        data only; training examples have a row drawn independently of `x`.
    """

    name: str
    shape: tuple[int, ...] = ()
    levels: int = 0
    names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    numbers: tuple[Column, ...] = ()
    paired: Literal["always", "held_out", "never"] = "always"

    @property
    def standard(self) -> tuple[Column, ...]:
        """What models standardize its numbers by; or none."""
        return self.columns or self.numbers

    @property
    def discrete(self) -> bool:
        """Whether a density needs noise between the values."""
        return bool(self.levels) or any(c.step for c in self.columns)

    @property
    def steps(self) -> tuple[float, ...]:
        """Sizes of its numbers' cells (`tfgen.nn.cells`), or one for all.

        0 is of real numbers.
        """
        if self.levels or not self.columns:
            return (float(bool(self.levels)),)
        return tuple(column.step for column in self.columns)

    def __str__(self):
        kind = f"{self.levels} gray levels" if self.levels else "real numbers"
        kind += " (standardized)" if self.numbers else ""
        return f"{self.name} {self.shape}, {kind}"


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """What a model may know of its data.

    Attributes:
      shape: one example, `(H, W, C)` or `(D,)`; `()` for sentence pairs.
      levels: number of gray levels (values are in [0, levels)); 0 if the values
        are real numbers.
      num_classes: number of labels; 0 if there are none.
      labels: their names, where they have some.
      fields: what examples hold beside `x` and `label`.
      columns: of a table, that the numbers of an example are; or none.
      numbers: likewise, without names; see `Field`.
      words: the vocabulary of sentences, from id 2 on, joined by spaces (0 is
        padding, 1 any unknown word).
      lower: A to Z of sentences are in lower case.
      max_length: words; longer sentences lose their ends; 0 if none does.
    """

    shape: Sizes = ()
    levels: CountOrNone = 0
    num_classes: CountOrNone = 0
    labels: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    columns: tuple[Column, ...] = ()
    numbers: tuple[Column, ...] = ()
    words: str = ""
    lower: bool = True
    max_length: CountOrNone = 0

    def __post_init__(self):
        check(self)

    @property
    def x(self) -> Field:
        """What `x` is."""
        standard = {"columns": self.columns, "numbers": self.numbers}
        return Field("x", self.shape, self.levels, **standard)

    @property
    def standard(self) -> tuple[Column, ...]:
        """What models standardize the numbers of x by; or none."""
        return self.x.standard

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words one by one."""
        # Not `split()`: tokens of published files hold no-break spaces.
        return tuple(self.words.split(" ")) if self.words else ()

    @property
    def size(self) -> int:
        """D, the number of dimensions of one example."""
        size = 1
        for n in self.shape:
            size *= n
        return size


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """One player's optimizer; the defaults are Adam's (Kingma & Ba 2015).

    But for epsilon: Keras's 1e-7, where the paper has 1e-8. It is added to the
    root, also by RMSprop.
    """

    name: Literal["adam", "sgd", "rmsprop"] = "adam"
    learning_rate: Positive = 1e-3
    beta_1: Share = 0.9
    beta_2: Share = 0.999
    epsilon: Positive = 1e-7
    momentum: Share = 0.0  # SGD and RMSprop
    weight_decay: NotNegative = 0.0  # decoupled: Adam with it is AdamW
    schedule: Literal["constant", "linear", "cosine", "exponential"] = (
        "constant"
    )
    warmup_steps: CountOrNone = 0  # linear from 0
    decay_start: Fraction = 0.0  # share of the training at which decay starts
    final_learning_rate: NotNegative = 0.0  # where the decay ends
    clip_norm: NotNegative = 0.0  # of the whole gradient; 0 = off

    def __post_init__(self):
        check(self)


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """The loop's settings; lengths are in steps (one step = one round)."""

    steps: Count = 10_000
    batch_size: Count = 64  # global, over all replicas
    # Pieces that a replica's part of a batch is cut in, one after another: the
    # same update with less memory.
    accumulate: Count = 1
    seed: Seed = 0
    steps_per_call: Count = 20  # steps in one call of the compiled function
    jit_compile: bool = False
    mixed_precision: bool = False
    deterministic: bool = True  # same seed, same weights (CPU)
    ema_decay: Share = 0.0  # moving average of the weights; 0 = off
    log_every: Count = 100
    evaluate_every: Count = 500
    checkpoint_every: Count = 500
    keep_checkpoints: Count = 3
    # Evaluations without a better one, after which it stops; 0 = never.
    patience: CountOrNone = 0
    # Over how many steps learning rates decay; a run goes on with those that it
    # began with. 0 = steps.
    schedule_steps: CountOrNone = 0
    init_from: str = ""  # workdir of a run whose weights this one begins with

    def __post_init__(self):
        check(self)


# A training that tests can afford, of the presets called `tiny`.
TINY_TRAIN = TrainConfig(
    steps=4,
    batch_size=8,
    steps_per_call=2,
    log_every=2,
    evaluate_every=2,
    checkpoint_every=2,
)


# In the place of a preset's name: settings that a model chose by the shape and
# size of data.
AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class Preset:
    """A model's settings for one data set.

    Attributes:
      network: the model's `Config`.
      data: which data; its type is the kind of data that the model reads
        (`tfgen.data.settings`, `tfgen.nli.settings`).
      train: how long, how large a batch, ….
    """

    network: Any
    data: Any
    train: TrainConfig = TrainConfig()


def with_data(
    presets: Mapping[str, Preset], names: Iterable[str]
) -> Mapping[str, Preset]:
    """Returns the presets whose data have these settings; else all.

    Args:
      presets: of a model.
      names: of settings; those that no preset's data have do not count.
    """
    had = {n: {*flatten(preset.data)} for n, preset in presets.items()}
    asked = {*names} & set().union(*had.values())
    return {n: p for n, p in presets.items() if asked <= had[n]} or presets


@dataclasses.dataclass(frozen=True)
class Change:
    """A setting that has changed while a run was stopped.

    Attributes:
      step: from which on.
      setting: its name.
      before: the value until then.
      after: the value since then.
    """

    step: int
    setting: str
    before: float
    after: float


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Everything that defines a run; what `config.json` holds."""

    model: str
    preset: str
    spec: DataSpec
    data: Any
    network: Any
    train: TrainConfig
    history: tuple[Change, ...] = ()


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """Returns the leaves of `config`: path -> value, in order."""
    leaves = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            leaves.update(flatten(value, f"{prefix}{field.name}."))
        else:
            leaves[prefix + field.name] = value
    return leaves


def apply_overrides(config: T, overrides: Iterable[str]) -> T:
    """Returns `config` with leaves replaced.

    Args:
      config: a tree of frozen dataclasses.
      overrides: strings `name=value`. `name` is a leaf's path, or the end of
        exactly one path (`steps` for `train.steps`); `*.name` is every leaf of
        that name (`*.learning_rate`, of all players).

    Raises:
      UserError: no `=`, an unknown or ambiguous name, or a value of the wrong
        type or out of bounds.
    """
    paths = list(flatten(config))
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals:
            raise UserError(f"setting {override}: expected name=value.")
        for path in _resolve(name.strip(), paths):
            config = _replace(config, path.split("."), path, text.strip())
    return config


def _resolve(name: str, paths: list[str]) -> list[str]:
    """The path that `name` means; several if it begins with a star."""
    if name in paths:
        return [name]
    if name.startswith("*."):
        if every := [path for path in paths if path.endswith(name[1:])]:
            return every
        name = name[2:]
    ends = [path for path in paths if path.endswith("." + name)]
    if len(ends) == 1:
        return ends
    if ends:
        raise UserError(
            f"setting {name}: ambiguous, name one of {', '.join(ends)}."
        )
    # Compare with whole paths and with their last parts: `step` is closer to
    # `steps` than to `train.steps`.
    last = {path.rpartition(".")[2]: path for path in paths}
    near = difflib.get_close_matches(name, paths + list(last), n=1, cutoff=0.5)
    hint = f" Did you mean {last.get(near[0], near[0])!r}?" if near else ""
    raise UserError(
        f"setting {name}: unknown.{hint} Known: {', '.join(paths)}."
    )


def _replace(config: Any, parts: list[str], path: str, text: str) -> Any:
    head, *rest = parts
    if rest:
        value = _replace(getattr(config, head), rest, path, text)
    else:
        hint = typing.get_type_hints(type(config))[head]
        value = parse_value(text, hint, path)
    values = vars(config) | {head: value}
    owner = path.removesuffix(".".join(parts))
    return _make(type(config), values, owner)


def _make(kind: type[T], values: Mapping[str, Any], owner: str) -> T:
    """A dataclass, whose settings' names begin with `owner` in errors."""
    try:
        return kind(**values)
    except SettingError as error:
        raise SettingError(f"{owner}{error}") from None


def parse_value(text: str, hint: Any, name: str) -> Any:
    """Reads `text` as a value of the type `hint`.

    Args:
      text: what the user typed.
      hint: see `convert`.
      name: of the setting, for the error.

    Raises:
      SettingError: the text is not such a value.
    """
    return convert(_untyped(text, hint), hint, name)


def _untyped(text: str, hint: Any) -> Any:
    """Returns the JSON value that `text` stands for; if unsure, the text."""
    if isinstance(hint, types.UnionType):
        return None if text.lower() == "none" else _untyped(text, _some(hint))
    if typing.get_origin(hint) is tuple:
        (item, _) = typing.get_args(hint)
        parts = [t.strip() for t in text.strip("()[] ").split(",")]
        return [_untyped(part, item) for part in parts if part]
    if hint is bool:
        known = {"true": True, "1": True, "false": False, "0": False}
        return known.get(text.lower(), text)
    if hint in (int, float):
        with contextlib.suppress(ValueError, SyntaxError, MemoryError):
            return ast.literal_eval(text)
    return text


def _some(hint: types.UnionType) -> Any:
    """The type beside None."""
    (some,) = [t for t in hint.__args__ if t is not type(None)]
    return some


def convert(value: Any, hint: Any, name: str) -> Any:
    """Returns a value as JSON has it in the type `hint`.

    Args:
      value: of any type.
      hint: `bool`, `int`, `float`, `str`, `Literal[…]`, `tuple[T, ...]`, a
        dataclass, or one of these `| None`.
      name: of the setting, for the error.

    Raises:
      SettingError: it is no such value.
    """
    if isinstance(hint, types.UnionType):
        return None if value is None else convert(value, _some(hint), name)
    if dataclasses.is_dataclass(hint):
        return from_dict(hint, value, f"{name}.")
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    number = value if type(value) in (int, float) else math.nan
    if origin is Literal:
        fits, expected = value in args, f"one of {', '.join(args)}"
    elif origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(convert(v, args[0], name) for v in value)
        fits, expected = False, "a list"
    elif hint is int:
        # Files of checkpoints, seeds and tensors' sizes have room for no more.
        fits = abs(number) < 2**32 and int(number) == number
        expected = "a whole number below 2^32"
    elif hint is float:
        small = type(number) is float or abs(number) <= sys.float_info.max
        fits, expected = number == number and small, "a number"
    else:
        fits = type(value) is hint
        expected = {bool: "true or false", str: "a text"}[hint]
    if not fits:
        shown = {list: "[…]", dict: "{…}"}.get(type(value))
        shown = shown or f"{json.dumps(value, default=str):.60}"
        raise SettingError(f"{name}={shown}: expected {expected}.")
    return hint(value) if hint in (int, float) else value


def to_json(config: Any) -> str:
    """Returns `config` as indented JSON, with a final newline."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def from_dict(kind: type[T], values: Any, owner: str = "", **kinds: type) -> T:
    """Builds the dataclass `kind` from what `to_json` wrote.

    A setting that is not there is newer than the file and has its default, with
    which everything is as it was before.

    Args:
      kind: a dataclass.
      values: the parsed JSON; may be anything.
      owner: what names of settings begin with in errors: "train."
      **kinds: the dataclass of a field whose annotation does not say it.

    Raises:
      SettingError: no object, a field is unknown, one without a default is
        missing, or a value of the wrong type or out of bounds.
    """
    if not isinstance(values, dict):
        name = f"{owner[:-1]}: " if owner else ""
        raise SettingError(f"{name}expected an object, {{…}}.")
    hints = typing.get_type_hints(kind) | kinds
    fields = {f.name: f.default for f in dataclasses.fields(kind)}
    needed = {n for n, v in fields.items() if v is dataclasses.MISSING}
    for missing in sorted(needed - values.keys()):
        raise SettingError(f"{owner}{missing}: missing.")
    for odd in sorted(values.keys() - fields):
        raise SettingError(
            f"{owner}{odd}: no such setting in this version of tfgen; mend the"
            " name, or use the version that wrote it."
        )

    def build(name: str, value: Any) -> Any:
        path = f"{owner}{name}"
        if dataclasses.is_dataclass(hints[name]):
            return from_dict(hints[name], value, f"{path}.")
        return convert(value, hints[name], path)

    built = {name: build(name, v) for name, v in values.items()}
    return _make(kind, built, owner)
