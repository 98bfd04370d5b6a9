import dataclasses
from importlib.metadata import EntryPoint

import pytest

import tfgen
from tfgen import registry
from tfgen.config import Preset
from tfgen.errors import UserError, one_of


@pytest.mark.parametrize("name", registry.MODELS)
def test_what_is_read_is_what_the_module_has(name):
    entry = registry.get(name)
    module = entry.module()
    assert tuple(module.PRESETS) == entry.presets
    assert "tiny" in entry.presets
    assert dataclasses.is_dataclass(module.Config)
    for preset in module.PRESETS.values():
        assert isinstance(preset, Preset)
        assert type(preset.network) is module.Config
    assert entry.paper == module.PAPER
    # The paper's number is in the module's docstring.
    assert entry.paper.rpartition(" ")[2] in module.__doc__


GOOD = 'PAPER: str = "A 2026"\nPRESETS: dict = {"tiny": None}\n'


@pytest.mark.parametrize(
    "old, new, reason",
    [
        ("", "", ""),
        ("None}", "None, **more}", "PRESETS: expected a dict whose keys are"),
        ('"tiny"', "name", "PRESETS: expected a dict whose keys are texts"),
        ('{"tiny": None}', "make()", "PRESETS: expected a dict whose keys"),
        ("PRESETS", "OTHERS", "PRESETS: expected a dict whose keys are texts"),
        ('"A 2026"', 'f"A {year}"', "PAPER: expected a text, written out"),
        ("PAPER", "papers[0]", "PAPER: expected a text, written out"),
        ("None}", "None", "'{' was never closed"),
    ],
)
def test_a_plug_in_is_read_or_refused(tmp_path, monkeypatch, old, new, reason):
    (tmp_path / "own.py").write_text(GOOD.replace(old, new))
    monkeypatch.syspath_prepend(tmp_path)
    entry = registry.Entry("own", "plug-in")
    monkeypatch.setattr(registry, "MODELS", {"own": entry})
    if not reason:
        (row,) = tfgen.zoo()
        assert (row["paper"], row["presets"]) == ("A 2026", ("tiny",))
        return
    with pytest.raises(UserError) as error:
        tfgen.zoo()
    start = f"entry point own: cannot be read ({reason}"
    assert str(error.value).startswith(start)


def test_a_name_that_there_is_is_left_out_in_a_line(monkeypatch, caplog):
    points = [EntryPoint("gan", "a.b", ""), EntryPoint("mine", "a.b", "")]
    points.append(EntryPoint("mine", "a.c", ""))
    monkeypatch.setattr(
        registry.importlib.metadata, "entry_points", lambda group: points
    )
    found = registry._models()
    assert found.keys() == {*registry.MODELS, "mine"}
    assert found["gan"].module_name == "tfgen.models.games.gan"
    assert found["mine"].module_name == "a.b"
    assert caplog.messages == [
        "model=gan: entry point a.b is left out; tfgen.models.games.gan has"
        " the name.",
        "model=mine: entry point a.c is left out; a.b has the name.",
    ]


@pytest.mark.parametrize(
    "name, hint",
    [
        ("real_nvq", " Did you mean 'real_nvp'?"),
        ("RealNVP", ""),
        ("", ""),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name, hint):
    with pytest.raises(UserError) as error:
        registry.get(name)
    message = str(error.value)
    assert message.startswith(f"model={name}: unknown.{hint} Known: ")
    assert all(known in message for known in registry.MODELS)


def test_lookup_names_the_argument():
    assert one_of("data", "b", iter("abc")) == "b"
    with pytest.raises(UserError, match=r"^data=x: unknown. Known: a, b.$"):
        one_of("data", "x", ["a", "b"])
