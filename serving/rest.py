"""TensorFlow Serving's REST interface."""

import asyncio
import json
import logging
import re

import aiohttp
import grpc
from aiohttp import web
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from serving import json_tensors
from serving.errors import HTTP_STATUS, RequestError
from serving.metrics import Metrics
from serving.models import Models, Version
from serving.sizes import bytes_of, call

METRICS_PATH = "/monitoring/prometheus/metrics"
_PATH = re.compile(
    r"(?i:/v1/models/)(?P<name>[^/:]+)"
    r"(?:(?i:/versions/)(?P<version>[0-9]{1,18})"
    r"|(?i:/labels/)(?P<label>[^/:]+))?"
    r"(?::(?P<method>predict|classify|regress)|/(?P<resource>metadata))?"
)


def make_app(
    models: Models, metrics: Metrics, max_body_bytes: int, read_timeout: float
) -> web.Application:
    """Returns the application, which answers on every path.

    Args:
      models: what it serves.
      metrics: it counts its requests there, and shows them.
      max_body_bytes: a larger body is refused.
      read_timeout: seconds a client has to send a body.
    """
    rest = _Rest(models, metrics, read_timeout)
    app = web.Application(client_max_size=max_body_bytes)
    app.router.add_get(METRICS_PATH, rest.metrics)
    app.router.add_route("*", r"/{path:[\s\S]*}", rest.handle)
    return app


class _Rest:
    def __init__(self, models: Models, metrics: Metrics, read_timeout: float):
        self._models, self._metrics = models, metrics
        self._read_timeout = read_timeout

    async def metrics(self, request: web.Request) -> web.Response:
        del request
        return web.Response(
            body=self._metrics.text(),
            headers={"Content-Type": "text/plain; version=0.0.4"},
        )

    async def handle(self, request: web.Request) -> web.Response:
        match = _PATH.fullmatch(request.path)
        if not match:
            known = request.path.lower().startswith("/v1/")
            text = f"Malformed request: {_line(request)}"
            return _error(400 if known else 404, text)
        verb = "POST" if match["method"] else "GET"
        if request.method != verb:
            text = f"Malformed request: {_line(request)}; use {verb}"
            return _error(400, text)
        method = match["method"] or match["resource"] or "status"
        try:
            with self._metrics.request("rest", method):
                body = await self._answer(request, method, match)
        except RequestError as error:
            return _error(HTTP_STATUS[error.code], str(error))
        except Exception as error:  # of ours: the server goes on
            logging.exception("%s", _line(request))
            return _error(500, f"internal error: {type(error).__name__}")
        return web.Response(body=body, content_type="application/json")

    async def _answer(
        self, request: web.Request, method: str, match: re.Match
    ) -> bytes:
        name, label = match["name"], match["label"] or ""
        version = int(match["version"]) if match["version"] else None
        if method == "status":
            status = get_model_status_pb2.GetModelStatusResponse(
                model_version_status=self._models.status(name, version, label)
            )
            return _to_json(status)
        found = self._models.find(name, version, label)
        if method == "metadata":
            return _to_json(metadata(found))
        if method != "predict":
            raise RequestError(
                f"Expected {method} signature method_name to be"
                f" tensorflow/serving/{method}: no signature of {name} is; use"
                " :predict",
                grpc.StatusCode.FAILED_PRECONDITION,
            )
        body = await self._read(request)
        signature, inputs, by_row = await call(
            len(body), json_tensors.parse, body, found.servable.signature
        )
        outputs = await found.predict(signature.name, inputs)
        size = bytes_of(outputs.values())
        return await call(size, json_tensors.dump, outputs, by_row)

    async def _read(self, request: web.Request) -> bytes:
        most = request.client_max_size
        try:
            # Refused at once if its length is given.
            if (length := request.content_length or 0) > most:
                raise web.HTTPRequestEntityTooLarge(most, length)
            async with asyncio.timeout(self._read_timeout):
                return await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise RequestError(
                error.text, grpc.StatusCode.RESOURCE_EXHAUSTED
            ) from error
        except TimeoutError as error:
            raise RequestError(
                f"no whole body after {self._read_timeout} s",
                grpc.StatusCode.DEADLINE_EXCEEDED,
            ) from error
        except (
            aiohttp.ClientPayloadError,
            aiohttp.http.HttpProcessingError,
            web.RequestPayloadError,
        ) as error:
            raise RequestError(f"the body cannot be read: {error}") from error


def metadata(
    version: Version,
) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """Returns what a version offers."""
    servable = version.servable
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = servable.name
    response.model_spec.version.value = servable.version
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in servable.signature_defs.items():
        signatures.signature_def[name].CopyFrom(signature)
    response.metadata["signature_def"].Pack(signatures)
    return response


def _to_json(message) -> bytes:
    return json_format.MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    ).encode()


def _line(request: web.Request) -> str:
    return f"{request.method} {request.path}"


def _error(status: int, text: str) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps({"error": text}).encode(),
        content_type="application/json",
    )
