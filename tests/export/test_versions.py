import numpy as np
import pytest

from export.calls import Call, write
from export.versions import newest_export, next_version
from tfgen.errors import UserError


def test_next_version(tmp_path):
    assert next_version(tmp_path / "missing") == 1
    for name in ("a/2", "a/10", "a/11.bak", "a/.partial", "b/12"):
        (tmp_path / name).mkdir(parents=True)
    assert next_version(tmp_path / "a") == 11
    assert next_version(tmp_path / "a", tmp_path / "b") == 13


def test_the_newest_export(tmp_path):
    with pytest.raises(
        UserError, match="saved_model/toy: has no version to pub"
    ):
        newest_export(tmp_path, "toy")
    for version in ("9", "10"):
        for part in ("checks", "saved_model"):
            (tmp_path / part / "toy" / version).mkdir(parents=True)
    write(
        tmp_path / "checks/toy/10/examples.npz",
        [Call("scale", True, {"x": np.ones(1)})],
    )
    saved_model, (found,) = newest_export(tmp_path, "toy")
    # The other one has no such file.
    assert saved_model == tmp_path / "saved_model/toy/10"
    assert found.signature == "scale"
