"""TensorFlow Serving's gRPC interface."""

import math

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.errors import RequestError
from serving.metrics import Metrics
from serving.models import Models
from serving.rest import metadata


def make_server(
    models: Models, metrics: Metrics, max_body_bytes: int
) -> grpc.aio.Server:
    """Returns a server without a port.

    Args:
      models: what it serves.
      metrics: it counts its requests there.
      max_body_bytes: a larger message is refused.
    """
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_body_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a port in use is an error
        ]
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        _PredictionService(models, metrics, max_body_bytes), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        _ModelService(models, metrics), server
    )
    return server


class _Service:
    def __init__(self, models: Models, metrics: Metrics):
        self._models, self._metrics = models, metrics

    async def _answer(self, context, method: str, function, request):
        try:
            with self._metrics.request("grpc", method):
                return await function(request)
        except RequestError as error:
            await context.abort(error.code, str(error))


class _PredictionService(
    _Service, prediction_service_pb2_grpc.PredictionServiceServicer
):
    def __init__(self, models: Models, metrics: Metrics, max_bytes: int):
        super().__init__(models, metrics)
        self._max_bytes = max_bytes

    async def Predict(self, request, context):  # noqa: N802
        return await self._answer(context, "predict", self._predict, request)

    async def GetModelMetadata(self, request, context):  # noqa: N802
        return await self._answer(context, "metadata", self._metadata, request)

    async def _predict(self, request):
        found = self._models.find(*_asked(request.model_spec))
        signature = found.servable.signature(request.model_spec.signature_name)
        inputs = {
            name: _to_array(proto, name, self._max_bytes)
            for name, proto in request.inputs.items()
        }
        kept = list(request.output_filter) or list(signature.outputs)
        if unknown := set(kept) - set(signature.outputs):
            raise RequestError(
                f"output_filter: unknown {sorted(unknown)}; signature"
                f" {signature.name!r} has {sorted(signature.outputs)}"
            )
        outputs = await found.predict(signature.name, inputs)
        response = predict_pb2.PredictResponse()
        response.model_spec.name = found.servable.name
        response.model_spec.version.value = found.servable.version
        response.model_spec.signature_name = signature.name
        for name in kept:
            response.outputs[name].CopyFrom(tf.make_tensor_proto(outputs[name]))
        return response

    async def _metadata(self, request):
        if list(request.metadata_field) != ["signature_def"]:
            raise RequestError("metadata_field must be ['signature_def']")
        return metadata(self._models.find(*_asked(request.model_spec)))


class _ModelService(_Service, model_service_pb2_grpc.ModelServiceServicer):
    async def GetModelStatus(self, request, context):  # noqa: N802
        return await self._answer(context, "status", self._status, request)

    async def _status(self, request):
        return get_model_status_pb2.GetModelStatusResponse(
            model_version_status=self._models.status(
                *_asked(request.model_spec)
            )
        )


def _asked(spec: model_pb2.ModelSpec) -> tuple[str, int | None, str]:
    """What a request says of the model: name, version, label."""
    if not spec.name:
        raise RequestError("model_spec.name is empty")
    version = spec.version.value if spec.HasField("version") else None
    return spec.name, version, spec.version_label


def _to_array(
    proto: tensor_pb2.TensorProto, name: str, max_bytes: int
) -> np.ndarray:
    # A small message may ask for a huge tensor: one value fills the shape.
    sizes = [dim.size for dim in proto.tensor_shape.dim]
    if min(sizes, default=0) < 0 or math.prod(sizes) > max_bytes:
        raise RequestError(f"input {name!r} has the shape {sizes}")
    try:
        return tf.make_ndarray(proto)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise RequestError(
            f"input {name!r} is not a whole tensor: {reason}"
        ) from error
