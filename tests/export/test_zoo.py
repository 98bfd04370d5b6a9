import re

import numpy as np
import pytest

from export import zoo
from tests.export.in_process import in_process
from tfgen import registry
from tfgen.errors import UserError


def page(tmp_path, monkeypatch, **options):
    """A page whose exports are asked for and not made."""
    monkeypatch.setattr(zoo, "_export", lambda *_: "exported")
    path, said = tmp_path / "docs" / "exports.md", []
    zoo.export_zoo(path, say=said.append, **options)
    sections = path.read_text().split("\n## ")[1:]
    found = dict(section.strip().split("\n\n") for section in sections)
    assert set(found) == {
        f"{name}, {preset}"
        for name, entry in registry.MODELS.items()
        for preset in entry.presets
    }
    assert len(said) == len(found)
    assert re.fullmatch(rf"\[1/{len(said)}\] \w+ \w+: \d+ s", said[0])
    return found


def test_presets_whose_data_must_be_fetched(tmp_path, monkeypatch):
    """The page says so, unless they are asked for."""
    found = page(tmp_path, monkeypatch)
    for preset in ("gan, tiny", "wgan, digits_clip", "bigan, digits_conv"):
        assert found[preset] == "exported"
    assert found["real_nvp, celeb_a"] == (
        "`celeb_a` must be fetched; all_presets=True tries it."
    )
    found = page(tmp_path, monkeypatch, all_presets=True)
    assert set(found.values()) == {"exported"}


@pytest.mark.parametrize(
    "error, told",
    [
        (UserError("export: float32: error 1e-2"), "export: float32: error"),
        (ValueError("no shape\nat layer 3"), "ValueError: no shape"),
    ],
)
def test_one_that_fails_is_a_line(monkeypatch, error, told):
    def fail(*_):
        raise error

    monkeypatch.setattr(registry.Entry, "build", fail)
    line = zoo._export("gan", "tiny")
    assert line.startswith(told) and "\n" not in line


@pytest.mark.slow
def test_a_tiny_model(monkeypatch):
    """Its weights are not those of a fresh one, whose biases are 0."""
    found, export_model = [], zoo.export_model

    def export(model, *arguments):
        found.extend(v.numpy() for v in model.trainable_variables)
        return export_model(model, *arguments)

    monkeypatch.setattr(zoo, "export_model", export)
    monkeypatch.setattr(zoo, "QUANTIZATIONS", ("float32",))
    with in_process():
        _, head, *rows, _ = zoo._export("gan", "tiny").splitlines()
    assert head.startswith("artefact")
    assert [row.split()[0] for row in rows] == ["saved_model", "float32"]
    assert "not shipped" not in "".join(rows)
    assert len(found) >= 4 and all(np.all(w != 0) for w in found)
