"""TensorFlow Serving's gRPC interface."""

import logging
from collections.abc import Mapping

import grpc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export.calls import Arrays
from serving.errors import RequestError
from serving.metrics import Metrics
from serving.models import Models
from serving.rest import metadata
from serving.sizes import bytes_of, bytes_of_proto, call


def make_server(
    models: Models, metrics: Metrics, max_body_bytes: int
) -> grpc.aio.Server:
    """Returns a server without a port.

    Args:
      models: what it serves.
      metrics: it counts its requests there.
      max_body_bytes: a larger message is refused, and one whose tensors are
        larger.
    """
    server = grpc.aio.server(
        interceptors=[_Parser()],
        options=[
            ("grpc.max_receive_message_length", max_body_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a port in use is an error
        ],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        _PredictionService(models, metrics, max_body_bytes), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        _ModelService(models, metrics), server
    )
    return server


class _Parser(grpc.aio.ServerInterceptor):
    """Refuses bytes that are no request; gRPC calls them an internal error."""

    async def intercept_service(self, continuation, handler_call_details):
        method = await continuation(handler_call_details)

        async def answer(content, context):
            try:
                request = method.request_deserializer(content)
            except DecodeError as error:
                await context.abort(
                    grpc.StatusCode.INVALID_ARGUMENT,
                    f"{handler_call_details.method}: the message is no request"
                    f" of it: {error}",
                )
            return await method.unary_unary(request, context)

        return method and grpc.unary_unary_rpc_method_handler(
            answer, response_serializer=method.response_serializer
        )


class _Service:
    def __init__(self, models: Models, metrics: Metrics):
        self._models, self._metrics = models, metrics

    async def _answer(self, context, method: str, function, request):
        try:
            with self._metrics.request("grpc", method):
                return await function(request)
        except RequestError as error:
            await context.abort(error.code, str(error))
        except Exception as error:  # a fault here: the server goes on
            logging.exception("gRPC %s", method)
            await context.abort(
                grpc.StatusCode.INTERNAL,
                f"internal error: {type(error).__name__}",
            )


def _not_served(method: str, instead: str):
    """Returns a method of a service that refuses every request.

    Args:
      method: its name.
      instead: what to use.
    """

    async def refuse(request):
        raise RequestError(
            f"{method} is not served; {instead}",
            grpc.StatusCode.UNIMPLEMENTED,
        )

    async def answer(self, request, context):
        return await self._answer(context, method.lower(), refuse, request)

    return answer


_USE_PREDICT = "signatures take tensors: use Predict"


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

    Classify = _not_served("Classify", _USE_PREDICT)
    Regress = _not_served("Regress", _USE_PREDICT)
    MultiInference = _not_served(
        "MultiInference", f"{_USE_PREDICT}, once for each signature"
    )

    async def _predict(self, request):
        found = self._models.find(*_asked(request.model_spec))
        signature = found.servable.signature(request.model_spec.signature_name)
        size = _check_size(request.inputs, self._max_bytes)
        kept = list(request.output_filter) or list(signature.outputs)
        if unknown := set(kept) - set(signature.outputs):
            raise RequestError(
                f"output_filter: unknown {sorted(unknown)}; signature"
                f" {signature.name!r} has {sorted(signature.outputs)}"
            )
        inputs = await call(size, _to_arrays, request.inputs)
        outputs = await found.predict(signature.name, inputs)
        outputs = {name: outputs[name] for name in kept}
        response = predict_pb2.PredictResponse()
        response.model_spec.name = found.servable.name
        response.model_spec.version.value = found.servable.version
        response.model_spec.signature_name = signature.name
        await call(bytes_of(outputs.values()), _fill, response, outputs)
        return response

    async def _metadata(self, request):
        if list(request.metadata_field) != ["signature_def"]:
            raise RequestError("metadata_field must be ['signature_def']")
        return metadata(self._models.find(*_asked(request.model_spec)))


class _ModelService(_Service, model_service_pb2_grpc.ModelServiceServicer):
    async def GetModelStatus(self, request, context):  # noqa: N802
        return await self._answer(context, "status", self._status, request)

    HandleReloadConfigRequest = _not_served(
        "HandleReloadConfigRequest",
        "publish the model: models.config is read every few seconds",
    )

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


def _check_size(inputs: Mapping[str, tensor_pb2.TensorProto], most: int) -> int:
    """Returns the bytes of tensors before they are made, if not too many."""
    sizes = {}
    for name, proto in inputs.items():
        try:
            sizes[name] = bytes_of_proto(proto)
        except (TypeError, ValueError) as error:
            raise _not_whole(name, error) from error
    if (size := sum(sizes.values())) > most:
        raise RequestError(
            f"the inputs would take {size} bytes {sizes}; at most {most} are"
            " taken"
        )
    return size


def _to_arrays(inputs: Mapping[str, tensor_pb2.TensorProto]) -> Arrays:
    arrays = {}
    for name, proto in inputs.items():
        try:
            arrays[name] = tf.make_ndarray(proto)
        except Exception as error:
            raise _not_whole(name, error) from error
    return arrays


def _not_whole(name: str, error: Exception) -> RequestError:
    reason = str(error).partition("\n")[0]
    return RequestError(f"input {name!r} is not a whole tensor: {reason}")


def _fill(response: predict_pb2.PredictResponse, outputs: Arrays) -> None:
    for name, array in outputs.items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
