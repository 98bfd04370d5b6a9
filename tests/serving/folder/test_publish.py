import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

import serving.folder.publish as publish_lib
from export.calls import Call
from serving.folder.model_configs import read_configs, write_configs
from serving.folder.publish import (
    check_publishing,
    newest,
    promote,
    publish,
    rollback,
    summary,
)
from tfgen.errors import UserError

X = np.arange(3, dtype=np.float32)
WORD = np.array([b"a", "é".encode()])
EXAMPLES = [
    Call("scale", True, {"x": X}, {"y": X}),
    Call("name", False, {"word": WORD}, {"y": X}),
]


@pytest.fixture
def saved_model(tmp_path):
    folder = tmp_path / "saved_model"
    (folder / "variables").mkdir(parents=True)
    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    model.meta_graphs.add()
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    (folder / "variables" / "variables.index").write_bytes(b"weights")
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "serving"


def config_of(folder, name="toy"):
    """Served versions and labels, read as TensorFlow Serving does."""
    proto = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((folder / "models.config").read_text(), proto)
    (config,) = [c for c in proto.model_config_list.config if c.name == name]
    assert config.model_platform == "tensorflow"
    assert config.base_path == f"/serving/models/{name}"
    specific = config.model_version_policy.specific
    return list(specific.versions), dict(config.version_labels)


def on_disk(folder, name="toy"):
    return sorted(int(p.name) for p in (folder / "models" / name).iterdir())


def test_the_first_version_is_stable_and_canary(saved_model, folder):
    assert publish(saved_model, folder, "toy", EXAMPLES) == 1
    assert config_of(folder) == ([1], {"stable": 1, "canary": 1})
    version = folder / "models" / "toy" / "1"
    files = {p.relative_to(version).as_posix() for p in version.rglob("*.*")}
    assert {"saved_model.pb", "variables/variables.index"} <= files
    # What servers poll holds versions and nothing else.
    assert [p.name for p in (folder / "models").iterdir()] == ["toy"]


def accepted(config, loaded, labels):
    """Whether TensorFlow Serving takes a config, by its rule for labels.

    ServerCore::UpdateModelVersionLabelMap, with
    --allow_version_labels_for_unavailable_models: a label that exists moves to
    nothing but what is loaded.
    """
    _, wanted = config
    return all(
        version in {labels.get(label, version), *loaded}
        for label, version in wanted.items()
    )


def test_each_config_is_one_that_a_running_server_takes(saved_model, folder):
    loaded, labels = [], {}
    steps = "publish publish promote publish promote promote publish"
    for step in [*steps.split(), "rollback", "rollback"]:
        if step == "publish":
            publish(saved_model, folder, "toy", EXAMPLES)
        elif step == "promote":
            promote(folder, "toy", newest(folder, "toy"))
        else:
            rollback(folder, "toy")
        assert accepted(config_of(folder), loaded, labels), step
        loaded, labels = config_of(folder)
        assert set(labels.values()) <= set(loaded) <= set(on_disk(folder))


def test_labels_move_when_they_are_told_to(saved_model, folder):
    for _ in range(2):
        publish(saved_model, folder, "toy", EXAMPLES)
    assert config_of(folder) == ([1, 2], {"stable": 1, "canary": 1})
    promote(folder, "toy", 2)
    assert config_of(folder) == ([1, 2], {"stable": 1, "canary": 2})
    publish(saved_model, folder, "toy", EXAMPLES)
    assert config_of(folder) == ([1, 2, 3], {"stable": 1, "canary": 2})
    assert newest(folder, "toy") == 3
    promote(folder, "toy", 3)
    assert config_of(folder) == ([1, 2, 3], {"stable": 2, "canary": 3})
    promote(folder, "toy", 3)
    assert config_of(folder) == ([1, 2, 3], {"stable": 3, "canary": 3})
    assert summary(folder, "toy") == (
        "toy, versions 1, 2, 3; canary is 3, stable is 3"
    )


def test_so_many_versions_are_kept(saved_model, folder):
    for _ in range(5):
        publish(saved_model, folder, "toy", EXAMPLES, keep=3)
        promote(folder, "toy", newest(folder, "toy"))
    assert on_disk(folder) == config_of(folder)[0] == [3, 4, 5]
    publish(saved_model, folder, "toy", EXAMPLES, keep=1)
    # Versions with a label stay.
    assert on_disk(folder) == config_of(folder)[0] == [4, 5, 6]


