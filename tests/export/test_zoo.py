import re

import pytest

from export import zoo
from export.table import Row
from tfgen import registry
from tfgen.errors import UserError

GOOD = Row("float32", 1150, {"decode": 2e-6}, 1e-4, weights=1000)
BAD = Row(
    "int8", weights=250, problem="not converted: no built-in operator for A | B"
)


def page(tmp_path, monkeypatch, export, **options):
    monkeypatch.setattr(zoo, "_export", export)
    path, said = tmp_path / "docs" / "exports.md", []
    zoo.export_zoo(path, say=said.append, **options)
    return path.read_text(), said


def test_every_model_has_its_rows(tmp_path, monkeypatch):
    text, said = page(tmp_path, monkeypatch, lambda *_: [GOOD, BAD])
    assert set(re.findall(r"^\| (\w+) \|", text, re.M)) == {
        "model",
        *registry.MODELS,
    }
    assert "| gan | tiny | float32 | 1,150 | 1.15 | 2.0e-06 |  |" in text
    # A bar would end the cell.
    assert "| gan | tiny | int8 | - | - | - | not converted: no" in text
    assert r"A \| B |" in text
    assert "lsun" not in text
    assert len(said) == text.count("| float32 |")
    assert re.fullmatch(rf"\[1/{len(said)}\] \w+ \w+: \d+ s", said[0])


def test_all_presets(tmp_path, monkeypatch):
    _, some = page(tmp_path, monkeypatch, lambda *_: [])
    text, said = page(
        tmp_path, monkeypatch, lambda *_: [GOOD], all_presets=True
    )
    assert len(said) == sum(len(e.presets) for e in registry.MODELS.values())
    assert len(said) > len(some)
    assert "| real_nvp | celeb_a | float32 |" in text


def test_one_that_fails_is_a_row(monkeypatch):
    def fail(*_):
        raise UserError("export: float32: error 1e-2; nothing was exported.")

    monkeypatch.setattr(zoo, "export_model", fail)
    (row,) = zoo._export("gan", "tiny")
    assert row.artefact == "all"
    assert row.problem.startswith("export: float32: error")


@pytest.mark.slow
def test_a_tiny_model(monkeypatch):
    """One whose layers Keras would make lists of tensors of."""
    monkeypatch.setattr(zoo, "QUANTIZATIONS", ("float32", "float16"))
    rows = {row.artefact: row for row in zoo._export("word_by_word", "tiny")}
    assert not rows["float32"].problem
    assert rows["float32"].errors[rows["float32"].worst] < 1e-4
    assert not rows["float16"].problem
