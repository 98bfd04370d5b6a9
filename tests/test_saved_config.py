import dataclasses
import json

import pytest

from tfgen import saved_config
from tfgen.config import (
    DataSpec,
    Field,
    Preset,
    apply_overrides,
    from_dict,
    to_json,
)
from tfgen.errors import UserError
from tfgen.run import Run

PLANE = ("real_nvp", "tiny", "moons", ["num_examples=200"])


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """What `config.json` of a small run holds."""
    run = Run.start(tmp_path_factory.mktemp("run"), *PLANE)
    return json.loads(to_json(run.config))


def changed(values, path, value):
    """A copy with another value at a path, or without it."""
    copy = json.loads(json.dumps(values))
    *owners, name = path.split(".")
    owner = copy
    for part in owners:
        owner = owner[part]
    owner.pop(name, None)
    if value is not ...:
        owner[name] = value
    return copy


WHOLE = "expected a whole number below 2^32"
YES_NO = "expected true or false"
NUMBER = "expected a number"
# Path, value, what the error shows of it, what it says; on `--set` as well.
WRONG_VALUES = [
    ("train.steps", "abc", '"abc"', WHOLE),
    ("train.steps", 1.5, "1.5", WHOLE),
    ("train.steps", True, "true", WHOLE),
    ("train.steps", [4], "[…]", WHOLE),
    ("train.steps", {"a": 1}, "{…}", WHOLE),
    ("train.steps", 1e300, "1e+300", WHOLE),
    ("train.steps", 10**400, "1" + 59 * "0", WHOLE),
    ("train.steps", float("nan"), "NaN", WHOLE),
    ("train.steps", float("inf"), "Infinity", WHOLE),
    ("train.steps", 0, "0", "expected at least 1"),
    ("train.batch_size", True, "true", WHOLE),
    ("train.seed", -1, "-1", "expected 0 to 2^32 - 1"),
    ("train.ema_decay", "0.5x", '"0.5x"', NUMBER),
    ("train.ema_decay", float("nan"), "NaN", NUMBER),
    ("train.ema_decay", 10**400, "1" + 59 * "0", NUMBER),
    ("train.ema_decay", 1, "1.0", "expected 0 or more, below 1"),
    ("train.jit_compile", 2, "2", YES_NO),
    ("train.jit_compile", "yes", '"yes"', YES_NO),
    ("network.hidden", [8, "x"], '"x"', WHOLE),
    ("network.optimizer.name", "adm", '"adm"', "expected one of adam, sgd, "),
    ("network.optimizer.learning_rate", 0, "0.0", "expected above 0"),
]


@pytest.mark.parametrize("path, value, shown, expected", WRONG_VALUES)
def test_a_file_and_a_flag_take_the_same_values(
    tmp_path, values, path, value, shown, expected
):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed(values, path, value)))
    with pytest.raises(UserError) as error:
        saved_config.read(tmp_path)
    assert str(error.value).startswith(f"{file}: {path}={shown}: {expected}")

    file.write_text(json.dumps(values))
    run = saved_config.read(tmp_path)
    typed = ",".join(map(str, value)) if path == "network.hidden" else value
    with pytest.raises(UserError) as error:
        preset = Preset(run.network, run.data, run.train)
        apply_overrides(preset, [f"{path}={typed}"])
    assert str(error.value).startswith(f"{path}=")
    assert f": {expected}" in str(error.value)


# Path, value (… takes it out), what the error says.
WRONG_PARTS = [
    ("model", ..., "model=null: expected a text."),
    ("model", None, "model=null: expected a text."),
    ("model", 3, "model=3: expected a text."),
    ("model", ["gan"], "model=[…]: expected a text."),
    ("model", "x", "model=x: unknown. Known: aae, "),
    ("model", "real_nvq", "model=real_nvq: unknown. Did you mean 'real_nvp'?"),
    ("preset", "tny", "preset=tny: unknown. Did you mean 'tiny'?"),
    ("preset", None, "preset=null: expected a text."),
    ("train", None, "train: expected an object, {…}."),
    ("train", [], "train: expected an object, {…}."),
    ("train", 3, "train: expected an object, {…}."),
    ("train", ..., "train: missing."),
    ("network", None, "network: expected an object, {…}."),
    ("network.optimizer", 1, "network.optimizer: expected an object, {…}."),
    ("data", "moons", "data: expected an object, {…}."),
    ("data.name", None, "data.name=null: expected a text."),
    ("spec", ..., "spec: missing."),
    ("spec.shape", 2, "spec.shape=2: expected a list."),
    ("spec.shape", [2.5], f"spec.shape=2.5: {WHOLE}."),
    ("spec.shape", [-2], "spec.shape=-2: expected sizes of 1 or more."),
    ("spec.levels", -1, "spec.levels=-1: expected 0 or more."),
    ("spec.words", ["a"], "spec.words=[…]: expected a text."),
    ("train.speed", 1, "train.speed: no such setting in this version of"),
    ("seed", 1, "seed: no such setting in this version of tfgen;"),
]


