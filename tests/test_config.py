import dataclasses
import json
import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfgen.config import (
    DataSpec,
    OptimizerConfig,
    Preset,
    RunConfig,
    TrainConfig,
    apply_overrides,
    flatten,
    from_dict,
    parse_value,
    to_json,
)
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError


@dataclasses.dataclass(frozen=True)
class Network:
    """A setting of every type."""

    width: int = 4
    rate: float = 0.5
    bias: bool = True
    activation: Literal["relu", "tanh"] = "relu"
    name: str = "net"
    hidden: tuple[int, ...] = (8, 8)
    scales: tuple[float, ...] = ()
    limit: int | None = None
    optimizer: OptimizerConfig = OptimizerConfig()


PRESET = Preset(Network(), DataConfig())

numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(codec="utf-8")).map(str.strip)
shares = st.floats(0, 1, exclude_max=True)
whole = st.integers(1 - 2**32, 2**32 - 1)
counts = st.integers(1, 2**32 - 1)

networks = st.builds(
    Network,
    width=whole,
    rate=numbers,
    bias=st.booleans(),
    activation=st.sampled_from(["relu", "tanh"]),
    name=words,
    hidden=st.lists(whole).map(tuple),
    scales=st.lists(numbers).map(tuple),
    limit=st.none() | whole,
    optimizer=st.builds(
        OptimizerConfig,
        name=st.sampled_from(["adam", "sgd", "rmsprop"]),
        learning_rate=st.floats(1e-9, 1),
        beta_1=shares,
        schedule=st.sampled_from(["constant", "cosine", "exponential"]),
        warmup_steps=counts,
        clip_norm=st.floats(0, 1e9),
    ),
)
trains = st.builds(
    TrainConfig,
    steps=counts,
    batch_size=counts,
    seed=st.integers(0, 2**32 - 1),
    jit_compile=st.booleans(),
    ema_decay=shares,
    patience=counts,
)
datas = st.builds(DataConfig, name=words, flip=st.booleans(), data_dir=words)
specs = st.builds(DataSpec, shape=st.lists(counts).map(tuple), levels=counts)
runs = st.builds(
    RunConfig,
    model=words,
    preset=words,
    spec=specs,
    data=datas,
    network=networks,
    train=trains,
)


@given(runs)
def test_json_holds_all_of_a_config(run):
    values = json.loads(to_json(run))
    assert from_dict(RunConfig, values, network=Network, data=DataConfig) == run


@given(st.builds(Preset, network=networks, data=datas, train=trains))
def test_overrides_lead_to_any_config(preset):
    # `str` is what a user sees of a value; a long text is cut by nothing.
    overrides = [f"{path}={v}" for path, v in flatten(preset).items()]
    assert apply_overrides(PRESET, overrides) == preset


@pytest.mark.parametrize(
    "text, hint, value",
    [
        ("3", int, 3),
        ("-3", int, -3),
        ("1_000", int, 1000),
        ("1e3", int, 1000),
        ("2.0", int, 2),
        ("0x10", int, 16),
        ("3", float, 3.0),
        ("1e-3", float, 0.001),
        ("true", bool, True),
        ("False", bool, False),
        ("1", bool, True),
        ("0", bool, False),
        ("a b", str, "a b"),
        ("", str, ""),
        ("none", str, "none"),
        ("none", int | None, None),
        ("None", float | None, None),
        ("7", int | None, 7),
        ("tanh", Literal["relu", "tanh"], "tanh"),
        ("1,2", tuple[int, ...], (1, 2)),
        ("(1, 2)", tuple[int, ...], (1, 2)),
        ("[1, 2]", tuple[int, ...], (1, 2)),
        ("8", tuple[int, ...], (8,)),
        ("(8,)", tuple[int, ...], (8,)),
        ("()", tuple[int, ...], ()),
        ("", tuple[int, ...], ()),
        ("a,b", tuple[str, ...], ("a", "b")),
    ],
)
def test_values_by_type(text, hint, value):
    got = parse_value(text, hint, "x")
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    "text, hint, expected",
    [
        ("1.5", int, "a whole number"),
        ("1e999", int, "a whole number"),
        ("True", int, "a whole number"),
        ("'3'", int, "a whole number"),
        ("3 apples", int, "a whole number"),
        ("", int, "a whole number"),
        ("abc", float, "a number"),
        ("1j", float, "a number"),
        ("[1]", float, "a number"),
        ("nan", float, "a number"),
        ("2**32", int, "a whole number"),
        ("4294967296", int, "a whole number below 2"),
        ("(" * 9999, int, "a whole number"),
        ("1" * 400, float, "a number"),
        ("1" * 9999, float, "a number"),
        ("yes", bool, "true or false"),
        ("2", bool, "true or false"),
        ("gelu", Literal["relu", "tanh"], "one of relu, tanh"),
        ("1,x", tuple[int, ...], "a whole number"),
        ("nil", int | None, "a whole number"),
    ],
)
def test_values_of_another_type_are_refused(text, hint, expected):
    with pytest.raises(UserError, match=rf"^x=\S.*: expected {expected}"):
        parse_value(text, hint, "x")


