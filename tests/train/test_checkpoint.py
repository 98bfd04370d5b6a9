import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfgen.errors import UserError
from tfgen.files import remove_partials
from tfgen.train import checkpoint
from tfgen.train.checkpoint import Checkpoints, Progression

FILES = (
    "manifest.json",
    "state.json",
    "variables.index",
    "variables.data-00000-of-00001",
)


class Saved:
    """A weight and an optimizer's moment, and their checkpoints."""

    def __init__(self, directory, keep=3):
        self.weight = keras.Variable(np.zeros((2, 3), np.float32))
        self.moment = keras.Variable(np.zeros(4, np.float32))
        self.checkpoints = Checkpoints(
            directory, "last", keep, model=[self.weight], adam=[self.moment]
        )

    def set(self, value):
        self.weight.assign(np.full((2, 3), value))
        self.moment.assign(np.full(4, -value))

    def save(self, step):
        self.set(step)
        return self.checkpoints.save(step, {"step": step, "best": 0.5})

    def restored(self):
        """Returns the step of what is restored, or None."""
        self.set(np.nan)
        state = self.checkpoints.restore()
        if state is None:
            return None
        assert state == Progression(step=state.step, best=0.5)
        np.testing.assert_array_equal(self.weight, np.full((2, 3), state.step))
        np.testing.assert_array_equal(self.moment, np.full(4, -state.step))
        return state.step

    def steps(self):
        return [int(f.name[5:]) for f in self.checkpoints.folders()]


@pytest.fixture
def warnings(monkeypatch):
    """The warnings that are given, as lines."""
    lines = []
    monkeypatch.setattr(
        checkpoint.logging, "warning", lambda f, *a: lines.append(f % a)
    )
    return lines


def test_the_newest_are_kept_and_the_newest_is_restored(tmp_path, warnings):
    saved = Saved(tmp_path, keep=2)
    assert saved.restored() is None
    for step in (8, 9, 10, 100):
        saved.save(step)
    assert saved.steps() == [100, 10]
    assert Saved(tmp_path).restored() == 100
    assert not warnings


def test_kinds_do_not_meet(tmp_path):
    saved = Saved(tmp_path, keep=1)
    saved.save(5)
    best = Checkpoints(tmp_path, "best", 1, model=[saved.weight])
    best.save(3, {})
    assert saved.restored() == 5
    assert {p.name for p in tmp_path.iterdir()} == {
        "last-0000000005",
        "best-0000000003",
    }


def test_what_was_saved_last_is_the_newest(tmp_path):
    saved = Saved(tmp_path, keep=1)
    saved.save(8)
    saved.save(6)  # resumed from before step 8, with another interval
    assert saved.steps() == [6]
    assert saved.restored() == 6


def test_a_step_can_be_saved_again(tmp_path):
    saved = Saved(tmp_path)
    folder = saved.save(4)
    (folder / "state.json").write_text("{")
    saved.save(4)
    assert saved.restored() == 4


def remove(path):
    path.unlink()


def truncate(path):
    path.write_bytes(path.read_bytes()[:-2])


def empty(path):
    path.write_bytes(b"")


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage", [remove, truncate, empty, flip, replace_by_folder]
)
def test_damage_falls_back_and_says_so(tmp_path, warnings, name, damage):
    saved = Saved(tmp_path)
    saved.save(1)
    folder = saved.save(2)
    damage(folder / name)
    assert saved.restored() == 1
    (line,) = warnings
    assert line.startswith(f"{folder}: ") and "\n" not in line
    assert saved.checkpoints.latest == tmp_path / "last-0000000001"


def keep_all(folder):
    pass


def lose(name):
    return lambda folder: remove(folder / name)


@pytest.mark.parametrize(
    "harm",
    [
        keep_all,
        lose("state.json"),
        lose("variables.index"),
        lose("variables.data-00000-of-00001"),
        lambda folder: truncate(folder / "variables.data-00000-of-00001"),
    ],
)
@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        "{}",
        "null",
        "3",
        '"state.json"',
        '["state.json"]',
        '{"state.json": 1}',
        '{"../../etc/passwd": [1, 2]}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_a_manifest_that_is_none(tmp_path, warnings, manifest, harm):
    saved = Saved(tmp_path)
    saved.save(1)
    folder = saved.save(2)
    (folder / "manifest.json").write_text(manifest, "latin-1")
    harm(folder)
    assert saved.restored() == 1
    (line,) = warnings
    assert line.startswith(f"{folder}: manifest.json ") and "\n" not in line


def test_a_manifest_lists_nothing_outside(tmp_path, warnings):
    saved = Saved(tmp_path)
    saved.save(1)
    folder = saved.save(2)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["../last-0000000001/state.json"] = [26, 0]
    path.write_text(json.dumps(manifest))
    assert saved.restored() == 1
    assert "manifest.json does not list the checkpoint's files" in warnings[0]


@pytest.mark.parametrize(
    "state, expected",
    [
        ("[]", "expected an object"),
        ("null", "expected an object"),
        ("{}", "is of step 0"),
        ('{"step": 1}', "is of step 1"),
        ('{"step": "2"}', 'step="2": expected a whole number'),
        ('{"step": 2.5}', "step=2.5: expected a whole number"),
        ('{"step": true}', "step=true: expected a whole number"),
        ('{"step": 2, "best": null}', "best=null: expected a number"),
        ('{"step": 2, "best": NaN}', "best=NaN: expected a number"),
        ('{"step": 2, "stage": 1}', "stage: no such setting in this version"),
    ],
)
def test_a_state_of_another_version(tmp_path, warnings, state, expected):
    """Whole as its writer left it, so that its checksum says nothing."""
    saved = Saved(tmp_path)
    saved.save(1)
    folder = saved.save(2)
    (folder / "state.json").write_text(state)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["state.json"] = checkpoint._fingerprint(folder / "state.json")
    path.write_text(json.dumps(manifest))
    assert saved.restored() == 1
    (line,) = warnings
    assert line.startswith(f"{folder}: state.json") and expected in line


