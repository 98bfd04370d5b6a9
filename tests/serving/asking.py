"""How the tests ask a server."""

import contextlib
import json

import grpc
import tensorflow as tf
import urllib3
from tensorflow_serving.apis import (
    predict_pb2,
)

POOL = urllib3.PoolManager(retries=False, maxsize=8)


X = [[1.0, 2.0, 3.0]]


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