@pytest.mark.parametrize("path, value, expected", WRONG_PARTS)
def test_parts_that_are_wrong_are_named(
    tmp_path, values, path, value, expected
):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed(values, path, value)))
    with pytest.raises(UserError) as error:
        Run.resume(tmp_path)
    assert str(error.value).startswith(f"{file}: {expected}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"", "not readable as JSON (Expecting value: "),
        (b"{", "not readable as JSON (Expecting property name "),
        (b"[]", "expected an object, {…}."),
        (b"{}", "model=null: expected a text."),
        (b"null", "expected an object, {…}."),
        (b"3", "expected an object, {…}."),
        (b"\xff\xfe\x00", "not readable as JSON ('utf-8' codec can't decode"),
        (b"\x00\x01\x02", "not readable as JSON (Expecting value: "),
        (b'{"a":' * 100_000, "not readable as JSON (nested too deeply)"),
        (b"[" * 100_000, "not readable as JSON (nested too deeply)"),
        (b"1" * 5000, "not readable as JSON (Exceeds the limit"),
        (
            b'{"model": "gan", "model": "wgan"}',
            "not readable as JSON ('model' is there twice)",
        ),
        (None, "not readable as JSON (Is a directory)"),
    ],
)
def test_files_that_hold_no_settings(tmp_path, content, expected):
    file = tmp_path / "config.json"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(UserError) as error:
        Run.resume(tmp_path)
    assert str(error.value).startswith(f"{file}: {expected}")
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def gan_values(tmp_path_factory):
    run = Run.start(tmp_path_factory.mktemp("gan"), "gan", "tiny")
    return json.loads(to_json(run.config))


STOP_AFTER = "network.generator_optimizer.stop_after"


def test_settings_of_older_versions_that_did_nothing(tmp_path, gan_values):
    older = changed(gan_values, "network.rectified", False)
    older = changed(older, STOP_AFTER, 0)
    older = changed(older, "network.gaussian_encoder", False)
    (tmp_path / "config.json").write_text(json.dumps(older))
    assert json.loads(to_json(saved_config.read(tmp_path))) == gan_values


@pytest.mark.parametrize(
    "path, value, expected",
    [
        (
            "network.rectified",
            True,
            "write discriminator_norm=true, leak=0 and",
        ),
        ("network.gaussian_encoder", True, "such a BiGAN is model ali now;"),
        (STOP_AFTER, 500, "a player's stage belongs to its model; use the ver"),
    ],
)
def test_settings_of_older_versions_that_did_something(
    tmp_path, gan_values, path, value, expected
):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed(gan_values, path, value)))
    with pytest.raises(UserError) as error:
        saved_config.read(tmp_path)
    assert str(error.value).startswith(
        f"{file}: {path}={json.dumps(value)}: this version of tfgen has no such"
        f" setting; {expected}"
    )


def test_half_a_file(tmp_path, values):
    file = tmp_path / "config.json"
    text = json.dumps(values)
    for length in range(1, len(text), 50):
        file.write_text(text[:length])
        with pytest.raises(UserError, match="^.*config.json: not readable as"):
            saved_config.read(tmp_path)


@pytest.mark.parametrize(
    "path, value, expected",
    [
        ("data.name", "moon", "data=moon: unknown. Did you mean 'moons'?"),
        ("data.num_examples", 3, "data.num_examples=3: expected at least 10."),
        ("spec.levels", 4, "spec.levels=4: expected 0, as the data have."),
    ],
)
def test_errors_of_the_data_name_the_file(
    tmp_path, values, path, value, expected
):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed(values, path, value)))
    run = Run.resume(tmp_path)
    with pytest.raises(UserError) as error:
        run.data
    assert str(error.value).startswith(f"{file}: {expected}")


def test_errors_of_the_model_name_the_file(tmp_path, values):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed(values, "network.couplings", 0)))
    run = Run.resume(tmp_path)
    with pytest.raises(UserError) as error:
        run.build_model()
    assert str(error.value) == (
        f"{file}: network.couplings=0: expected at least 1."
    )


def test_an_infinite_setting_is_out_of_bounds(tmp_path):
    run = Run.start(tmp_path, "ebgan", "tiny", None, ["margin=1e999"])
    with pytest.raises(UserError, match="^network.margin=inf: expected "):
        run.build_model()


def test_a_run_without_names_of_classes_and_fields_goes_on(tmp_path):
    """Older versions kept none of images; other names are other data."""
    run = Run.start(tmp_path, *PLANE)

    def named(*labels):
        spec = dataclasses.replace(run.config.spec, labels=labels)
        return dataclasses.replace(run.config, spec=spec)

    saved_config.check_same(named(), named("a", "b"), tmp_path)
    more = dataclasses.replace(run.config.spec, fields=(Field("y"),))
    more = dataclasses.replace(run.config, spec=more)
    saved_config.check_same(run.config, more, tmp_path)
    again = from_dict(DataSpec, json.loads(to_json(more.spec)))
    assert again == more.spec
    with pytest.raises(UserError, match=r"spec.labels=\('a', 'b'\), not"):
        saved_config.check_same(named("a", "b"), named("a", "c"), tmp_path)
