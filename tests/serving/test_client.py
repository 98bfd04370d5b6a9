import concurrent.futures
import contextlib
import http.server
import itertools
import json
import math
import socket
import ssl
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from serving.client import connect, parse_headers
from serving.signatures import SignatureSpec
from serving.target import NotAvailableError, Target, retry
from tests.serving.toy import PNG
from tfgen.errors import UserError

X = np.array([[1, 2, 3]], np.float32)
TENSOR = tf.TensorSpec((None, 3), tf.float32)
SCALE = SignatureSpec("scale", {"x": TENSOR}, {"y": TENSOR})


def clients(server, **settings):
    for url in (server.url, f"grpc://{server.target}"):
        yield connect(Target(url, "toy", **settings))


def test_both_interfaces_give_the_same(server):
    for client in clients(server):
        signatures = client.signatures()
        assert list(signatures) == [
            "divide",
            "ids",
            "scale",
            "serving_default",
            "text",
        ]
        assert signatures["scale"] == SCALE
        (y,) = client.predict(signatures["scale"], {"x": X}).values()
        assert y.dtype == np.float32 and y.tolist() == [[3, 6, 9]]
        inputs = {
            "number": np.array([1, 2], np.int32),
            "word": np.array([b"a", b"\xc3\xa9"], object),
        }
        outputs = client.predict(signatures["text"], inputs)
        assert outputs["both"].tolist() == [b"a1", b"\xc3\xa92"]
        assert outputs["twice"].tolist() == [2, 4]
        assert outputs["png_bytes"].tolist() == [PNG, PNG]


def test_versions_and_labels(server):
    for settings in ({"version": 1}, {"label": "stable"}):
        for client in clients(server, **settings):
            assert client.predict(SCALE, {"x": X})["y"][0, 0] == 2


def test_what_the_server_refuses_is_an_error_of_one_line(server):
    for client in clients(server):
        with pytest.raises(UserError, match=r"server=.*float32 \[1, 2\]; sig"):
            client.predict(SCALE, {"x": X[:, :2]})
    for client in clients(server, version=9):
        with pytest.raises(UserError, match=r"(404|NOT_FOUND).*served: 1, 2"):
            client.signatures()


def test_a_grpc_port_is_no_rest_port(server):
    client = connect(Target(f"http://{server.target}", "toy"))
    with pytest.raises(UserError, match=r"no HTTP; of a gRPC port, say grpc:"):
        client.signatures()


def test_nobody_answers():
    with socket_of_nobody() as port:
        for scheme in ("http", "grpc"):
            target = Target(
                f"{scheme}://127.0.0.1:{port}", "toy", retries=1, deadline=10
            )
            with pytest.raises(UserError, match=r"server=.*attempts: 2"):
                connect(target).signatures()


@contextlib.contextmanager
def socket_of_nobody():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8501",
        "ftp://x",
        "http://",
        "",
        "http://localhost:99999",
        "grpc://localhost:x",
        "http://[::1",
        "http://local host",
    ],
)
def test_urls(url):
    with pytest.raises(UserError, match="server=.*begin with http://"):
        connect(Target(url, "toy"))


def test_headers():
    assert parse_headers(["a: b: c", "d:"]) == {"a": "b: c", "d": ""}
    for text in ("a", ": b", "a b: c", "a: é", "a: b\nc: d"):
        with pytest.raises(UserError, match="header=.*write it as") as caught:
            parse_headers([text])
        assert "é" not in str(caught.value)


def test_settings_that_contradict_each_other():
    with pytest.raises(UserError, match="version=1 label=nope: give one"):
        Target("http://x", "toy", version=1, label="nope")
    for deadline in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(UserError, match="deadline=.*more than 0"):
            Target("http://x", "toy", deadline=deadline)


@pytest.mark.parametrize("scheme", ["https", "grpcs"])
def test_certificates_that_cannot_be_read(scheme, tmp_path):
    (tmp_path / "none.pem").write_text("none")
    for path, reason in [
        ("/nope", "No such file"),
        (tmp_path / "none.pem", "no certificate"),
    ]:
        target = Target(f"{scheme}://x", "toy", ca_file=str(path))
        with pytest.raises(UserError, match=f"ca_file={path}: .*{reason}"):
            connect(target)