def test_weights_that_tensorflow_cannot_read(tmp_path, warnings):
    saved = Saved(tmp_path)
    saved.save(1)
    folder = saved.save(2)
    (folder / "variables.index").write_bytes(b"no table")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    index = folder / "variables.index"
    manifest[index.name] = checkpoint._fingerprint(index)
    path.write_text(json.dumps(manifest))
    assert saved.restored() == 1
    (line,) = warnings
    assert line.startswith(f"{folder}: ") and "\n" not in line


def test_a_copy_of_the_user_is_left_alone(tmp_path, warnings):
    saved = Saved(tmp_path, keep=1)
    copies = [tmp_path / f"last-0000000001{s}" for s in ("-old2", " (2)", "x9")]
    for copy in copies:
        shutil.copytree(saved.save(1), copy)
    saved.save(2)
    assert saved.restored() == 2
    assert all(copy.is_dir() for copy in copies)
    assert not warnings


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(FILES),
    place=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
def test_no_flipped_bit_goes_unseen(tmp_path, warnings, name, place, bit):
    shutil.rmtree(tmp_path, ignore_errors=True)
    saved = Saved(tmp_path)
    path = saved.save(2) / name
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path.write_bytes(content)
    # A space more or less in the manifest is no harm.
    assert saved.restored() in ((None, 2) if "manifest" in name else (None,))


def test_without_a_good_one_nothing_is_restored(tmp_path, warnings):
    saved = Saved(tmp_path)
    for step in (1, 2):
        truncate(saved.save(step) / "state.json")
    assert saved.restored() is None
    assert len(warnings) == 2


@pytest.mark.parametrize(
    "module, function, call",
    [
        (tf.train.Checkpoint, "write", 1),
        (checkpoint, "_fingerprint", 1),
        (checkpoint, "_fingerprint", 3),
        (checkpoint, "_flush", 1),
        (checkpoint, "_flush", 5),
        (checkpoint.pathlib.Path, "rename", 1),
    ],
)
def test_a_kill_leaves_the_checkpoint_before(
    tmp_path, monkeypatch, module, function, call
):
    """The folder as it is when the n-th call of a function returns."""
    saved = Saved(tmp_path / "now")
    saved.save(1)
    original, calls = getattr(module, function), []

    def copied(*args, **kwargs):
        result = original(*args, **kwargs)
        calls.append(args)
        if len(calls) == call:
            shutil.copytree(tmp_path / "now", tmp_path / "killed")
        return result

    monkeypatch.setattr(module, function, copied)
    saved.save(2)
    monkeypatch.undo()
    killed = Saved(tmp_path / "killed")
    assert killed.restored() == (2 if function == "rename" else 1)
    # What was left half-written is in nobody's way.
    killed.save(2)
    assert killed.restored() == 2
    assert killed.steps() == [2, 1]
    remove_partials(tmp_path / "killed")
    assert not list((tmp_path / "killed").glob("*partial*"))


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        tf.errors.ResourceExhaustedError(
            None,
            None,
            "{{function_node x}} /a/b; No space left on device [Op:SaveV2]",
        ),
    ],
    ids=["python", "tensorflow"],
)
def test_a_full_disk_changes_nothing(tmp_path, monkeypatch, error):
    saved = Saved(tmp_path)
    saved.save(1)

    def fail(self, path):
        pathlib.Path(path).with_name("half").write_text("x")
        raise error

    monkeypatch.setattr(tf.train.Checkpoint, "write", fail)
    with pytest.raises(UserError) as raised:
        saved.save(2)
    assert str(raised.value) == (
        f"cannot write {tmp_path / 'last-0000000002'} (No space left"
        " on device); mend that and run the same command again."
    )
    assert [p.name for p in tmp_path.iterdir()] == ["last-0000000001"]
    assert saved.restored() == 1


@pytest.mark.parametrize(
    "variables",
    [
        {"model": [np.zeros((3, 2))], "adam": [np.zeros(4)]},
        {"model": [np.zeros((2, 3)), np.zeros(1)], "adam": [np.zeros(4)]},
        {"model": [np.zeros((2, 3))], "sgd": [np.zeros(4)]},
    ],
    ids=["shape", "count", "name"],
)
def test_a_checkpoint_of_other_variables_is_refused(tmp_path, variables):
    folder = Saved(tmp_path).save(1)
    others = {
        name: [keras.Variable(v.astype(np.float32)) for v in values]
        for name, values in variables.items()
    }
    with pytest.raises(UserError) as raised:
        Checkpoints(tmp_path, "last", 1, **others).restore()
    line = f"workdir: {folder} belongs to another model or other settings"
    assert str(raised.value).startswith(line)
    assert "\n" not in str(raised.value)


def test_the_model_can_be_restored_without_the_optimizer(tmp_path):
    Saved(tmp_path).save(7)
    weight = keras.Variable(np.zeros((2, 3), np.float32))
    restored = Checkpoints(tmp_path, "last", 1, model=[weight])
    assert restored.restore().step == 7
    np.testing.assert_array_equal(weight, np.full((2, 3), 7.0))


def test_the_manifest_lists_every_other_file(tmp_path):
    folder = Saved(tmp_path).save(1)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {*manifest, "manifest.json"} == {p.name for p in folder.iterdir()}
    assert {*manifest, "manifest.json"} == set(FILES)
