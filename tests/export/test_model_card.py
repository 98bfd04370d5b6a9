import re
import types

import pytest
from ai_edge_litert.interpreter import Interpreter

from export import model_card
from export.table import Row
from tfgen.config import DataSpec

ROWS = [
    Row("saved_model", 900, {"log_prob": 1e-6}, 1e-4, 2.0),
    Row("int8", problem="costs 0.25 bits_per_dim, allowed 0.05"),
]


def test_without_a_file(tmp_path):
    model = types.SimpleNamespace(
        name="real_nvp", spec=DataSpec(shape=(8, 8, 1), levels=17)
    )
    facts = {
        "name": "real_nvp, digits",
        "data": "`digits`, seed 3.",
        "figures": {"bits_per_dim": 1.96949},
    }
    text = model_card.text(model, facts, ROWS, tmp_path / ".tflite")
    assert text.startswith("# real_nvp, digits\n")
    assert "`digits`, seed 3." in text
    assert "- bits_per_dim: 1.96949" in text
    assert "gray levels in [0, 17)" in text
    assert "no `int8` file: costs 0.25 bits_per_dim, allowed 0.05." in text
    assert "Kotlin" not in text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["toy", "pairs"])
def test_snippets_name_what_the_interpreter_knows(name, request):
    path = request.getfixturevalue(name).tflite("float32")
    text = (path.parent / "MODEL_CARD.md").read_text()
    assert path.name in text
    signatures = Interpreter(str(path)).get_signature_list()
    (kotlin,) = re.findall(r'runSignature\(inputs, outputs, "(\w+)"\)', text)
    (swift,) = re.findall(r'signatureRunner\(with: "(\w+)"\)', text)
    assert kotlin == swift
    ends = signatures[kotlin]
    for side in ("inputs", "outputs"):
        (line,) = re.findall(rf"val {side} = mapOf\((.*)\)", text)
        assert sorted(re.findall(r'"(\w+)" to', line)) == sorted(ends[side])
    for pattern, side in (
        (r'toInputNamed: "(\w+)"', "inputs"),
        (r'resizeInput\(named: "(\w+)"', "inputs"),
        (r'output\(named: "(\w+)"\)', "outputs"),
    ):
        assert sorted(re.findall(pattern, text)) == sorted(ends[side])


@pytest.mark.slow
def test_servers_get_it_too(toy):
    card = toy.saved_model / "assets.extra" / "MODEL_CARD.md"
    assert card.read_text().startswith("# real_nvp\n")
