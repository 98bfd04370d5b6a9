"""A classifier of sentence pairs, as servers and devices see it."""

import json
import os
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from export.calls import to_array
from export.check.artefact import forbidden_operators
from export.check.errors import error_of
from tests.apps import command
from tfgen import capabilities
from tfgen.nli.encode import encode
from tfgen.nli.pairs import Pair
from tfgen.nli.text.tokenizer import tokenize
from tfgen.nli.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

PREMISES = ["A man sleeps.", "", "The dog isn't in 🐕 park", b"\xff dog"]
HYPOTHESES = ["The man's dog runs", "a\n", "a " * 10_000, "مرحبا"]


@pytest.fixture(scope="module")
def loaded(pairs):
    return tf.saved_model.load(str(pairs.saved_model)).signatures


def ids(exported, text):
    """The ids of training, [1, T]."""
    spec = exported.model.spec
    vocabulary = Vocabulary(spec.vocabulary)
    encoded, _ = encode([Pair(text, "")], tokenize, vocabulary, spec.max_length)
    return encoded.premise[0][None]


def test_rows(pairs):
    kinds = {"saved_model", "float32", "dynamic_range", "int8"}
    assert set(pairs.rows) == kinds
    for kind, row in pairs.rows.items():
        assert not row.problem, kind
        assert set(row.errors) >= {"classify_ids", "encode_ids"}
    assert set(pairs.rows["saved_model"].errors) >= {"classify", "encode"}
    assert max(pairs.rows["float32"].errors.values()) < 1e-4


def test_signatures_have_a_leading_batch_dimension(loaded):
    assert set(loaded) == {
        "serving_default",
        "classify",
        "classify_ids",
        "encode",
        "encode_ids",
    }
    for name in ("serving_default", "classify"):
        inputs = loaded[name].structured_input_signature[1]
        assert {n: s.dtype for n, s in inputs.items()} == {
            "premise": tf.string,
            "hypothesis": tf.string,
        }
    for signature in loaded.values():
        specs = [
            *signature.structured_input_signature[1].values(),
            *signature.structured_outputs.values(),
        ]
        assert all(s.shape.rank and s.shape[0] is None for s in specs)


def test_text_gives_what_ids_give(pairs, loaded):
    outputs = loaded["serving_default"](
        premise=tf.constant(PREMISES), hypothesis=tf.constant(HYPOTHESES)
    )
    outputs = {name: value.numpy() for name, value in outputs.items()}
    assert outputs["hypothesis_tokens"].shape == (4, 20)  # max_length
    vectors = loaded["encode"](sentence=tf.constant(PREMISES))["vector"]
    for i, texts in enumerate(zip(PREMISES, HYPOTHESES)):
        sides = [ids(pairs, text) for text in texts]
        expected = pairs.model.classify(*sides)
        assert outputs["label"][i] == expected["label"][0]
        name = pairs.model.spec.labels[outputs["label"][i]]
        assert outputs["label_name"][i] == name.encode()
        np.testing.assert_allclose(
            outputs["probabilities"][i], expected["probabilities"][0], atol=1e-6
        )
        np.testing.assert_allclose(
            vectors[i], pairs.model.encode(sides[0])[0], atol=1e-6
        )
        for side, text in zip(("premise", "hypothesis"), texts):
            tokens = tokenize(text)[:20] or ["<unk>"]
            row = outputs[f"{side}_tokens"][i].tolist()
            padding = [b""] * (len(row) - len(tokens))
            assert row == [t.encode() for t in tokens] + padding
            attention = outputs[f"{side}_attention"][i]
            assert not np.any(attention[len(tokens) :])
            np.testing.assert_allclose(
                attention[: len(tokens)],
                expected[f"{side}_attention"][0],
                atol=1e-6,
            )


def saved_model_cli(*arguments):
    """Runs TensorFlow's program here, and leaves none of its flags behind."""
    argv = ["saved_model_cli", *map(str, arguments)]
    with command.own_flags(), mock.patch.object(sys, "argv", argv):
        from tensorflow.python.tools import saved_model_cli as program

        with pytest.raises(SystemExit) as stopped:
            program.main()
    assert not stopped.value.code


