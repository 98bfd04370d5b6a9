import asyncio
import os
import shutil

import numpy as np
import pytest

from serving.batching import BatchingConfig
from serving.errors import RequestError
from serving.folder.model_configs import (
    ModelConfig,
    published,
    read_configs,
    write_configs,
)
from serving.folder.publish import promote, rollback
from serving.models import Models, State
from tfgen.errors import UserError

X = np.ones((1, 3), np.float32)


class Served:
    """Models of a folder, without a server."""

    def __init__(self, read_configs):
        self.models = Models(read_configs, BatchingConfig())

    def poll(self):
        """Returns version -> state."""
        asyncio.run(self.models.poll())
        states = self.models.status("toy").model_version_status
        return {s.version: State.Name(s.state) for s in states}

    def factor(self, **version):
        found = self.models.find("toy", **version)
        y = asyncio.run(found.predict("scale", {"x": X}))["y"]
        return y[0, 0]


@pytest.fixture
def served(tmp_path):
    served = Served(lambda: published(tmp_path))
    yield served
    served.models.close()


def test_versions_come_and_go(served, tmp_path, publish_factor):
    publish_factor(tmp_path, 2.0)
    assert served.poll() == {1: "AVAILABLE"}
    old = served.models.find("toy")
    publish_factor(tmp_path, 3.0)
    assert served.factor() == 2  # nothing changes before the next look
    assert served.poll() == {2: "AVAILABLE", 1: "AVAILABLE"}
    assert served.factor() == 3
    assert served.factor(label="stable") == served.factor(version=1) == 2
    assert served.factor(label="canary") == 2
    promote(tmp_path, "toy", 2)
    served.poll()
    assert served.factor(label="canary") == 3
    assert served.factor(label="stable") == 2
    promote(tmp_path, "toy", 2)
    publish_factor(tmp_path, 3.0, keep=2)
    assert served.poll() == {3: "AVAILABLE", 2: "AVAILABLE"}
    with pytest.raises(RequestError, match=r"Specific\(1\).*served: 2, 3"):
        served.factor(version=1)
    # Whoever has found a version may still use it.
    y = asyncio.run(old.predict("scale", {"x": X}))["y"]
    assert y[0, 0] == 2
    rollback(tmp_path, "toy")
    assert served.poll() == {2: "AVAILABLE"}


def test_publish_twice_promote_and_roll_back_twice(
    served, tmp_path, publish_factor, caplog
):
    def labels():
        served.poll()
        return served.factor(label="stable"), served.factor(label="canary")

    publish_factor(tmp_path, 2.0)
    assert labels() == (2, 2)
    publish_factor(tmp_path, 3.0)
    assert labels() == (2, 2)
    publish_factor(tmp_path, 3.0)
    assert labels() == (2, 2) and served.factor() == 3
    promote(tmp_path, "toy", 3)
    assert labels() == (2, 3)
    # One after the other, without a look in between.
    rollback(tmp_path, "toy")
    rollback(tmp_path, "toy")
    assert labels() == (2, 2) and served.factor() == 2
    assert served.poll() == {1: "AVAILABLE"}
    assert not caplog.records


def test_a_label_does_not_move_to_what_is_not_loaded(
    served, tmp_path, publish_factor
):
    """As TensorFlow Serving: nothing of such a config counts."""
    publish_factor(tmp_path, 2.0)
    served.poll()
    publish_factor(tmp_path, 3.0)
    promote(tmp_path, "toy", 2)
    for _ in range(2):
        with pytest.raises(UserError, match="toy moves label canary to"):
            served.poll()
    assert served.factor(label="canary") == served.factor() == 2
    rollback(tmp_path, "toy")
    publish_factor(tmp_path, 3.0)
    assert served.poll() == {3: "AVAILABLE", 1: "AVAILABLE"}
    promote(tmp_path, "toy", 3)
    served.poll()
    assert served.factor(label="canary") == 3


