import contextlib
import gzip
import http.client
import json
import socket
import struct
import time
import urllib.parse

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_serving.apis import prediction_service_pb2_grpc

from tests.serving.asking import POOL, X, ask, channel, predict_request


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


def test_a_client_that_takes_no_answer_is_hung_up_on(server):
    """The system holds some megabytes; the server has to wait with more."""
    words = {"number": [1] * 1000, "word": ["a" * 900] * 1000}
    body = json.dumps({"signature_name": "text", "inputs": words}).encode()
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    left, end = memoryview(30 * request), time.monotonic() + 30
    with connect(server) as client, pytest.raises(ConnectionError):
        client.settimeout(0.5)
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                left = left[client.send(left) :]


@pytest.mark.parametrize(
    "begin",
    [
        HEAD[:20],
        HEAD + b"Content-Length: 9\r\n\r\n{",
        HEAD + b"Content-Length: 100000000\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n\x1f",
        HEAD + b'Content-Length: 26\r\n\r\n{"instances": [[1, 2, 3]]}',
    ],
)
@pytest.mark.parametrize("reset", [True, False])
def test_clients_that_go_away_leave_no_log(server, begin, reset, caplog):
    with connect(server) as client:
        client.sendall(begin)
        if reset:
            linger = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    body = {"instances": X}
    assert ask(server, "/v1/models/toy:predict", body)[0] == 200
    assert not caplog.text


def answer_of(server, content):
    """Returns the status, the type and the JSON of an answer to bytes."""
    with connect(server) as client:
        client.sendall(content)
        response = http.client.HTTPResponse(client)
        response.begin()
        kind = response.getheader("Content-Type")
        return response.status, kind, json.loads(response.read())


@pytest.mark.parametrize(
    "content, status",
    [
        (b"POST / HTTP/9\r\n\r\n", 400),
        (b"\0\r\n\r\n", 400),
        (HEAD + b"a b: c\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (HEAD + b"X: " + b"a" * 9000 + b"\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"POST /monitoring/prometheus/metrics HTTP/1.0\r\n\r\n", 404),
        (HEAD + b"Expect: cake\r\nContent-Length: 0\r\n\r\n", 417),
    ],
)
def test_all_errors_are_json_and_leave_no_log(server, content, status, caplog):
    found, kind, answer = answer_of(server, content)
    assert found == status and kind == "application/json"
    assert list(answer) == ["error"] and answer["error"]
    assert not caplog.text


ZIPPED = gzip.compress(b'{"instances": [[1, 2, 3]]}', mtime=0)


@pytest.mark.parametrize(
    "encoding, body, status",
    [
        (b"gzip", b"no gzip", 400),
        (b"gzip", ZIPPED[:-9], 400),
        (b"gzip", ZIPPED[:12], 400),
        (b"gzip", ZIPPED + b"more", 400),
        (b"gzip", ZIPPED[:-8] + bytes(8), 400),
        (b"gzip", gzip.compress(b" " * (1 << 24), mtime=0), 413),
        (b"br", b"", 415),
        (b"deflate", b"", 415),
        (b"gzip, gzip", gzip.compress(ZIPPED, mtime=0), 415),
    ],
)
@pytest.mark.parametrize("chunked", [True, False])
def test_bodies_that_cannot_be_unzipped(
    server, encoding, body, status, chunked, caplog
):
    head = HEAD + b"Content-Encoding: %s\r\n" % encoding
    length = len(body)
    if chunked:
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        body = (b"%x\r\n%s\r\n" % (length, body) if body else b"") + (
            b"0\r\n\r\n"
        )
    else:
        head += b"Content-Length: %d\r\n\r\n" % length
    found, kind, answer = answer_of(server, head + body)
    assert (found, kind) == (status, "application/json")
    expected = {400: "gzip", 413: "size", 415: "expected gzip"}[status]
    assert expected in answer["error"]
    assert not caplog.text


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
    assert response.status in (200, 400, 404)
    if response.status != 200 and method != "HEAD":
        assert response.json()["error"]


@given(
    dtype=st.integers(0, 30),
    sizes=st.lists(
        st.sampled_from([-1, 0, 1, 3, 1 << 20, 1 << 62]), max_size=4
    ),
    content=st.binary(max_size=12),
    floats=st.lists(st.floats(width=32), max_size=4),
)
def test_any_tensor_is_answered(server, dtype, sizes, content, floats):
    request = predict_request()
    proto = request.inputs["x"]
    proto.dtype, proto.tensor_content = dtype, content
    proto.float_val.extend(floats)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    with channel(server) as c:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(c)
        try:
            stub.Predict(request)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error


@given(st.binary(max_size=30))
def test_any_bytes_over_grpc_are_answered(server, content):
    with channel(server) as c:
        ask_bytes = c.unary_unary(
            "/tensorflow.serving.PredictionService/Predict"
        )
        with pytest.raises(grpc.RpcError) as caught:
            ask_bytes(content)
    assert caught.value.code() in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
    )
