import pytest

from export.tolerances import QUANTIZATIONS, TOLERANCES, allowed


@pytest.mark.parametrize(
    "kind, rounding, error",
    [
        ("float32", 1e-7, 1e-4),  # stable: the tolerance
        ("float32", 1e-4, 4e-4),  # amplified: four times as much
        ("saved_model", 1e-4, 4e-4),
        ("float16", 1e-4, 1e-2),
        ("float32", 1.0, 1e-2),  # broken: nothing excuses it
        ("dynamic_range", 1.0, 5e-2),
    ],
)
def test_allowed(kind, rounding, error):
    assert allowed(kind, rounding) == pytest.approx(error)


def test_quantizations():
    assert QUANTIZATIONS == ("float32", "float16", "dynamic_range")
    assert set(TOLERANCES) == {"saved_model", *QUANTIZATIONS}
