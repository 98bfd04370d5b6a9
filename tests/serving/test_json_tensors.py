import base64
import json
import math
import time

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import RequestError
from serving.json_tensors import dump, parse
from serving.signatures import SignatureSpec

X = tf.TensorSpec((None, 2), tf.float32)
ONE = SignatureSpec("one", {"x": X}, {"y": X})
WORD = tf.TensorSpec((None,), tf.string)
COUNT = tf.TensorSpec((None,), tf.int32)
TWO = SignatureSpec("two", {"word": WORD, "count": COUNT}, {"y": X})
FLAG = SignatureSpec("flag", {"b": tf.TensorSpec((None,), tf.bool)}, {"y": X})
BYTES = SignatureSpec("bytes", {"b": WORD}, {"y": X})
SIGNATURES = {s.name: s for s in (ONE, TWO, FLAG, BYTES)}


def read(document, signature="one"):
    body = json.dumps({"signature_name": signature, **document}).encode()
    return parse(body, SIGNATURES.__getitem__)


def b64(content):
    return {"b64": base64.b64encode(content).decode()}


@pytest.mark.parametrize(
    "document, by_row",
    [
        ({"instances": [[1, 2], [3, 4.5]]}, True),
        ({"instances": [{"x": [1, 2]}, {"x": [3, 4.5]}]}, True),
        ({"inputs": [[1, 2], [3, 4.5]]}, False),
        ({"inputs": {"x": [[1, 2], [3, 4.5]]}}, False),
    ],
)
def test_a_single_input_may_go_without_its_name(document, by_row):
    signature, inputs, rows = read(document)
    assert (signature, rows) == (ONE, by_row)
    assert inputs["x"].dtype == np.float32
    assert inputs["x"].tolist() == [[1, 2], [3, 4.5]]


@pytest.mark.parametrize(
    "document",
    [
        {
            "instances": [
                {"word": "é", "count": 1},
                {"word": b64(b"\xff\0"), "count": -2},
            ]
        },
        {"inputs": {"word": ["é", b64(b"\xff\0")], "count": [1, -2]}},
    ],
)
def test_rows_and_columns_are_the_same(document):
    _, inputs, _ = read(document, "two")
    assert inputs["word"].tolist() == ["é".encode(), b"\xff\0"]
    assert inputs["count"].tolist() == [1, -2]
    assert inputs["count"].dtype == np.int32


def test_bytes_without_a_name():
    for document in ({"instances": [b64(b"a")]}, {"inputs": [b64(b"a")]}):
        assert read(document, "bytes")[1]["b"].tolist() == [b"a"]


@pytest.mark.parametrize(
    "document, signature, message",
    [
        ({}, "one", "either 'instances' or 'inputs'"),
        ({"inputs": [], "instances": []}, "one", "either"),
        ({"instances": []}, "one", "one row or more"),
        ({"instances": {"x": 1}}, "one", "one row or more"),
        ({"instances": [[1, 2], [3]]}, "one", "'x' is no array"),
        ({"instances": [{"x": [1, 2]}, {"z": 1}]}, "one", r"row 1 .*\['z'\]"),
        ({"inputs": {"z": [[1, 2]]}}, "one", r"\['z'\]; .* takes \['x'\]"),
        ({"instances": [{"x": [1, 2], "z": 1}]}, "one", r"\['x', 'z'\]"),
        ({"inputs": ["a"]}, "one", "'x' holds other values; .*float32"),
        ({"inputs": [[True, False]]}, "one", "other values"),
        ({"inputs": [[True, 2]]}, "one", "true or false among numbers"),
        ({"instances": [[1, 2], [0.5, False]]}, "one", "among numbers"),
        ({"inputs": [True, 2]}, "flag", "other values"),
        ({"inputs": [[None, 1]]}, "one", "other values"),
        ({"inputs": [[1e300, 1]]}, "one", "beyond its range"),
        ({"inputs": [["a"], ["b"]]}, "two", "several inputs: name them"),
        ({"inputs": {"word": ["a"], "count": [1.5]}}, "two", "'count' holds"),
        ({"inputs": {"word": ["a"], "count": [2**31]}}, "two", "range"),
        ({"inputs": {"word": ["a"], "count": [2**80]}}, "two", "other values"),
        ({"inputs": {"word": [1], "count": [1]}}, "two", "'word' holds other"),
        ({"inputs": {"word": [{"b64": "!"}], "count": [1]}}, "two", "base64"),
        ({"inputs": {"word": [{"b64": 1}], "count": [1]}}, "two", "base64"),
        ({"inputs": [["a"], "b"]}, "bytes", "lists that differ"),
        ({"inputs": [1]}, "flag", "other values"),
    ],
)
def test_what_is_wrong_is_said(document, signature, message):
    with pytest.raises(RequestError, match=message):
        read(document, signature)