@given(st.text(), st.sampled_from([int, float, bool, tuple[int, ...]]))
def test_any_text_is_a_value_or_a_user_error(text, hint):
    try:
        value = parse_value(text, hint, "x")
    except UserError as error:
        assert re.match("x=.+: expected ", str(error))
    else:
        kind = hint if isinstance(hint, type) else tuple
        assert type(value) is kind


def test_the_end_of_a_path_is_enough():
    got = apply_overrides(
        PRESET,
        [
            "steps=3",
            "network.rate = 0.25",
            "optimizer.learning_rate=1",
            "hidden=(16,)",
            "steps=5",
        ],
    )
    assert (got.train.steps, got.network.rate) == (5, 0.25)
    assert got.network.optimizer.learning_rate == 1.0
    assert got.network.hidden == (16,)
    assert PRESET.train.steps == TrainConfig().steps


@pytest.mark.parametrize(
    "override, message",
    [
        ("steps", "^setting steps: expected name=value.$"),
        (
            "name=x",
            "^setting name: ambiguous, name one of network.name,"
            " network.optimizer.name, data.name.$",
        ),
        ("step=3", "^setting step: unknown. Did you mean 'train.steps'?"),
        ("network.widht=3", "Did you mean 'network.width'?"),
        ("train.learning_rate=1", "'network.optimizer.learning_rate'?"),
        ("lerning_rate=1", "'network.optimizer.learning_rate'?"),
        ("xyzzy=1", r"unknown\. Known: network.width, network.rate"),
        ("teps=1", "unknown"),  # not the end of "steps"
        ("network=1", "unknown"),
        ("=1", "unknown"),
        ("width=a", '^network.width="a": expected a whole number below'),
    ],
)
def test_overrides_that_say_nothing(override, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        apply_overrides(PRESET, [override])


@pytest.mark.parametrize(
    "override, expected",
    [
        ("steps=0", "train.steps=0: expected at least 1"),
        ("batch_size=-8", "train.batch_size=-8: expected at least 1"),
        ("steps_per_call=0", "train.steps_per_call=0: expected at least 1"),
        ("log_every=0", "train.log_every=0: expected at least 1"),
        ("evaluate_every=0", "train.evaluate_every=0: expected at least 1"),
        ("checkpoint_every=0", "train.checkpoint_every=0: expected at least 1"),
        ("keep_checkpoints=0", "train.keep_checkpoints=0: expected at least 1"),
        ("patience=-1", "train.patience=-1: expected 0 or more"),
        ("seed=-1", "train.seed=-1: expected 0 to"),
        ("seed=4294967296", "train.seed=4294967296: expected a whole number"),
        ("ema_decay=1", "train.ema_decay=1.0: expected 0 or more, below 1"),
    ],
)
def test_settings_out_of_bounds_are_named(override, expected):
    with pytest.raises(UserError, match=f"^{expected}"):
        apply_overrides(PRESET, [override])


@dataclasses.dataclass(frozen=True)
class Game:
    """Two players."""

    generator_optimizer: OptimizerConfig = OptimizerConfig()
    critic_optimizer: OptimizerConfig = OptimizerConfig()


@pytest.mark.parametrize(
    "setting, expected",
    [
        ("learning_rate=0.0", "above 0"),
        ("learning_rate=inf", "above 0"),
        ("epsilon=-1.0", "above 0"),
        ("beta_1=1.0", "0 or more, below 1"),
        ("momentum=1.5", "0 or more, below 1"),
        ("decay_start=2.0", "0 to 1"),
        ("clip_norm=-1.0", "0 or more"),
        ("warmup_steps=-1", "0 or more"),
    ],
)
@pytest.mark.parametrize(
    "preset, path",
    [
        (PRESET, "network.optimizer"),
        (Preset(Game(), DataConfig()), "network.critic_optimizer"),
    ],
)
def test_settings_out_of_bounds_are_those_of_their_player(
    preset, path, setting, expected
):
    typed = setting.replace("inf", "1e999")
    with pytest.raises(UserError) as error:
        apply_overrides(preset, [f"{path}.{typed}"])
    assert str(error.value) == f"{path}.{setting}: expected {expected}."


def test_a_setting_that_is_newer_than_the_file_has_its_default():
    values = json.loads(to_json(TrainConfig(steps=7)))
    del values["patience"]
    assert from_dict(TrainConfig, values) == TrainConfig(steps=7)


@dataclasses.dataclass(frozen=True)
class Needy:
    size: int
    width: int = 3


@pytest.mark.parametrize("values", [{"width": 3}, {"size": 1, "depth": 2}])
def test_json_of_another_version_is_refused(values):
    with pytest.raises(UserError, match=r"^(size: missing|depth: no such set)"):
        from_dict(Needy, values)


def test_the_size_of_an_example():
    assert DataSpec((4, 3, 2)).size == 24
