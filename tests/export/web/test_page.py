import hashlib
import json
import re

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export import calls
from export.run import export_run
from export.web import litert, page
from export.write.description import describe
from tests.apps import command
from tests.export.in_process import in_process
from tests.export.runs import run_of
from tests.export.web.pages import CARD, page_of
from tfgen import capabilities
from tfgen.errors import UserError
from tfgen.example_inputs import example_inputs


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run and its page, with files in the place of LiteRT.js."""
    files = {}
    for name in litert.NAMES:
        files[name] = tmp_path_factory.mktemp("npm") / name
        files[name].write_text(name)
    return page_of(files, tmp_path_factory.mktemp("page"))


def errors(folder, told):
    """Largest error of the page's file, by output."""
    interpreter = Interpreter(str(folder / "model.tflite"))
    for call in told["checks"]:
        runner = interpreter.get_signature_runner(call["signature"])
        inputs = {
            name: np.array(call["inputs"][name], detail["dtype"])[None]
            for name, detail in runner.get_input_details().items()
        }
        assert {n: list(a.shape) for n, a in inputs.items()} == {
            n: d["shape_signature"].tolist()
            for n, d in runner.get_input_details().items()
        }
        for name, value in runner(**inputs).items():
            right = np.array(call["outputs"][name])
            found = value[0][tuple(map(slice, right.shape))]
            size = np.abs(right)
            scale = np.maximum(max(1, size.max() / 100), size)
            yield np.max(np.abs(found - right) / scale)


def test_a_page_has_all_its_files(made):
    _, folder = made
    told = json.loads((folder / "page.json").read_text())
    found = {str(p.relative_to(folder)) for p in folder.rglob("*.*")}
    assert set(told["files"]) == found - {"page.json"}
    assert {f"litert/{name}" for name in litert.NAMES} < found
    for path in folder.iterdir():
        if path.suffix in (".js", ".html"):
            for name in re.findall(
                r"['\"]\./([\w/.-]+)['\"]", path.read_text()
            ):
                assert (folder / name).exists(), (path.name, name)
            assert "http" not in path.read_text().lower()


def test_a_page_says_what_the_model_is_and_can(made):
    run, folder = made
    told = json.loads((folder / "page.json").read_text())
    assert told["name"] == "ebgan on digits"
    assert told["figures"] == {"energy": 2.5}
    assert told["shape"] == [8, 8, 1] and told["levels"] == 17
    assert told["latents"]["z"]["prior"] == "normal"
    assert set(told["signatures"]) == {"energy", "reconstruct", "decode"}
    assert told["signatures"]["energy"]["inputs"]["x"]["shape"] == [1, 8, 8, 1]
    assert told["elsewhere"] == ["sample"]
    assert len(told["examples"]["x"]) == len(told["examples"]["label"]) == 16


def test_the_file_gives_the_models_numbers(made):
    _, folder = made
    told = json.loads((folder / "page.json").read_text())
    found = list(errors(folder, told))
    assert len(found) == 9  # three signatures, three rows
    assert max(found) < 1e-4


def test_percentiles_are_of_the_test_split(made):
    run, folder = made
    told = json.loads((folder / "page.json").read_text())
    (found,) = told["scores"].values()
    assert len(found) == 101 and found == sorted(found)
    x = np.float32(told["examples"]["x"])
    scores = run.model.energy(x).numpy()
    assert found[0] - 1e-3 <= scores.min() <= scores.max() <= found[-1] + 1e-3


@pytest.mark.slow
def test_sentences(tmp_path):
    run = run_of(tmp_path, "inner_attention")
    model = tmp_path / "model.tflite"
    with in_process():
        page._convert(run, model)
    checks = calls.compute(
        capabilities.signatures(run.model),
        lambda n, seed: example_inputs(run.model, n, seed),
    )
    told = page.about(run, CARD, describe(model, run.config.spec), checks)
    told = json.loads(json.dumps(told))
    assert max(errors(tmp_path, told)) < 1e-4
    text = told["text"]
    for row in told["examples"]["premise"]:
        assert set(row.split()) <= {*text["words"]}
    # Unknown words have one id, and a sentence has at least one.
    assert [1] in [ids for _, ids in text["checks"]]
    assert not any("\\1" in rule for _, rule in text["rules"])


@pytest.mark.slow
def test_a_run_is_exported_for_browsers(tmp_path, monkeypatch):
    known = {}
    for name, (path, _) in litert._FILES.items():
        file = tmp_path / "npm/node_modules/@litertjs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
        known[name] = path, hashlib.sha256(name.encode()).hexdigest()
    monkeypatch.setattr(litert, "_FILES", known)
    run = run_of(tmp_path / "run", "gan")
    monkeypatch.setattr("tfgen.run.Run.resume", lambda *_: run)
    with in_process():
        code, out, error = command.run_here(
            "apps.export",
            f"--workdir={tmp_path}/run",
            "--format=web",
            f"--litert={tmp_path}/npm",
        )
    assert code == 0, error
    page = tmp_path / "run/export/web/gan/1"
    assert out[-1] == f"{page}: python -m http.server --directory {page}"
    told = json.loads((page / "page.json").read_text())
    assert told["name"] == "gan on digits" and told["figures"] == {}
    assert all((page / name).is_file() for name in told["files"])
    assert (page / "litert/core.js").read_text() == "core.js"
    assert max(errors(page, told)) < 1e-4


def test_a_page_needs_the_float32_file():
    with pytest.raises(UserError, match="^format=web: the page runs float32;"):
        export_run(None, ["int8"], web=True)
