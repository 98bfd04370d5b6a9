import json
import re
import types

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from export.check.runners import load_saved_model
from export.report import Report
from export.write import model_card
from tfgen.config import Column, DataSpec
from tfgen.model import Latent

ROWS = [
    Report("saved_model", 900, {"log_prob": 1e-6}, 1e-4, 2.0),
    Report("float16", 500, ranks=0.998, auroc={"noise": 0.99}),
    Report("int8", problem="costs 0.25 bits_per_dim, allowed 0.05"),
]


def described(**shapes):
    ends = {
        name: {"shape": shape, "type": "float32", "meaning": ""}
        for name, shape in shapes.items()
    }
    return {"inputs": ends, "outputs": {}}


def test_what_a_run_knows():
    model = types.SimpleNamespace(
        name="real_nvp",
        spec=DataSpec((8, 8, 1), 17, 2, labels=("ja", "nein")),
        dequantized=True,
        latents={"z": Latent((64,), "uniform")},
    )
    facts = {
        "name": "real_nvp on digits",
        "data": "`digits`, seed 3.",
        "elsewhere": "not on devices: sample (random numbers of seeds)",
        "figures": {
            "bits_per_dim": 1.96949,
            "bits_per_dim_two_std_errors": 0.0321,
        },
    }
    text = model_card.page(model, facts, ROWS, {"signatures": {}}, "")
    assert text.startswith("# real_nvp on digits\n")
    assert "averages over 10 draws of noise" in text
    assert "Latent `z`, [64]: the prior is uniform in (-1, 1).\n" in text
    assert "by AUROC noise 0.990; its rank correlation" in text
    assert "`digits`, seed 3." in text
    assert "- bits_per_dim: 1.96949 ± 0.032 (2 standard errors)\n" in text
    assert "gray levels in [0, 17)" in text
    assert "- Its labels, from 0 on: ja, nein.\n" in text
    line = "- Not on devices: sample (random numbers of seeds).\n"
    assert line in text
    assert "no `int8` file: costs 0.25 bits_per_dim, allowed 0.05." in text


def test_a_table_names_its_steps():
    columns = Column("rooms", step=1.0), Column("size")
    model = types.SimpleNamespace(
        name="real_nvp",
        spec=DataSpec((2,), columns=columns),
        dequantized=True,
        latents={},
        can=lambda name: True,
    )
    text = model_card.page(model, {}, [], {"signatures": {}}, "")
    assert "noise below their steps: rooms (1). `log_prob` takes" in text
    assert "`sample` gives columns of multiples on their steps" in text


@pytest.mark.parametrize(
    "others, signature, inputs, shape",
    [
        # A line holds few numbers.
        (
            {"decode": described(z=[-1, 2])},
            "decode",
            "--input='z=[[1.0, 1.0]]'",
            (2,),
        ),
        ({}, "serving_default", "--input=x=@x.npy", (8, 8, 1)),
        (
            {"encode_png": described(png_bytes=[-1])},
            "serving_default",
            "--input=x=@x.npy",
            (8, 8, 1),
        ),
    ],
)
def test_a_call_that_fits_a_line(others, signature, inputs, shape):
    signatures = {"serving_default": described(x=[-1, 8, 8, 1]), **others}
    text = model_card.call_server({"signatures": signatures}, "flow")
    assert f"--model=flow --signature={signature} {inputs}\n" in text
    assert ("request.json" in text) == ("@x.npy" in text)
    (given,) = re.findall(r"\((\s+\w+=tf[^`]*)\)\n", text)
    values = [*eval(f"dict({given})", {"tf": tf}).values()]
    assert [1, *shape] == [int(n) for n in values[0].shape]
    assert max(map(len, text.splitlines())) < 200


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
        (line,) = re.findall(rf"val {side} = mapOf<String, Any>\((.*)\)", text)
        assert sorted(re.findall(r'"(\w+)" to', line)) == sorted(ends[side])
    (given,) = re.findall(r"invoke\(with: \[(.*)\]\)", text)
    assert sorted(re.findall(r'"(\w+)":', given)) == sorted(ends["inputs"])
    assert re.search(r"TFLite's runtime \d+\.\d+\.\d+ or", text)
    (python,) = re.findall(r"^(import numpy.*?)```", text, re.M | re.S)
    names: dict = {"length": 5}
    exec(python.replace(path.name, str(path)), names)
    assert sorted(names["outputs"]) == sorted(ends["outputs"])
    for pattern, side in (
        (r'resizeInput\(named: "(\w+)"', "inputs"),
        (r'output\(named: "(\w+)"\)', "outputs"),
    ):
        assert sorted(re.findall(pattern, text)) == sorted(ends[side])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["toy", "pairs"])
def test_servers_have_a_card_of_their_own(name, request):
    """With all signatures, and a request that the SavedModel answers."""
    exported = request.getfixturevalue(name)
    card = exported.saved_model / "assets.extra" / "MODEL_CARD.md"
    text = card.read_text()
    assert "Interpreter" not in text and "folder `tflite`" in text
    call, signatures = load_saved_model(exported.saved_model)
    assert set(re.findall(r"^`(\w+)`:$", text, re.M)) == set(signatures)
    tensors = re.findall(
        r"^- (?:in|out)put `\w+`, \w+ \[.*\]: (.*)$", text, re.M
    )
    assert tensors and all(tensors)
    (body,) = re.findall(r"^curl -d '(.*)' http", text, re.M)
    body = json.loads(body)
    outputs = call(
        body["signature_name"],
        {n: _array(value) for n, value in body["inputs"].items()},
    )
    assert outputs and all(len(value) == 1 for value in outputs.values())
    (python,) = re.findall(r"^(import tensorflow.*?)```", text, re.M | re.S)
    names: dict = {}
    path = str(exported.saved_model)
    exec(re.sub(r"saved_model/\w+/VERSION", path, python), names)
    assert sorted(names["outputs"]) == sorted(outputs)
    inputs = dict(re.findall(r"--input='(\w+)=(.*?)'", text))
    assert {n: json.loads(v) for n, v in inputs.items()} == body["inputs"]


def _array(value):
    array = np.asarray(value)
    kinds = {"f": np.float32, "i": np.int32}
    return array.astype(kinds.get(array.dtype.kind, array.dtype))