def test_rollback(saved_model, folder):
    for _ in range(3):
        publish(saved_model, folder, "toy", EXAMPLES)
        promote(folder, "toy", newest(folder, "toy"))
    assert rollback(folder, "toy") == 2
    assert config_of(folder) == ([1, 2], {"stable": 2, "canary": 2})
    # A server with the old config still finds what it has labels for.
    assert on_disk(folder) == [1, 2, 3]
    assert rollback(folder, "toy") == 1
    assert config_of(folder) == ([1], {"stable": 1, "canary": 1})
    with pytest.raises(UserError, match="version 1 is the only one"):
        rollback(folder, "toy")
    assert config_of(folder) == ([1], {"stable": 1, "canary": 1})


def test_rollback_of_a_version_without_labels(saved_model, folder):
    for _ in range(2):
        publish(saved_model, folder, "toy", EXAMPLES)
    assert rollback(folder, "toy") == 1
    assert config_of(folder) == ([1], {"stable": 1, "canary": 1})


def test_a_number_is_never_given_twice(saved_model, folder):
    for _ in range(2):
        publish(saved_model, folder, "toy", EXAMPLES)
    rollback(folder, "toy")
    assert publish(saved_model, folder, "toy", EXAMPLES) == 3
    assert config_of(folder) == ([1, 3], {"stable": 1, "canary": 1})
    assert on_disk(folder) == [1, 3]


def test_what_was_never_served_is_never_gone_back_to(
    saved_model, folder, monkeypatch
):
    for _ in range(2):
        publish(saved_model, folder, "toy", EXAMPLES)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(publish_lib, "write_configs", killed)
        publish(saved_model, folder, "toy", EXAMPLES)
    assert on_disk(folder) == [1, 2, 3]
    assert config_of(folder)[0] == [1, 2]
    assert publish(saved_model, folder, "toy", EXAMPLES) == 4
    assert on_disk(folder) == config_of(folder)[0] == [1, 2, 4]
    assert rollback(folder, "toy") == 2


def test_models_share_a_folder(saved_model, folder):
    publish(saved_model, folder, "toy", EXAMPLES)
    publish(saved_model, folder, "other", EXAMPLES)
    publish(saved_model, folder, "toy", EXAMPLES)
    assert config_of(folder)[0] == [1, 2]
    assert config_of(folder, "other")[0] == [1]


def test_warmup_requests(saved_model, folder):
    publish(saved_model, folder, "toy", EXAMPLES)
    path = folder / "models/toy/1/assets.extra/tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]
    requests = [log.predict_log.request for log in logs]
    assert {r.model_spec.name for r in requests} == {"toy"}
    names = [r.model_spec.signature_name for r in requests]
    assert names == ["serving_default", "scale", "name"]
    for request in requests[:2]:
        x = tf.make_ndarray(request.inputs["x"])
        np.testing.assert_array_equal(x, X)
    word = tf.make_ndarray(requests[2].inputs["word"])
    assert word.tolist() == WORD.tolist()


def test_who_polls_never_sees_half_a_version(saved_model, folder):
    publish(saved_model, folder, "toy", EXAMPLES)
    stop, seen, missing = threading.Event(), set(), []

    def poll():
        while not stop.is_set():
            version = newest(folder, "toy")
            seen.add(version)
            served = folder / "models" / "toy" / str(version)
            for file in (
                "saved_model.pb",
                "assets.extra/tf_serving_warmup_requests",
            ):
                if not (served / file).stat().st_size:
                    missing.append(file)

    thread = threading.Thread(target=poll)
    thread.start()
    for _ in range(10):
        publish(saved_model, folder, "toy", EXAMPLES)
    stop.set()
    thread.join()
    assert not missing and len(seen) > 1


def test_a_failure_changes_nothing(saved_model, folder, monkeypatch):
    publish(saved_model, folder, "toy", EXAMPLES)
    before = sorted(folder.rglob("*")), config_of(folder)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish_lib, "write_warmup", fail)
    with pytest.raises(UserError, match=f"^cannot write {folder} .No space"):
        publish(saved_model, folder, "toy", EXAMPLES)
    assert (sorted(folder.rglob("*")), config_of(folder)) == before


