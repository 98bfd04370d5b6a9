"""TensorFlow Serving's gRPC interface."""

import grpc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.access import Access
from serving.errors import RequestError
from serving.metrics import Metrics
from serving.models import Models
from serving.signatures import to_protos
from serving.sizes import bytes_of, bytes_of_proto, call


def make_server(
    models: Models, max_body_bytes: int, access: Access
) -> grpc.aio.Server:
    """Returns a server without a port.

    Args:
      models: what it serves.
      max_body_bytes: a larger message is refused, and one whose tensors are
        larger.
      access: who may ask.
    """
    server = grpc.aio.server(
        interceptors=[_Answers(models.metrics, access)],
        options=[
            ("grpc.max_receive_message_length", max_body_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a port in use is an error
        ],
    )
    service = Service(models, max_body_bytes)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        service, server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(service, server)
    return server


class _Answers(grpc.aio.ServerInterceptor):
    """Reads requests, counts them, and answers them or says what is wrong.

    Left alone, gRPC calls bytes that are no request an internal error.
    """

    def __init__(self, metrics: Metrics, access: Access):
        self._metrics, self._access = metrics, access

    async def intercept_service(self, continuation, handler_call_details):
        method = handler_call_details.method.rpartition("/")[2]
        counted = method.removeprefix("GetModel").lower()
        handler = await continuation(handler_call_details)
        metadata = dict(handler_call_details.invocation_metadata)

        async def answer(content, context):
            try:
                with self._metrics.request("grpc", counted):
                    self._access.check(metadata.get("authorization"))
                    request = _read(handler, method, content)
                    return await handler.unary_unary(request, context)
            except RequestError as error:
                await context.abort(error.code, str(error))

        return handler and grpc.unary_unary_rpc_method_handler(
            answer, response_serializer=handler.response_serializer
        )


def _read(handler, method: str, content: bytes):
    """Returns a request, unless its method is not served."""
    if method not in vars(Service):
        instead = "use Predict, once for each signature"
        if method == "HandleReloadConfigRequest":
            instead = "publish a model: models.config is read every few seconds"
        raise RequestError(
            f"{method} is not served; {instead}", grpc.StatusCode.UNIMPLEMENTED
        )
    try:
        return handler.request_deserializer(content)
    except DecodeError as error:
        raise RequestError(
            f"{method}: the message is no request of it: {error}"
        ) from error


class Service(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    """What is served of both services; `_Answers` refuses the rest."""

    def __init__(self, models: Models, max_bytes: int):
        """See `make_server`."""
        self._models, self._max_bytes = models, max_bytes

    async def Predict(self, request, context):  # noqa: N802
        """Returns the outputs of a signature."""
        found = self._models.find(*_asked(request.model_spec))
        signature = found.signature(request.model_spec.signature_name)
        sizes = _each(bytes_of_proto, request.inputs)
        if (size := sum(sizes.values())) > self._max_bytes:
            raise RequestError(
                f"the inputs would take {size} bytes {sizes}; at most"
                f" {self._max_bytes} are taken"
            )
        kept = list(request.output_filter) or list(signature.outputs)
        if unknown := set(kept) - set(signature.outputs):
            raise RequestError(
                f"output_filter: unknown {sorted(unknown)}; signature"
                f" {signature.name!r} has {sorted(signature.outputs)}"
            )
        inputs = await call(size, _each, tf.make_ndarray, request.inputs)
        outputs = await found.predict(signature.name, inputs)
        outputs = {name: outputs[name] for name in kept}
        protos = await call(bytes_of(outputs.values()), to_protos, outputs)
        response = predict_pb2.PredictResponse(
            model_spec=found.model_spec, outputs=protos
        )
        response.model_spec.signature_name = signature.name
        return response

    async def GetModelMetadata(self, request, context):  # noqa: N802
        """Returns what a version offers."""
        if list(request.metadata_field) != ["signature_def"]:
            raise RequestError("metadata_field must be ['signature_def']")
        servable = self._models.find(*_asked(request.model_spec))
        response = get_model_metadata_pb2.GetModelMetadataResponse(
            model_spec=servable.model_spec
        )
        response.metadata["signature_def"].Pack(servable.signature_defs)
        return response

    async def GetModelStatus(self, request, context):  # noqa: N802
        """Returns the states of a model's versions."""
        return self._models.status(*_asked(request.model_spec))


def _asked(spec: model_pb2.ModelSpec) -> tuple[str, int | None, str]:
    """What a request says of the model: name, version, label."""
    if not spec.name:
        raise RequestError("model_spec.name is empty")
    version = spec.version.value if spec.HasField("version") else None
    return spec.name, version, spec.version_label


def _each(function, inputs) -> dict:
    """Returns what a function makes of each tensor, by name."""
    found = {}
    for name, proto in inputs.items():
        try:
            found[name] = function(proto)
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise RequestError(
                f"input {name!r} is not a whole tensor: {reason}"
            ) from error
    return found
