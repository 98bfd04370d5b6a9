import json
from types import SimpleNamespace

import pytest

from export import run
from export.run import export_run
from export.tolerances import QUANTIZATIONS
from tfgen.errors import UserError
from tfgen.run import Run


@pytest.mark.parametrize(
    "quantizations, max_error, message",
    [
        (["auto", "float16"], None, "quantize=auto: tries every kind"),
        (["float32"], 0.1, "max_error=0.1: expected .* with quantize=auto"),
        (["auto"], -1.0, "max_error=-1.0: expected more than 0"),
        (["foo"], None, "quantize=foo: unknown.* Known: .*int8_io, auto"),
    ],
)
def test_flags_that_do_not_fit(quantizations, max_error, message):
    with pytest.raises(UserError, match=message):
        export_run(None, quantizations, max_error=max_error)


def test_figures_of_a_card(tmp_path):
    path = tmp_path / "report.json"
    values = {
        "bits_per_dim": 1.97,
        "accuracy": {"value": 0.9, "low": 0.89, "high": 0.91},
        "confusion": [[1, 2], [3, 4]],
        "classes": {"neutral": {"f1": 0.8}},
    }
    path.write_text(json.dumps(values))
    assert run.figures_of(path) == {"bits_per_dim": 1.97, "accuracy": 0.9}


def test_png_files_have_the_background_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "export_model", lambda *given: given[-1])
    settings = ["data.background=black"]
    made = Run.start(tmp_path, "real_nvp", "tiny", "digits", settings)
    made.__dict__["model"] = None
    assert export_run(made, ["float32"]) == "black"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "Expecting value"),
        ('{"bits_per_dim": 1.9', "Expecting"),
        ("[" * 100_000, "nested too deeply"),
        ("[1.97]", "'list' object has no attribute"),
        ("null", "object has no attribute"),
        ('{"accuracy": {"value": "0.9"}}', 'accuracy="0.9": expected a number'),
        ('{"accuracy": {"value": null}}', "accuracy=null: expected a number"),
        ('{"nats": 1, "nats": 2}', "'nats' is there twice"),
        (None, "Is a directory"),
    ],
)
def test_a_damaged_evaluation_is_named(tmp_path, text, reason):
    path = tmp_path / "evaluation.json"
    path.mkdir() if text is None else path.write_text(text)
    made = Run.start(tmp_path, "real_nvp", "tiny", "moons")
    with pytest.raises(UserError) as error:
        export_run(made, ["float32"])
    line = str(error.value)
    assert line.startswith(f"{path}: no figures for the model card (")
    assert reason in line and "\n" not in line
    assert line.endswith("evaluate again, or remove the file.")
    assert not (tmp_path / "export").exists()


@pytest.mark.slow
def test_auto_measures_all_and_keeps_one(tmp_path):
    game = Run.start(tmp_path, "gan", "toy")
    game.__dict__["model"] = game.build_model()
    rows = export_run(game, ["auto"], "size")
    assert [row.artefact for row in rows] == ["saved_model", *QUANTIZATIONS]
    for row in rows:
        assert row.metric == "decode_error"
        assert row.score >= 0
        assert row.milliseconds > 0
        assert row.megabytes > 10
    # A reader of files, and no TensorFlow.
    assert all(row.megabytes < rows[0].megabytes / 2 for row in rows[1:])
    files = {p.name: p for p in (tmp_path / "export/tflite/gan/1").iterdir()}
    (best,) = (row for row in rows[1:] if not row.problem)
    assert set(files) == {f"{best.artefact}.tflite", "MODEL_CARD.md"}
    sizes = [row.bytes for row in rows[1:]]
    assert files[f"{best.artefact}.tflite"].stat().st_size == min(sizes)
    card = files["MODEL_CARD.md"].read_text()
    assert "# gan on grid_gaussians" in card and "`grid_gaussians`" in card
    table = tmp_path / "export/checks/gan/1/table.json"
    assert len(json.loads(table.read_text())) == len(rows)
    assert not list((tmp_path / "export").glob("**/work"))


def test_a_model_that_decodes_nothing_completes_nothing():
    model = SimpleNamespace(can=lambda name: False)
    other = SimpleNamespace(model=model, config=SimpleNamespace(model="rbm"))
    with pytest.raises(UserError, match="^complete: rbm decodes nothing; exp"):
        export_run(other, complete=True)
