import gzip
import json
import re

import pytest
from google.protobuf import json_format
from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap

from tests.serving.asking import POOL, X, ask


@pytest.mark.parametrize(
    "path, factor",
    [
        ("v1/models/toy", 3),
        ("v1/models/toy/versions/1", 2),
        ("v1/models/toy/labels/stable", 2),
        ("v1/models/toy/labels/canary", 3),
        ("V1/Models/toy/Versions/1", 2),
        ("V1/Models/toy/Labels/stable", 2),
    ],
)
def test_rest_predict(server, path, factor):
    status, answer = ask(server, f"/{path}:predict", {"instances": X})
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
    # As clients of TensorFlow Serving read it: no "@type", as an `Any` has.
    found = json_format.ParseDict(
        answer["metadata"]["signature_def"], SignatureDefMap()
    )
    assert set(found.signature_def) == set(signatures)
    # The map's order is another one in each process.
    assert set(found.signature_def["text"].inputs) == {"number", "word"}


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
            r"'divide' failed: assertion failed: .*x > 0 did not hold.*-1",
        ),
        ("toy:classify", {"examples": []}, 400, "use :predict"),
        ("no:predict", {"instances": X}, 404, r"Latest\(no\).*served: toy"),
        ("toy/versions/9:predict", {"instances": X}, 404, "served: 1, 2"),
        ("toy/labels/no:predict", {"instances": X}, 400, "canary, stable"),
        ("toy/versions/x:predict", {"instances": X}, 400, "Malformed request"),
        ("", None, 400, "Malformed request: GET /v1/models/$"),
        ("../../v2", None, 404, "Malformed request: GET /v2"),
        ("Toy:predict", {"instances": X}, 404, "served: toy"),
        ("toy/versions/9", None, 404, "version 9"),
        ("toy:predict", None, 400, "use POST"),
        ("toy", {"instances": X}, 400, "use GET"),
        ("toy:predict", b" " * (1 << 21), 413, "size"),
    ],
)
def test_rest_errors(server, path, body, status, message):
    found, answer = ask(server, f"/v1/models/{path}", body)
    assert found == status
    assert set(answer) == {"error"}
    assert re.search(message, answer["error"]), answer


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
    parts = gzip.compress(body[:9]) + gzip.compress(body[9:])
    assert status(parts) == (200, {"predictions": [[3, 6, 9]]})


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
