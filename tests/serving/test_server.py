import contextlib
import gzip
import json
import re
import socket
import threading
import time
import urllib.parse

import grpc
import numpy as np
import pytest
import tensorflow as tf
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export.publish import rollback
from tests.serving.conftest import Server

POOL = urllib3.PoolManager(retries=False, maxsize=8)


def ask(server, path, body=None, method=None):
    """Returns status and JSON."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    response = POOL.request(
        method or ("GET" if body is None else "POST"),
        server.url + path,
        body=body,
        timeout=60,
    )
    return response.status, response.json()


@contextlib.contextmanager
def channel(server):
    with grpc.insecure_channel(server.target) as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(server):
    with channel(server) as c:
        yield prediction_service_pb2_grpc.PredictionServiceStub(c)


def predict_request(
    signature="", model="toy", version=None, label="", **inputs
):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label:
        request.model_spec.version_label = label
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


X = [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    "path, factor",
    [("", 3), ("/versions/1", 2), ("/labels/stable", 2), ("/labels/canary", 3)],
)
def test_rest_predict(server, path, factor):
    status, answer = ask(
        server, f"/v1/models/toy{path}:predict", {"instances": X}
    )
    assert status == 200
    assert answer == {"predictions": [[factor * v for v in X[0]]]}


def test_rest_rows_columns_and_bytes(server):
    rows = [{"number": 1, "word": "a"}, {"number": 2, "word": "é"}]
    body = {"signature_name": "text", "instances": rows}
    _, answer = ask(server, "/v1/models/toy:predict", body)
    first, second = answer["predictions"]
    assert (second["both"], second["twice"]) == ("é2", 4)
    assert first["png_bytes"]["b64"].startswith("iVBORw0KGgo")
    columns = {"number": [1, 2], "word": ["a", "é"]}
    body = {"signature_name": "text", "inputs": columns}
    _, answer = ask(server, "/v1/models/toy:predict", body)
    assert answer["outputs"]["both"] == ["a1", "é2"]


def test_rest_status(server):
    def version(number):
        return {
            "version": number,
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }

    status, answer = ask(server, "/v1/models/toy")
    assert status == 200
    assert answer == {"model_version_status": [version("2"), version("1")]}
    _, answer = ask(server, "/v1/models/toy/labels/stable")
    assert answer == {"model_version_status": [version("1")]}


def test_rest_metadata(server):
    status, answer = ask(server, "/v1/models/toy/versions/1/metadata")
    assert status == 200
    assert answer["model_spec"]["version"] == "1"
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    assert set(signatures) == {
        "serving_default",
        "scale",
        "text",
        "ids",
        "divide",
    }
    x = signatures["scale"]["inputs"]["x"]
    assert x["dtype"] == "DT_FLOAT"
    assert [d["size"] for d in x["tensor_shape"]["dim"]] == ["-1", "3"]


@pytest.mark.parametrize(
    "path, body, status, message",
    [
        ("toy:predict", b'{"instances": [', 400, "JSON Parse error"),
        ("toy:predict", {"instances": [[1, 2]]}, 400, r"\[1, 2\].*\[\?, 3\]"),
        ("toy:predict", {"instances": [["a", 1, 2]]}, 400, "float32"),
        (
            "toy:predict",
            {"signature_name": "no", "instances": X},
            400,
            "'no' not found .*known: divide, ids",
        ),
        (
            "toy:predict",
            {
                "signature_name": "text",
                "inputs": {"number": [1], "word": ["a", "b"]},
            },
            400,
            "number of rows",
        ),
        (
            "toy:predict",
            {"signature_name": "divide", "instances": [-1]},
            400,
            "'divide' failed: .*",
        ),
        ("toy:classify", {"examples": []}, 400, "use :predict"),
        ("no:predict", {"instances": X}, 404, r"Latest\(no\).*served: toy"),
        ("toy/versions/9:predict", {"instances": X}, 404, "served: 1, 2"),
        ("toy/labels/no:predict", {"instances": X}, 404, "canary, stable"),
        ("toy/versions/x:predict", {"instances": X}, 404, "Malformed request"),
        ("toy/versions/9", None, 404, "version 9"),
        ("toy:predict", None, 405, "use POST"),
        ("toy", {"instances": X}, 405, "use GET"),
        ("toy:predict", b" " * (1 << 21), 413, "size"),
    ],
)
def test_rest_errors(server, path, body, status, message):
    found, answer = ask(server, f"/v1/models/{path}", body)
    assert found == status
    assert set(answer) == {"error"}
    assert re.search(message, answer["error"]), answer


def connect(server):
    url = urllib.parse.urlsplit(server.url)
    return socket.create_connection((url.hostname, url.port), timeout=30)


HEAD = b"POST /v1/models/toy:predict HTTP/1.1\r\nHost: x\r\n"


def test_100_mb_are_refused_without_being_read(server):
    with connect(server) as client:
        client.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_100_mb_without_a_length_are_refused(server):
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with connect(server) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):  # it may hang up on us
            for _ in range(20):
                client.sendall(chunk)
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_gzip(server):
    def status(body):
        path = "/v1/models/toy:predict"
        response = POOL.request(
            "POST",
            server.url + path,
            body=body,
            headers={"Content-Encoding": "gzip"},
        )
        return response.status, response.json()

    body = json.dumps({"instances": X}).encode()
    assert status(gzip.compress(body)) == (200, {"predictions": [[3, 6, 9]]})
    code, answer = status(b"no gzip")
    assert code == 400 and "the body cannot be read" in answer["error"]
    # 16 MB in 16 kB.
    code, answer = status(gzip.compress(b" " * (1 << 24)))
    assert code == 413 and "size" in answer["error"]


@pytest.mark.parametrize(
    "begin, end",
    [
        (HEAD + b"Content-Length: 9\r\n\r\n{", b"HTTP/1.1 408 "),
        (HEAD, b""),
        (b"", b""),
    ],
)
def test_slow_clients_are_hung_up_on(server, begin, end):
    before = time.monotonic()
    with connect(server) as client:
        client.sendall(begin)
        assert client.recv(100).startswith(end)
        while client.recv(1000):
            pass
    assert time.monotonic() - before < 20


def test_grpc_predict(stub):
    response = stub.Predict(predict_request(x=np.float32(X)))
    assert response.model_spec.version.value == 2
    assert response.model_spec.signature_name == "serving_default"
    assert tf.make_ndarray(response.outputs["y"]).tolist() == [[3, 6, 9]]
    request = predict_request("text", number=[1, 2], word=["a", "b"])
    request.output_filter.append("both")
    outputs = stub.Predict(request).outputs
    assert set(outputs) == {"both"}
    assert tf.make_ndarray(outputs["both"]).tolist() == [b"a1", b"b2"]


def test_grpc_metadata_and_status(server, stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=["signature_def"]
    )
    request.model_spec.name = "toy"
    response = stub.GetModelMetadata(request)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    assert list(found.signature_def["scale"].inputs) == ["x"]
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "toy"
    with channel(server) as c:
        models = model_service_pb2_grpc.ModelServiceStub(c)
        versions = models.GetModelStatus(request).model_version_status
    assert [(v.version, v.state) for v in versions] == [(2, 30), (1, 30)]


def huge():
    request = predict_request()
    proto = tensor_pb2.TensorProto(dtype=1, float_val=[1])
    proto.tensor_shape.dim.add(size=1 << 40)
    proto.tensor_shape.dim.add(size=3)
    request.inputs["x"].CopyFrom(proto)
    return request


def cut():
    request = predict_request(x=np.float32(X))
    request.inputs["x"].tensor_content = b"123"
    return request


def filtered():
    request = predict_request(x=np.float32(X))
    request.output_filter.append("z")
    return request


@pytest.mark.parametrize(
    "request_of, code, message",
    [
        (lambda: predict_request(model="no"), "NOT_FOUND", "served: toy"),
        (lambda: predict_request(version=9), "NOT_FOUND", "served: 1, 2"),
        (lambda: predict_request(label="no"), "NOT_FOUND", "canary, stable"),
        (lambda: predict_request(model=""), "INVALID_ARGUMENT", "name"),
        (lambda: predict_request("no"), "INVALID_ARGUMENT", "known: divide"),
        (lambda: predict_request(), "INVALID_ARGUMENT", "takes x"),
        (lambda: predict_request(x=[1.0]), "INVALID_ARGUMENT", "shape"),
        (lambda: predict_request(x=[[1, 2, 3]]), "INVALID_ARGUMENT", "int32"),
        (
            lambda: predict_request(x=np.zeros([0, 3], np.float32)),
            "INVALID_ARGUMENT",
            "empty",
        ),
        (huge, "INVALID_ARGUMENT", "1099511627776"),
        (cut, "INVALID_ARGUMENT", "whole tensor"),
        (filtered, "INVALID_ARGUMENT", "output_filter"),
        (
            lambda: predict_request(x=np.zeros([1 << 17, 3], np.float32)),
            "RESOURCE_EXHAUSTED",
            "larger than max",
        ),
    ],
)
def test_grpc_errors(stub, request_of, code, message):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request_of())
    assert caught.value.code().name == code
    assert message in caught.value.details()


def test_grpc_methods_that_are_not_there(stub):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Classify(classification_pb2.ClassificationRequest())
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


TOKENS = [
    b'{"instances": [[1, 2, 3]]}',
    b'{"inputs":',
    b"POST /v1/models/toy:predict HTTP/1.1\r\n",
    b"Content-Length: 26\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"\r\n",
    b"\0\xff",
]


@given(st.lists(st.sampled_from(TOKENS) | st.binary(max_size=9), max_size=6))
def test_the_server_survives_any_bytes(server, parts):
    with connect(server) as client:
        client.sendall(b"".join(parts))
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            client.recv(100)
    body = {"instances": X}
    assert ask(server, "/v1/models/toy:predict", body)[0] == 200


@given(
    path=st.text(max_size=8),
    name=st.sampled_from(["toy", "no", ""]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
    body=st.binary(max_size=20)
    | st.sampled_from([b'{"instances": [[1, 2, 3]]}', b'{"inputs": {}}']),
)
def test_any_path_and_body_is_answered(server, path, name, method, body):
    response = POOL.request(
        method,
        f"{server.url}/v1/models/{name}{urllib.parse.quote(path)}",
        body=body,
        timeout=60,
    )
    assert response.status in (200, 400, 404, 405)
    if response.status != 200 and method != "HEAD":
        assert response.json()["error"]


def test_metrics(server):
    ask(server, "/v1/models/toy:predict", {"instances": X})
    path = "/monitoring/prometheus/metrics"
    text = POOL.request("GET", server.url + path).data.decode()
    lines = dict(
        line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#"
    )
    key = 'serving_requests_total{code="OK",interface="rest",method="predict"}'
    assert float(lines[key]) >= 1
    assert float(lines['serving_versions{model="toy"}']) == 2


def test_no_request_is_lost_in_a_version_change(tmp_path, publish_factor):
    """Clients ask all the time while versions come and are rolled back."""
    publish_factor(tmp_path, 2.0)
    answers, stop = [], threading.Event()

    def client(server):
        while not stop.is_set():
            answers.append(
                ask(server, "/v1/models/toy:predict", {"instances": X})
            )

    with Server(tmp_path, poll_seconds=3600) as server:
        clients = [
            threading.Thread(target=client, args=[server]) for _ in range(4)
        ]
        for thread in clients:
            thread.start()
        publish_factor(tmp_path, 3.0)
        server.poll()
        publish_factor(tmp_path, 2.0)
        publish_factor(tmp_path, 3.0)
        server.poll()
        rollback(tmp_path, "toy")
        server.poll()
        stop.set()
        for thread in clients:
            thread.join()
        _, last = ask(server, "/v1/models/toy:predict", {"instances": X})
    assert {status for status, _ in answers} == {200}
    found = {a["predictions"][0][0] for _, a in answers}
    assert found == {2, 3} and last["predictions"][0][0] == 2