@pytest.mark.parametrize(
    "function, error",
    [
        (
            "write_warmup",
            tf.errors.ResourceExhaustedError(
                None, None, "f; No space left on device"
            ),
        ),
        ("write_batching_params", OSError(28, "No space left on device")),
        ("_flush", OSError(28, "No space left on device")),
        (
            "write_configs",
            UserError("cannot write f (No space left on device)"),
        ),
        (
            "shutil.copytree",
            shutil.Error([("a", "b", "No space left on device")]),
        ),
        ("write_deployment", UserError("No space left on device")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_full_disk_publishes_nothing_half(
    saved_model, folder, monkeypatch, function, error
):
    publish(saved_model, folder, "toy", EXAMPLES)
    before = sorted(folder.rglob("*")), config_of(folder)

    def full(*_):
        raise error

    owner = publish_lib
    *parts, name = function.split(".")
    for part in parts:
        owner = getattr(owner, part)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, full)
        with pytest.raises(UserError, match=r"No space left on device") as seen:
            publish(saved_model, folder, "toy", EXAMPLES)
    assert "\n" not in str(seen.value)
    assert (sorted(folder.rglob("*")), config_of(folder)) == before
    assert publish(saved_model, folder, "toy", EXAMPLES) == 2


def test_a_config_that_is_not_written_leaves_the_old_one(
    saved_model, folder, monkeypatch
):
    publish(saved_model, folder, "toy", EXAMPLES)
    before = sorted(folder.rglob("*")), config_of(folder)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("serving.folder.model_configs.os.fsync", full)
    with pytest.raises(
        UserError, match="^cannot write .*/models.config .No sp"
    ):
        write_configs(folder, {})
    assert (sorted(folder.rglob("*")), config_of(folder)) == before


@pytest.mark.parametrize(
    "text, expected",
    [
        (None, r"not a ModelServerConfig \(Is a directory\)"),
        ("\xff\xfe", "not a ModelServerConfig"),
        ("model_config_list { config {", "not a ModelServerConfig"),
        ("custom_model_config {}", ".* .it has a custom_model_config"),
        (
            'model_config_list { config { name: "a" } config { name: "a" } }',
            ".* .a model is there twice",
        ),
        (
            'model_config_list { config { name: "toy" } }',
            "toy has no list of versions",
        ),
        (
            'model_config_list { config { name: "toy" model_version_policy'
            " { all {} } } }",
            "toy has no list of versions",
        ),
    ],
)
def test_a_config_of_others_is_left_alone(saved_model, folder, text, expected):
    publish(saved_model, folder, "toy", EXAMPLES)
    path = folder / "models.config"
    path.unlink()
    path.mkdir() if text is None else path.write_text(text, "latin-1")
    before = sorted(folder.rglob("*"))
    with pytest.raises(UserError, match=f"^{path}: {expected}") as error:
        publish(saved_model, folder, "toy", EXAMPLES)
    assert "\n" not in str(error.value)
    assert sorted(folder.rglob("*")) == before


def test_a_file_is_no_version(saved_model, folder):
    publish(saved_model, folder, "toy", EXAMPLES)
    (folder / "models" / "toy" / "7").write_text("notes")
    assert publish(saved_model, folder, "toy", EXAMPLES) == 8
    assert config_of(folder)[0] == [1, 8]
    assert (folder / "models" / "toy" / "7").read_text() == "notes"


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 99, b"\x08\x01"])
def test_a_graph_that_is_none(saved_model, folder, content):
    path = saved_model / "saved_model.pb"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(
        UserError, match="saved_model.pb: not the graph of a Sa"
    ):
        publish(saved_model, folder, "toy", EXAMPLES)
    assert not (folder / "models" / "toy").exists()
    assert not (folder / "models.config").exists()


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "é", "1a", "a" * 51])
def test_names_for_urls(saved_model, folder, name):
    with pytest.raises(UserError, match="publish_as="):
        publish(saved_model, folder, name, EXAMPLES)
    with pytest.raises(UserError, match="publish_as="):
        check_publishing(folder, name)
    assert not folder.exists()


def test_what_the_user_can_mend(saved_model, folder, tmp_path):
    with pytest.raises(UserError, match="keep=0"):
        publish(saved_model, folder, "toy", EXAMPLES, keep=0)
    with pytest.raises(UserError, match="rollback=toy: .* no model at all"):
        rollback(folder, "toy")
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match=f"^cannot write {file} .Not a dir"):
        check_publishing(file, "toy")
    publish(saved_model, folder, "toy", EXAMPLES)
    with pytest.raises(UserError, match="rollback=no: .* has toy"):
        rollback(folder, "no")
    with pytest.raises(UserError, match="promote=no: .* has toy"):
        newest(folder, "no")
    with pytest.raises(UserError, match="promote=toy: version 2 is not"):
        promote(folder, "toy", 2)
    configs = read_configs(folder)
    configs["toy"].model_version_policy.specific.Clear()
    write_configs(folder, configs)
    with pytest.raises(UserError, match="promote=toy: no version of it"):
        newest(folder, "toy")
    with pytest.raises(UserError, match="rollback=toy: publish another"):
        rollback(folder, "toy")
    (folder / "models.config").write_text("model_config_list { what }")
    with pytest.raises(UserError, match="not a ModelServerConfig"):
        publish(saved_model, folder, "toy", EXAMPLES)
