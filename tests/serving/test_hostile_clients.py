import contextlib
import socket
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


@pytest.mark.parametrize(
    "line", [b"POST / HTTP/9\r\n\r\n", b"\0\r\n\r\n", HEAD + b"a b: c\r\n\r\n"]
)
def test_what_is_no_http_gets_400_and_leaves_no_traceback(server, line, caplog):
    with connect(server) as client:
        client.sendall(line)
        assert client.recv(100).startswith(b"HTTP/1.0 400 ")
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
