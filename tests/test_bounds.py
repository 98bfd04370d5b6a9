"""Bounds of settings, where settings are declared."""

import dataclasses
import math

import pytest

from tfgen import bounds, registry


@dataclasses.dataclass(frozen=True)
class Settings:
    layers: bounds.Count = 1
    draws: bounds.Several = 2
    blocks: bounds.CountOrNone = 0
    side: bounds.Odd = 3
    seed: bounds.Seed = 0
    l2: bounds.NotNegative = 0.0
    margin: bounds.Positive = 1.0
    start: bounds.Fraction = 0.0
    dropout: bounds.Share = 0.0
    alpha: bounds.PositiveShare = 0.5
    edges: bounds.Interval = (0.0, 1.0)
    hidden: bounds.Widths = (1,)
    shape: bounds.Sizes = ()
    anything: int = 0


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("layers", [1, 7], [0, -1]),
        ("draws", [2, 5], [1]),
        ("blocks", [0, 2], [-1]),
        ("side", [1, 5], [2]),
        ("seed", [0, 2**32 - 1], [-1, 2**32]),
        ("l2", [0.0, 3.0], [-0.1, math.inf, math.nan]),
        ("margin", [1e-9], [0.0, -1.0, math.inf]),
        ("start", [0.0, 1.0], [-0.1, 1.1]),
        ("dropout", [0.0, 0.9], [1.0, -0.1]),
        ("alpha", [0.1], [0.0, 1.0]),
        ("edges", [(-1.0, 0.0)], [(1.0, 1.0), (1.0,), (2.0, 1.0)]),
        ("hidden", [(1,), (3, 4)], [(), (3, 0)]),
        ("shape", [(), (1, 2)], [(0,)]),
        ("anything", [-1], []),
    ],
)
def test_bounds(name, right, wrong):
    for value in right:
        bounds.check(dataclasses.replace(Settings(), **{name: value}))
    for value in wrong:
        settings = dataclasses.replace(Settings(), **{name: value})
        with pytest.raises(bounds.SettingError, match=f"^of.{name}=.*: expect"):
            bounds.check(settings, "of.")


@pytest.mark.parametrize("model", registry.MODELS)
def test_presets_are_within_their_bounds(model):
    for preset in registry.get(model).module().PRESETS.values():
        assert bounds.check(preset.network) is None