@pytest.mark.parametrize(
    "body, message",
    [
        (b"", "JSON Parse error"),
        (b'{"inputs": [1', "JSON Parse error"),
        (b"[1]", "must be an object"),
        (b"\xff\xfe", "JSON Parse error"),
        (b"[" * 100_000, "JSON Parse error"),
        (b"NaN" + b"[" * 100_000, "JSON Parse error"),
        (b'{"signature_name": 1, "inputs": []}', "must be a string"),
    ],
)
def test_malformed_bodies(body, message):
    with pytest.raises(RequestError, match=message):
        parse(body, SIGNATURES.__getitem__)


def test_infinities_and_nan_go_both_ways():
    body = b'{"inputs": [[NaN, -Infinity]], "signature_name": "one"}'
    _, inputs, _ = parse(body, SIGNATURES.__getitem__)
    assert np.isnan(inputs["x"][0, 0]) and inputs["x"][0, 1] == -math.inf
    assert dump({"y": inputs["x"]}, False) == b'{"outputs": [[NaN, -Infinity]]}'


def test_the_short_name_of_infinity():
    both = SignatureSpec("both", {"word": WORD, "x": X}, {"y": X})
    body = rb'{"inputs": {"word": ["Inf\" Inf", "\\"], "x": [[-Inf, Inf]]}}'
    _, inputs, _ = parse(body, lambda name: both)
    assert inputs["word"].tolist() == [b'Inf" Inf', b"\\"]
    assert inputs["x"].tolist() == [[-math.inf, math.inf]]


def test_columns_that_nobody_asked_for_are_left_out():
    _, inputs, _ = read({"inputs": {"x": [[1, 2]], "z": ["a"]}})
    assert list(inputs) == ["x"]


def test_a_string_without_end_takes_no_time():
    body = b'{"inputs": Inf, "' + rb"\"" * 500_000
    begin = time.process_time()
    with pytest.raises(RequestError, match="JSON Parse error"):
        parse(body, SIGNATURES.__getitem__)
    assert time.process_time() - begin < 5


def test_answers():
    y = np.array([[1.5, 2], [3, 4]], np.float32)
    names = np.array([b"a", "é".encode()], object)
    files = np.array([b"\xff", b""], object)
    assert json.loads(dump({"y": y}, True)) == {"predictions": y.tolist()}
    assert json.loads(dump({"y": y}, False)) == {"outputs": y.tolist()}
    outputs = {"y": y, "name": names, "file_bytes": files}
    assert json.loads(dump(outputs, False)) == {
        "outputs": {
            "y": [[1.5, 2], [3, 4]],
            "name": ["a", "é"],
            "file_bytes": [{"b64": "/w=="}, {"b64": ""}],
        }
    }
    assert json.loads(dump(outputs, True)) == {
        "predictions": [
            {"y": [1.5, 2], "name": "a", "file_bytes": {"b64": "/w=="}},
            {"y": [3, 4], "name": "é", "file_bytes": {"b64": ""}},
        ]
    }


def test_answers_of_every_number_type():
    for dtype in ("float16", "float64", "int8", "uint64", "bool"):
        y = np.array([0, 1], dtype)
        answer = json.loads(dump({"y": y, "z": y[::-1]}, False))["outputs"]
        assert answer == {"y": y.tolist(), "z": y[::-1].tolist()}


def test_answers_without_rows():
    outputs = {"a": np.float32(1), "b": np.zeros(2)}
    with pytest.raises(RequestError, match="use 'inputs'"):
        dump({n: np.asarray(v) for n, v in outputs.items()}, True)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.just({"b64": "AA=="}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["x", "word", "count", "b64"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(
    value=JSON,
    key=st.sampled_from(["instances", "inputs"]),
    signature=st.sampled_from(list(SIGNATURES)),
)
def test_any_json_is_read_or_refused(value, key, signature):
    try:
        found, inputs, _ = read({key: value}, signature)
    except RequestError:
        return
    assert set(inputs) == set(found.inputs)
    for name, tensor in found.inputs.items():
        expected = tensor.dtype.as_numpy_dtype
        assert inputs[name].dtype == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    with pytest.raises(RequestError):
        parse(body, SIGNATURES.__getitem__)