@contextlib.contextmanager
def dripping(*parts):
    """A server that sends an answer's first part, then the others for ever."""
    stop = threading.Event()

    def serve(listening):
        with contextlib.suppress(OSError):  # the client hangs up
            client, _ = listening.accept()
            with client:
                client.recv(1 << 16)
                for part in itertools.chain(parts, itertools.repeat(parts[-1])):
                    client.sendall(part)
                    if stop.wait(0.05):
                        return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    ],
)
def test_the_deadline_holds_for_a_server_that_drips(parts):
    with dripping(*parts) as url:
        begin = time.monotonic()
        with pytest.raises(UserError, match="no whole answer after 0.5 sec"):
            connect(Target(url, "toy", deadline=0.5)).signatures()
        assert time.monotonic() - begin < 5


# Attempts.


class Clock:
    def __init__(self):
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def attempts(fail, deadline=1000.0, retries=8):
    """Fails so often; every attempt takes a second."""
    clock, left = Clock(), []

    def attempt(seconds):
        left.append(seconds)
        clock.now += 1
        if len(left) <= fail:
            raise NotAvailableError("away")
        return "answer"

    try:
        found = retry(
            attempt, deadline, retries, clock.sleep, lambda: clock.now
        )
    except UserError as error:
        found = str(error)
    return found, left, clock.pauses


def test_it_tries_again_after_random_pauses():
    found, left, pauses = attempts(fail=8)
    assert found == "answer" and len(left) == 9
    bounds = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]
    assert all(0 <= p <= b for p, b in zip(pauses, bounds))
    # Random, so that clients do not come back together.
    assert pauses != attempts(fail=8)[2]


def test_it_gives_up():
    found, left, _ = attempts(fail=9, retries=2)
    assert found == "away (attempts: 3)" and len(left) == 3
    assert attempts(fail=1, retries=0)[0] == "away (attempts: 1)"


def test_a_pause_that_lasts_too_long_leaves_a_moment():
    left, times = [], iter([0.0, 0.0, 0.0, 99.0])

    def attempt(seconds):
        left.append(seconds)
        if len(left) == 1:
            raise NotAvailableError("away")
        return "answer"

    found = retry(attempt, 10, 1, lambda _: None, lambda: next(times))
    assert found == "answer" and left == [10, 0.001]


def test_the_deadline_holds_for_all_attempts():
    found, left, _ = attempts(fail=9, deadline=2.5)
    assert found.startswith("away (attempts: ")
    assert left[0] == 2.5 and left == sorted(left, reverse=True)
    assert 0 < left[-1] and len(left) <= 3


# TLS and headers, with a server that is away at first.


HEADERS = {"Authorization": "Bearer secret"}


def test_https(certificate):
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.headers["Authorization"])
            body = json.dumps({"outputs": X.tolist()}).encode()
            self.send_response(503 if len(seen) == 1 else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with http.server.HTTPServer(("localhost", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"https://localhost:{server.server_port}"
        target = Target(url, "toy", headers=HEADERS, ca_file=str(cert))
        try:
            outputs = connect(target).predict(SCALE, {"x": X})
            with pytest.raises(UserError, match="server=.*certificate"):
                connect(Target(url, "toy")).predict(SCALE, {"x": X})
        finally:
            server.shutdown()
            thread.join()
    assert outputs["y"].tolist() == X.tolist()
    assert seen == ["Bearer secret"] * 2


def test_grpc_with_tls(certificate):
    seen = []

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):  # noqa: N802
            seen.append(dict(context.invocation_metadata())["authorization"])
            if len(seen) == 1:
                context.abort(grpc.StatusCode.UNAVAILABLE, "away")
            return predict_pb2.PredictResponse(
                outputs={"y": request.inputs["x"]}
            )

    cert, key = (path.read_bytes() for path in certificate)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            Service(), server
        )
        credentials = grpc.ssl_server_credentials([(key, cert)])
        port = server.add_secure_port("localhost:0", credentials)
        server.start()
        target = Target(
            f"grpcs://localhost:{port}",
            "toy",
            headers=HEADERS,
            ca_file=str(certificate[0]),
        )
        outputs = connect(target).predict(SCALE, {"x": X})
        server.stop(None).wait()
    assert outputs["y"].tolist() == X.tolist()
    assert seen == ["Bearer secret"] * 2