def test_saved_model_cli_takes_strings(pairs, loaded, tmp_path):
    saved_model_cli(
        "run",
        "--dir",
        pairs.saved_model,
        "--tag_set=serve",
        "--signature_def=serving_default",
        "--input_exprs",
        'premise=["A man sleeps.","","été 🐕"];'
        'hypothesis=["The man isn\'t in the park.","runs","a man"]',
        "--outdir",
        tmp_path,
    )
    expected = loaded["serving_default"](
        premise=tf.constant(["A man sleeps.", "", "été 🐕"]),
        hypothesis=tf.constant(["The man isn't in the park.", "runs", "a man"]),
    )
    found = {p.stem: np.load(p, allow_pickle=True) for p in tmp_path.iterdir()}
    assert (
        error_of(
            {n: to_array(v) for n, v in found.items()},
            {n: to_array(v) for n, v in expected.items()},
        )
        < 1e-6
    )
    assert found["premise_tokens"][0].tolist() == [
        b"a",
        b"man",
        b"sleeps",
        b".",
    ]


# A program for a machine that has an interpreter and Python.
PROGRAM = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
import tokenizer

path, *texts = sys.argv[1:]
encode = tokenizer.TextEncoder(path)
premise, hypothesis = (np.array([encode(t)], np.int32) for t in texts)
classify = Interpreter(path).get_signature_runner("classify_ids")
outputs = classify(premise_ids=premise, hypothesis_ids=hypothesis)
assert not {"tensorflow", "tfgen", "keras"} & set(sys.modules)
print(json.dumps({name: v.tolist() for name, v in outputs.items()}))
"""


@pytest.mark.parametrize(
    "quantization, limit",
    [("float32", 1e-5), ("dynamic_range", 5e-2), ("int8", 5e-2)],
)
def test_a_device_without_tensorflow(pairs, quantization, limit):
    folder = pairs.tflite("float32").parent
    texts = "The DOG isn't in the park.", "été 1\xa01/2 🐕🐕"
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, f"{quantization}.tflite", *texts],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    got = json.loads(result.stdout)
    expected = pairs.model.classify(*(ids(pairs, text) for text in texts))
    assert set(got) == set(expected) - {"label"}
    for name, value in got.items():
        np.testing.assert_allclose(value, expected[name], atol=limit)


def test_tokenizer_needs_the_standard_library_alone(pairs):
    folder = pairs.tflite("float32").parent
    result = subprocess.run(
        # Isolated: no path of ours, and no installed packages.
        [sys.executable, "-I", "-S", "-B", folder / "tokenizer.py"]
        + [folder / "float32.tflite", "A man sleeps.", "zyzzyva", ""],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [list(map(int, s.split())) for s in result.stdout.splitlines()]
    assert lines == [[2, 3, 4, 5], [1], [1]]


def test_any_batch_and_any_lengths_on_a_device(pairs):
    path = pairs.tflite("float32")
    runner = Interpreter(str(path)).get_signature_runner("classify_ids")
    random = np.random.default_rng(0)
    for n, T_p, T_h in [(1, 14, 8), (3, 2, 40), (2, 1, 1), (1, 14, 8)]:
        rows = {
            "premise_ids": random.integers(1, 10, (n, T_p)).astype(np.int32),
            "hypothesis_ids": random.integers(1, 10, (n, T_h)).astype(np.int32),
        }
        expected = pairs.model.classify(*rows.values())
        for name, value in runner(**rows).items():
            np.testing.assert_allclose(value, expected[name], atol=1e-5)


def test_padding_changes_nothing_on_a_device(pairs):
    path = pairs.tflite("float32")
    runner = Interpreter(str(path)).get_signature_runner("classify_ids")
    pair = {
        "premise_ids": np.int32([[2, 3, 4]]),
        "hypothesis_ids": np.int32([[5, 6]]),
    }
    wide = {n: np.pad(v, ((0, 0), (0, 9))) for n, v in pair.items()}
    narrow, padded = runner(**pair), runner(**wide)
    for name, value in narrow.items():
        np.testing.assert_allclose(
            padded[name][:, : value.shape[1]], value, atol=1e-6
        )


@pytest.mark.parametrize("quantization", ["float32", "dynamic_range", "int8"])
def test_built_in_operators_alone(pairs, quantization):
    assert not forbidden_operators(pairs.tflite(quantization))


def test_what_is_packed_lies_next_to_it(pairs):
    folder = pairs.tflite("float32").parent
    assets = capabilities.assets(pairs.model)
    assert {name: (folder / name).read_bytes() for name in assets} == assets
    assert assets["labels.txt"] == b"entailment\nneutral\ncontradiction\n"
    lines = assets["vocabulary.txt"].decode().split("\n")
    assert lines[:4] == ["<pad>", "<unk>", "a", "man"]
    assert "1\xa01/2" in lines


def test_a_file_is_about_its_weights(pairs):
    """Weights are in it once, however many signatures there are."""
    weights = sum(v.numpy().nbytes for v in pairs.model.variables)
    assert 500_000 < weights
    for kind, size in (("float32", weights), ("dynamic_range", weights / 4)):
        assert size < pairs.rows[kind].bytes < size + 150_000, kind
