import json
import zipfile

import pytest
from ai_edge_litert.interpreter import Interpreter

from export.write.description import _told, describe
from tfgen.config import DataSpec, Field
from tfgen.tensors import TENSORS

pytestmark = pytest.mark.slow


def packed(path):
    """What a program reads that has the file alone."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("description.json"))


def test_what_is_in_the_file(toy):
    path = toy.tflite("float32")
    found = packed(path)
    assert found == describe(path, toy.model.spec, toy.model.latents)
    assert found["signatures"]["encode"]["inputs"] == {
        "x": {
            "shape": [-1, 3],
            "type": "float32",
            "meaning": "examples, in the data's own unit",
        },
        "label": {
            "shape": [-1],
            "type": "int32",
            "meaning": "the class, 0 to 4",
        },
    }
    assert found["latents"] == {"z": {"shape": [3], "prior": "normal"}}
    assert set(found) == {"signatures", "latents"}


@pytest.mark.parametrize("name", ["toy", "pairs"])
def test_names_are_the_interpreters(name, request):
    path = request.getfixturevalue(name).tflite("float32")
    signatures = packed(path)["signatures"]
    told = {
        n: {k: list(v) for k, v in s.items()} for n, s in signatures.items()
    }
    listed = Interpreter(str(path)).get_signature_list()
    assert {
        n: {k: sorted(v) for k, v in s.items()} for n, s in told.items()
    } == {n: {k: sorted(v) for k, v in s.items()} for n, s in listed.items()}
    assert all(
        tensor["meaning"]
        for signature in signatures.values()
        for side in signature.values()
        for tensor in side.values()
    )


def test_names_that_a_model_or_the_data_gives():
    spec = DataSpec((3,), fields=(Field("sources", (5,)),))
    told = {n: _told(n, [-1, 5], "float32", spec) for n in ("slant", "sources")}
    assert told["slant"]["meaning"] == TENSORS["code_1"].meaning
    assert told["sources"]["meaning"] == "a field of the data, in its own unit"
    names = "small", "red"
    spec = DataSpec((3,), fields=(Field("attributes", (2,), names=names),))
    told = _told("attributes", [-1, 2], "float32", spec)
    meaning = TENSORS["attributes"].meaning
    assert told["meaning"] == f"{meaning}: small, red"
    assert told["names"] == ["small", "red"]


def test_gray_levels(digits):
    found = packed(digits.tflite("float32"))["signatures"]
    found = found["log_prob_with_noise"]
    assert found["inputs"]["x"]["range"] == [0, 17]
    assert found["inputs"]["x"]["shape"] == [-1, 8, 8, 1]
    assert found["outputs"]["log_prob"]["meaning"] == "log-density, in nats"


def test_sentences(pairs):
    path = pairs.tflite("dynamic_range")
    found = packed(path)
    assert found["labels"] == ["entailment", "neutral", "contradiction"]
    assert (found["lower"], found["max_length"]) == (True, 20)
    with zipfile.ZipFile(path) as archive:
        assert {found["vocabulary"], found["tokenizer"]} < set(
            archive.namelist()
        )
    outputs = found["signatures"]["classify_ids"]["outputs"]
    assert outputs["probabilities"]["range"] == [0, 1]
