import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from serving.folder.publish import publish
from serving.servable import Servable
from tests.serving import toy
from tfgen.errors import UserError


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder of a version."""
    folder = tmp_path_factory.mktemp("published")
    toy.save(folder / "saved_model", 2.0)
    publish(folder / "saved_model", folder, "toy", toy.examples())
    return folder / "models" / "toy" / "1"


def cut(path):
    path.write_bytes(path.read_bytes()[:-3])


def flip(path):
    # The first byte: in the middle of a graph lie names that may be others.
    content = bytearray(path.read_bytes())
    content[0] ^= 4
    path.write_bytes(content)


def junk(path):
    path.write_bytes(b"\xff" * 300)


def folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [cut, flip, junk, folder])
@pytest.mark.parametrize(
    "name, expected",
    [
        ("saved_model.pb", "not the graph of a SavedModel ("),
        (
            "assets.extra/tf_serving_warmup_requests",
            "no requests to warm up with (",
        ),
    ],
)
def test_a_damaged_file_is_named(published, tmp_path, name, expected, damage):
    version = shutil.copytree(published, tmp_path / "1")
    damage(version / name)
    with pytest.raises(UserError) as error:
        Servable(version, "toy", 1)
    line = str(error.value)
    assert line.startswith(f"{version / name}: {expected}")
    assert "\n" not in line and "node" not in line


@pytest.mark.parametrize("damage", [cut, flip, junk, folder])
@pytest.mark.parametrize("part", ["index", "data-00000-of-00001"])
def test_damaged_variables_are_not_served(published, tmp_path, part, damage):
    version = shutil.copytree(published, tmp_path / "1")
    damage(version / "variables" / f"variables.{part}")
    with pytest.raises(UserError, match=f"^{version}: not a SavedModel"):
        Servable(version, "toy", 1)


def test_nothing_of_a_version_outlives_it(tmp_path):
    @tf.custom_gradient
    def doubled(x):
        return 2 * x, lambda dy: 2 * dy

    module = tf.Module()
    module.f = tf.function(
        lambda x: {"y": doubled(x)}, [tf.TensorSpec([None], name="x")]
    )
    tf.saved_model.save(module, str(tmp_path), module.f)
    before = set(ops.gradient_registry._registry)
    servable = Servable(tmp_path, "toy", 1)
    assert set(ops.gradient_registry._registry) == before
    x = np.arange(3, dtype=np.float32)
    assert servable.run("serving_default", {"x": x})["y"].tolist() == [0, 2, 4]
