"""Asks over gRPC."""

import pathlib
import urllib.parse

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export.calls import Arrays
from serving.signatures import SignatureSpec, read_signatures, to_protos
from serving.target import Target, retry

_OPTIONS = [("grpc.max_receive_message_length", -1)]


class GrpcClient:
    """A client of the gRPC interface."""

    def __init__(self, target: Target):
        """Connects with the first question."""
        self._target = t = target
        url = urllib.parse.urlsplit(t.server)
        if url.scheme == "grpcs":
            roots = pathlib.Path(t.ca_file).read_bytes() if t.ca_file else None
            credentials = grpc.ssl_channel_credentials(roots)
            channel = grpc.secure_channel(url.netloc, credentials, _OPTIONS)
        else:
            channel = grpc.insecure_channel(url.netloc, _OPTIONS)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def signatures(self) -> dict[str, SignatureSpec]:
        """Returns what the model offers."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            metadata_field=["signature_def"]
        )
        response = self._ask(self._stub.GetModelMetadata, request)
        found = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(found)
        return read_signatures(found.signature_def)

    def predict(self, signature: SignatureSpec, inputs: Arrays) -> Arrays:
        """Returns the outputs of a signature.

        Args:
          signature: of `signatures`.
          inputs: name -> array.
        """
        request = predict_pb2.PredictRequest(
            model_spec={"signature_name": signature.name},
            inputs=to_protos(inputs),
        )
        response = self._ask(self._stub.Predict, request)
        return {n: tf.make_ndarray(p) for n, p in response.outputs.items()}

    def _ask(self, method, request):
        t = self._target
        request.model_spec.name = t.model
        if t.version is not None:
            request.model_spec.version.value = t.version
        elif t.label:
            request.model_spec.version_label = t.label
        # Names of gRPC's metadata are in lower case.
        metadata = [(name.lower(), v) for name, v in t.headers.items()]

        def attempt(seconds: float):
            try:
                return method(request, timeout=seconds, metadata=metadata)
            except grpc.RpcError as error:
                raise t.failed(
                    f"{error.code().name}: {error.details()}",
                    again=error.code() == grpc.StatusCode.UNAVAILABLE,
                ) from error

        return retry(attempt, t.deadline, t.retries)
