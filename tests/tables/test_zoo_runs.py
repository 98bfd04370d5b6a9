from unittest import mock

import pytest

from tfgen import registry
from tfgen.errors import UserError
from tfgen.tables import zoo_runs


def test_each_model_has_a_run_of_data_that_are_here(tmp_path):
    found = zoo_runs.jobs(tmp_path, 5)
    left_out = {
        name
        for name, entry in registry.MODELS.items()
        if entry.family == "classifiers"
    }
    assert {name for _, name, _, _ in found} == {*registry.MODELS} - left_out
    for _, name, preset, _ in found:
        presets = registry.get(name).module().PRESETS
        assert presets[preset].data.built_in
        assert preset != "tiny" or [*presets] == ["tiny"], name


@pytest.mark.parametrize("name", ["none", "inner_attention"])
def test_names_that_are_not_there(name):
    with pytest.raises(UserError, match=f"^model={name}: expected one of"):
        zoo_runs.jobs("zoo", 5, [name])


@pytest.mark.parametrize("can, drawn", [(True, ["draw"]), (False, [])])
def test_a_brief_run(can, drawn, tmp_path):
    with mock.patch("tfgen.run.Run.start") as start:
        run = start.return_value
        run.model.can.return_value = can
        zoo_runs.run_of((str(tmp_path / "gan"), "gan", "tiny", 3))
    start.assert_called_once_with(
        str(tmp_path / "gan"), "gan", "tiny", None, ["train.steps=3"]
    )
    called = [name for name, _, _ in run.method_calls if "." not in name]
    assert called == ["train", *drawn, "evaluate"]


def test_a_run_that_is_there_is_kept(tmp_path):
    (tmp_path / "gan").mkdir()
    assert len(zoo_runs.jobs(tmp_path, 5, ["gan", "vae"])) == 2
    (tmp_path / "gan/evaluation.json").write_text("{}")
    ((_, name, _, _),) = zoo_runs.jobs(tmp_path, 5, ["gan", "vae"])
    assert name == "vae"


def test_the_others_go_on_where_one_fails(tmp_path):
    work = [(str(tmp_path / n), n, "tiny", 2) for n in ("gan", "tcl")]
    with mock.patch.object(zoo_runs, "run_of") as run_of:
        run_of.side_effect = [ValueError("bad"), None]
        assert [zoo_runs._tried(job) for job in work] == ["ValueError: bad", ""]
