import re

import numpy as np
import pytest

from export import zoo
from export.report import Report
from tests.export.in_process import in_process
from tfgen import registry
from tfgen.errors import UserError

SAVED_MODEL = Report("saved_model", 9000, {"decode": 1e-7}, 1e-4, 4.0)
GOOD = Report("float32", 1150, {"decode": 2e-6}, 1e-4, 1.0, weights=1000)
BAD = Report(
    "int8", weights=250, problem="not converted: no built-in operator for A | B"
)


def page(tmp_path, monkeypatch, export, **options):
    monkeypatch.setattr(zoo, "_export", export)
    path, said = tmp_path / "docs" / "exports.md", []
    zoo.export_zoo(path, say=said.append, **options)
    return path.read_text(), said


def test_every_model_has_its_rows(tmp_path, monkeypatch):
    text, said = page(
        tmp_path, monkeypatch, lambda *_: [SAVED_MODEL, GOOD, BAD]
    )
    assert set(re.findall(r"^\| (\w+) \|", text, re.M)) == {
        "model",
        *registry.MODELS,
    }
    assert "| gan | tiny | float32 | 1,150 | 1.15 | 2.0e-06 | 0.25 |  |" in text
    # A bar would end the cell.
    assert "| gan | tiny | int8 | - | - | - | - | not converted: no" in text
    assert r"A \| B |" in text
    presets = sum(len(e.presets) for e in registry.MODELS.values())
    assert len(said) == presets > text.count("| float32 |")
    assert re.fullmatch(rf"\[1/{len(said)}\] \w+ \w+: \d+ s", said[0])


def test_presets_whose_data_must_be_fetched(tmp_path, monkeypatch):
    """They are rows that say so, unless they are asked for."""
    text, _ = page(tmp_path, monkeypatch, lambda *_: [GOOD])
    for name, entry in registry.MODELS.items():
        for preset in entry.presets:
            assert f"| {name} | {preset} |" in text
    assert "| wgan | digits_clip | float32 |" in text
    assert "| bigan | digits_conv | float32 |" in text
    assert "| real_nvp | celeb_a | none |" in text
    assert "data `celeb_a` must be fetched; --all_presets" in text
    text, said = page(
        tmp_path, monkeypatch, lambda *_: [GOOD], all_presets=True
    )
    assert "must be fetched" not in text
    assert text.count("| float32 |") == len(said)


@pytest.mark.parametrize(
    "error, told",
    [
        (UserError("export: float32: error 1e-2"), "export: float32: error"),
        (ValueError("no shape\nat layer 3"), "ValueError: no shape"),
    ],
)
def test_one_that_fails_is_a_row(monkeypatch, error, told):
    def fail(*_):
        raise error

    monkeypatch.setattr(zoo, "export_model", fail)
    (row,) = zoo._export("gan", "tiny")
    assert row.artefact == "all"
    assert row.problem.startswith(told)
    assert "\n" not in row.problem


def test_weights_are_not_those_of_a_fresh_model(monkeypatch):
    """Whose biases are 0 (and whose couplings, in a flow, the identity)."""
    found = []
    monkeypatch.setattr(zoo, "export_model", lambda m, *_: found.append(m))
    zoo._export("gan", "tiny")
    weights = [v.numpy() for v in found[0].trainable_variables]
    assert len(weights) >= 4
    assert all(np.all(w != 0) for w in weights)


@pytest.mark.slow
def test_a_tiny_model(monkeypatch):
    monkeypatch.setattr(zoo, "QUANTIZATIONS", ("float32",))
    with in_process():
        reports = zoo._export("gan", "tiny")
    assert [r.artefact for r in reports] == ["saved_model", "float32"]
    assert all(r.error < 1e-4 and not r.problem for r in reports)
