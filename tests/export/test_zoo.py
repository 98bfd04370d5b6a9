import pathlib
import re

import numpy as np
import pytest
from export.table import Row

from export import zoo
from tfgen import registry
from tfgen.errors import UserError

SAVED_MODEL = Row("saved_model", 9000, {"decode": 1e-7}, 1e-4, 4.0)
GOOD = Row("float32", 1150, {"decode": 2e-6}, 1e-4, 1.0, weights=1000)
BAD = Row(
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
    table, _ = text.split("## Not tried")
    assert set(re.findall(r"^\| (\w+) \|", table, re.M)) == {
        "model",
        *registry.MODELS,
    }
    assert "| gan | tiny | float32 | 1,150 | 1.15 | 2.0e-06 | 0.25 |  |" in text
    # A bar would end the cell.
    assert "| gan | tiny | int8 | - | - | - | - | not converted: no" in text
    assert r"A \| B |" in text
    assert len(said) == text.count("| float32 |")
    assert re.fullmatch(rf"\[1/{len(said)}\] \w+ \w+: \d+ s", said[0])


def test_the_page_says_what_was_left_out(tmp_path, monkeypatch):
    """Each preset is in one of the two tables, by its data."""
    text, _ = page(tmp_path, monkeypatch, lambda *_: [GOOD])
    table, skipped = text.split("## Not tried")
    for name, entry in registry.MODELS.items():
        for preset in entry.presets:
            row = f"| {name} | {preset} |"
            assert (row in table) != (row in skipped), row
    assert "| wgan | digits_clip |" in table
    assert "| bigan | digits_conv |" in table
    assert "| real_nvp | celeb_a | `celeb_a` |" in skipped


def test_the_page_of_the_repository_has_every_model():
    text = (pathlib.Path(__file__).parents[2] / "docs/exports.md").read_text()
    for name in registry.MODELS:
        for artefact in ("saved_model", "float32"):
            assert f"| {name} | tiny | {artefact} |" in text, name


def test_all_presets(tmp_path, monkeypatch):
    text, said = page(
        tmp_path, monkeypatch, lambda *_: [GOOD], all_presets=True
    )
    assert len(said) == sum(len(e.presets) for e in registry.MODELS.values())
    assert "| real_nvp | celeb_a | float32 |" in text
    assert "Not tried" not in text


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
    """One whose layers Keras would make lists of tensors of."""
    monkeypatch.setattr(zoo, "QUANTIZATIONS", ("float32", "float16"))
    rows = {row.artefact: row for row in zoo._export("word_by_word", "tiny")}
    assert not rows["float32"].problem
    assert rows["float32"].errors[rows["float32"].worst] < 1e-4
    assert not rows["float16"].problem