def test_a_broken_version_does_not_take_the_place_of_a_good_one(
    served, tmp_path, publish_factor
):
    publish_factor(tmp_path, 2.0)
    served.poll()
    publish_factor(tmp_path, 3.0)
    folder = tmp_path / "models" / "toy" / "2"
    (folder / "saved_model.pb").rename(folder / "away")
    configs = read_configs(tmp_path)
    del configs["toy"].model_version_policy.specific.versions[:]
    configs["toy"].model_version_policy.specific.versions.append(2)
    write_configs(tmp_path, configs)
    assert served.poll() == {2: "END", 1: "AVAILABLE"}
    (status,) = served.models.status("toy", 2).model_version_status
    assert "No such file or dir" in status.status.error_message
    assert served.factor() == 2
    # It is tried again when its folder has changed.
    (folder / "away").rename(folder / "saved_model.pb")
    assert served.poll() == {2: "AVAILABLE"}
    assert served.factor() == 3


@pytest.fixture
def base_path(tmp_path):
    """A folder of versions, whose newest is served."""
    config = ModelConfig(name="toy", base_path=str(tmp_path / "toy"))
    served = Served(lambda: {"toy": config})
    yield served, tmp_path / "toy"
    served.models.close()


def test_a_version_that_is_still_copied_is_tried_again(base_path, saved):
    served, base = base_path
    shutil.copytree(saved[2.0], base / "1")
    data = next((base / "1" / "variables").glob("*.data*"))
    content = data.read_bytes()
    data.unlink()
    assert served.poll() == {1: "END"}
    data.write_bytes(content[:-1])
    assert served.poll() == {1: "END"}
    # A copy takes the times of the original; the size tells.
    times = data.stat().st_atime_ns, data.stat().st_mtime_ns
    data.write_bytes(content)
    os.utime(data, ns=times)
    assert served.poll() == {1: "AVAILABLE"}
    assert served.factor() == 2


def test_what_has_not_changed_is_not_tried_again(base_path, saved, caplog):
    served, base = base_path
    shutil.copytree(saved[2.0], base / "1")
    (base / "1" / "saved_model.pb").write_bytes(b"none")
    for _ in range(2):
        assert served.poll() == {1: "END"}
    assert caplog.text.count("toy version 1: ") == 1


def test_a_folder_that_vanishes_does_not_end_the_look(saved, tmp_path):
    configs = {
        name: ModelConfig(name=name, base_path=str(tmp_path / name))
        for name in ("gone", "toy")
    }
    shutil.copytree(saved[2.0], tmp_path / "toy" / "1")
    (tmp_path / "gone").mkdir()
    # It is in the list of folders, and cannot be looked into.
    (tmp_path / "gone" / "1").symlink_to(tmp_path / "nowhere")
    served = Served(lambda: configs)
    assert served.poll() == {1: "AVAILABLE"}
    (status,) = served.models.status("gone").model_version_status
    assert State.Name(status.state) == "END"
    served.models.close()


@pytest.mark.parametrize(
    "policy, expected",
    [("", [3]), ("latest", [3, 2]), ("all", [3, 2, 1])],
)
def test_policies(saved, tmp_path, policy, expected):
    for version in (1, 2, 3):
        shutil.copytree(saved[2.0], tmp_path / str(version))
    config = ModelConfig(name="toy", base_path=str(tmp_path))
    if policy == "latest":
        config.model_version_policy.latest.num_versions = 2
    elif policy == "all":
        config.model_version_policy.all.SetInParent()
    served = Served(lambda: {"toy": config})
    assert list(served.poll()) == expected
    served.models.close()


def test_a_model_that_is_not_in_the_config_any_more(
    served, tmp_path, publish_factor
):
    publish_factor(tmp_path, 2.0)
    served.poll()
    (tmp_path / "models.config").write_text(
        'model_config_list { config { name: "other" base_path: "/none" } }'
    )
    with pytest.raises(RequestError, match="models served: other"):
        served.poll()
