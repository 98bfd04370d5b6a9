from export.tolerances import QUANTIZATIONS, TOLERANCES


def test_float32_artefacts_must_match():
    for kind in ("saved_model", "float32"):
        assert TOLERANCES[kind].required
        assert TOLERANCES[kind].error == 1e-4


def test_quantizations():
    assert QUANTIZATIONS == ("float32", "float16", "dynamic_range")
    assert set(TOLERANCES) == {"saved_model", *QUANTIZATIONS}
