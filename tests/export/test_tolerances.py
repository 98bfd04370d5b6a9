from export.tolerances import DEFAULT, QUANTIZATIONS, TOLERANCES


def test_float32_artefacts_must_match():
    for kind in ("saved_model", "float32"):
        assert TOLERANCES[kind].required
        assert TOLERANCES[kind].error == 1e-4


def test_quantizations():
    assert DEFAULT == ("float32", "float16", "dynamic_range")
    assert QUANTIZATIONS == (*DEFAULT, "int8", "int8_io")
    assert set(TOLERANCES) == {"saved_model", *QUANTIZATIONS}


def test_bytes_of_a_weight():
    sizes = [TOLERANCES[kind].weight_bytes for kind in QUANTIZATIONS]
    assert sizes == [4, 2, 1, 1, 1]
