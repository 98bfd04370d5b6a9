import dataclasses

import pytest

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
