import hashlib
import json
import re
import shutil

import numpy as np
import pytest

from export import calls
from export import export as export_lib
from export.export import export_model
from tests.export.in_process import in_process
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Latent, Model
from tfgen.projection import Search


def tree(folder):
    """Path -> hash of every file, and None for every folder."""
    return {
        path.relative_to(folder).as_posix(): path.is_file()
        and hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
    }


@pytest.mark.slow
def test_layout(toy):
    files = {path for path, digest in tree(toy.directory).items() if digest}
    assert {f for f in files if not f.startswith("saved_model/flow/1/")} == {
        "checks/flow/1/examples.npz",
        "checks/flow/1/table.json",
        "tflite/flow/1/MODEL_CARD.md",
        "tflite/flow/1/float32.tflite",
        "tflite/flow/1/float16.tflite",
    }
    assert "saved_model/flow/1/saved_model.pb" in files
    # TensorFlow Serving takes everything in here for versions.
    assert [p.name for p in toy.path("saved_model").parent.iterdir()] == ["1"]
    assert {p.name for p in toy.directory.iterdir()} == {
        "checks",
        "saved_model",
        "tflite",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "toy"])
def test_reports(name, request):
    exported = request.getfixturevalue(name)
    table = json.loads((exported.path("checks") / "table.json").read_text())
    assert [row["artefact"] for row in table] == list(exported.rows)
    pictures = {"decode_png", "sample_png", "log_prob_with_noise"}
    pictures |= {"log_prob_png", "encode_png"}
    own = pictures if name == "digits" else set()
    assert set(exported.rows["saved_model"].errors) == own | {
        "serving_default",
        "log_prob",
        "encode",
        "decode",
        "sample",
    }
    for kind in ("saved_model", "float32"):
        row = exported.rows[kind]
        assert not row.problem
        assert max(row.errors.values()) < 1e-4
    if name == "digits":
        return
    # Half of the precision is seen, so that it is indeed another file.
    float16 = exported.rows["float16"]
    assert not float16.problem
    assert 1e-5 < max(float16.errors.values()) < 1e-2
    assert float16.bytes < exported.rows["float32"].bytes


@pytest.mark.slow
def test_an_optional_artefact_that_does_not_match_is_left_out(toy):
    row = toy.rows["dynamic_range"]
    assert row.problem == (
        f"error {row.errors[row.worst]:.1e} in {row.worst}, allowed 5.0e-02"
    )
    assert row.errors[row.worst] > row.allowed
    assert not toy.tflite("dynamic_range").exists()
    # Its neighbour matches.
    row = toy.rows["float16"]
    assert toy.tflite("float16").stat().st_size == row.bytes


@pytest.mark.slow
def test_a_wrong_export_fails_and_leaves_nothing_behind(
    toy, tmp_path, monkeypatch
):
    directory = tmp_path / "export"
    shutil.copytree(toy.directory, directory)
    before = tree(directory)
    compute = calls.compute

    def wrong(*arguments):
        examples = compute(*arguments)
        # One number of one output of one call.
        outputs = examples[-3].outputs
        outputs["z"] = outputs["z"].copy()
        outputs["z"][-1, -1] += 0.01
        return examples

    monkeypatch.setattr(calls, "compute", wrong)
    with in_process(), pytest.raises(UserError) as error:
        export_model(toy.model, directory, "flow", [])
    assert re.search("saved_model: error .* in encode, all", str(error.value))
    assert tree(directory) == before


@pytest.mark.slow
def test_the_next_version_leaves_the_earlier_ones_alone(toy, tmp_path):
    directory = tmp_path / "export"
    shutil.copytree(toy.directory, directory)
    before = tree(directory)
    # What another process writes in the meantime.
    other = directory / ".flow.0123.partial" / "saved_model"
    other.mkdir(parents=True)
    with in_process():
        (row,) = export_model(toy.model, directory, "flow", [])
    after = tree(directory)
    assert row.artefact == "saved_model" and not row.problem
    assert {p: d for p, d in after.items() if p in before} == before
    assert "saved_model/flow/2/saved_model.pb" in after
    assert "checks/flow/2/table.json" in after
    assert other.exists()
    shutil.rmtree(other.parent)
    after = tree(directory)
    assert not [p for p in after if p.startswith(("tflite/flow/2", "."))]


def test_a_failure_removes_the_folder_it_made(tmp_path, monkeypatch):
    asked = []

    def stopped(model, signatures, assets, folder, quantizations, *_):
        asked.extend(quantizations)
        raise KeyboardInterrupt

    monkeypatch.setattr(export_lib, "_write_and_check", stopped)
    # One that is named twice is written once.
    kinds = ["float32", "float16", "float32"]
    with pytest.raises(KeyboardInterrupt):
        export_model(Model(), tmp_path / "export", "flow", kinds)
    assert asked == ["float32", "float16"]
    assert not list(tmp_path.iterdir())


def test_what_is_not_compared_is_said(tmp_path, monkeypatch, capsys):
    class Decoder(Model):
        def __init__(self):
            super().__init__(spec=DataSpec((2,)))
            self.latents = {"z": Latent((2,))}

        def decode(self, z):
            return z

    monkeypatch.setattr(export_lib, "_write_and_check", lambda *_: 1 / 0)
    for search in (None, Search()):
        with pytest.raises(ZeroDivisionError):
            export_model(Decoder(), tmp_path / "export", "d", (), None, search)
    assert capsys.readouterr().err == (
        "complete, project: called in a fresh process, not compared; rounding"
        " may lead to another step of a search or of a column.\n"
    )


def test_unknown_quantization(tmp_path):
    message = r"quantize=float61: unknown\. Did you mean 'float16'\?"
    with pytest.raises(UserError, match=message):
        export_model(Model(), tmp_path / "export", "flow", ["float61"])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match=r"file/export: cannot write .*Not a d"):
        export_model(Model(), file / "export", "flow")
    assert np.array_equal(list(tmp_path.iterdir()), [file])
