import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from tests.serving.asking import X, channel, predict_request


@pytest.fixture(scope="module")
def stub(server):
    with channel(server) as c:
        yield prediction_service_pb2_grpc.PredictionServiceStub(c)


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


def filled(*sizes, **value):
    """One value that fills a shape: a request of some 60 bytes."""
    request = predict_request()
    proto = tensor_pb2.TensorProto(**value)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    request.inputs["x"].CopyFrom(proto)
    return request


def floats(*sizes):
    return filled(*sizes, dtype=1, float_val=[1])


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
        (lambda: predict_request(label="no"), "INVALID_ARGUMENT", "canary, s"),
        (lambda: predict_request(model=""), "INVALID_ARGUMENT", "name"),
        (lambda: predict_request("no"), "INVALID_ARGUMENT", "known: divide"),
        (lambda: predict_request(), "INVALID_ARGUMENT", "takes ['x']"),
        (
            lambda: predict_request(x=[1.0]),
            "INVALID_ARGUMENT",
            "float32 [1];",
        ),
        (lambda: predict_request(x=[[1, 2, 3]]), "INVALID_ARGUMENT", "int32"),
        (
            lambda: predict_request(x=np.zeros([0, 3], np.float32)),
            "INVALID_ARGUMENT",
            "empty",
        ),
        (lambda: floats(1 << 40, 3), "INVALID_ARGUMENT", "13194139533312 byt"),
        # Fewer elements than bytes are taken (2**20), but four bytes each.
        (lambda: floats(100_000, 3), "INVALID_ARGUMENT", "at most 1048576"),
        (lambda: floats(2000, 3), "INVALID_ARGUMENT", "rows; at most 1024"),
        (
            lambda: filled(20_000, dtype=7, string_val=[b"a" * 34]),
            "INVALID_ARGUMENT",
            "would take 1160000 bytes",
        ),
        (lambda: floats(-1, 3), "INVALID_ARGUMENT", "the shape is [-1, 3]"),
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


@pytest.mark.parametrize(
    "service, method, instead",
    [
        ("PredictionService", "Classify", "use Predict"),
        ("PredictionService", "Regress", "use Predict"),
        ("PredictionService", "MultiInference", "use Predict"),
        ("ModelService", "HandleReloadConfigRequest", "models.config"),
    ],
)
def test_grpc_methods_that_are_not_served(
    server, service, method, instead, caplog
):
    with channel(server) as c, pytest.raises(grpc.RpcError) as caught:
        c.unary_unary(f"/tensorflow.serving.{service}/{method}")(b"")
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert f"{method} is not served; " in caught.value.details()
    assert instead in caught.value.details()
    assert not caplog.text


def test_grpc_bytes_that_are_no_request(server, caplog):
    with channel(server) as c, pytest.raises(grpc.RpcError) as caught:
        c.unary_unary("/tensorflow.serving.PredictionService/Predict")(b"\xff")
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "Predict: the message is no request of it" in caught.value.details()
    assert not caplog.text


def test_grpc_calls_that_are_cancelled(server, stub, caplog):
    words = {"number": [1] * 1000, "word": ["a" * 500] * 1000}
    calls = [
        stub.Predict.future(predict_request("text", **words)) for _ in range(20)
    ]
    for call in calls:
        call.cancel()
    request = predict_request(x=np.float32(X))
    assert stub.Predict(request).model_spec.version.value == 2
    assert not caplog.text


def test_grpc_faults_of_ours_have_no_traceback_for_clients(
    server, stub, monkeypatch
):
    def fail(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(server.running.models, "find", fail)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(predict_request(x=np.float32(X)))
    assert caught.value.code() == grpc.StatusCode.INTERNAL
    assert caught.value.details() == "internal error: ZeroDivisionError"
