"""TensorFlow Serving's REST interface."""

import asyncio
import gzip
import io
import json
import re
import socket
import zlib

import grpc
from aiohttp import web
from aiohttp.http import HttpProcessingError
from google.protobuf import json_format

from serving import json_tensors
from serving.access import Access
from serving.errors import RequestError
from serving.folder.deployment import METRICS_PATH
from serving.models import Models
from serving.sizes import bytes_of, call

# What clients do at the level of sockets, and of HTTP.
_OF_CLIENTS = (OSError, HttpProcessingError, web.RequestPayloadError)
_PATH = re.compile(
    r"(?i:/v1/models/)(?P<name>[^/:]+)"
    r"(?:(?i:/versions/)(?P<version>[0-9]{1,18})"
    r"|(?i:/labels/)(?P<label>[^/:]+))?"
    r"(?::(?P<method>predict|classify|regress)|/(?P<resource>metadata))?"
)


def make_app(
    models: Models, max_body_bytes: int, read_timeout: float, access: Access
) -> web.Application:
    """Returns the application, which answers on every path.

    Args:
      models: what it serves.
      max_body_bytes: a larger body is refused.
      read_timeout: seconds a client has to send a body.
      access: who may ask.
    """
    rest = _Rest(models, read_timeout, access)
    app = web.Application(client_max_size=max_body_bytes)
    app.router.add_get(METRICS_PATH, rest.metrics)
    app.router.add_route("*", r"/{path:[\s\S]*}", rest.handle)
    return app


class Protocol(web.RequestHandler):
    """HTTP with errors in JSON; no log of what clients do wrong.

    It hangs up on a client that does not take its answer.
    """

    def __init__(self, manager, read_timeout, **settings):
        """As aiohttp's; `read_timeout` is that of a client, in seconds."""
        super().__init__(
            manager,
            access_log=None,
            keepalive_timeout=read_timeout,
            lingering_time=read_timeout,
            auto_decompress=False,  # `_unzip` does, within its limits
            **settings,
        )
        self._milliseconds = max(1, round(1000 * read_timeout))

    def connection_made(self, transport):
        """Lets the system hang up on who takes nothing for that long."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._milliseconds
        )

    async def finish_response(self, request, resp, start_time):
        """Sends a response; those of aiohttp's own errors as JSON."""
        if isinstance(resp, web.HTTPException):
            resp = _error(resp.status, resp.text)
        return await super().finish_response(request, resp, start_time)

    def handle_error(self, request, status=500, exc=None, message=None):
        """Returns the response to broken HTTP, or to a fault of this server."""
        super().handle_error(request, status, exc, message)  # logs ours
        line = (message or "").partition("\n")[0].rstrip(":")
        response = _error(
            status,
            f"Malformed request: {line}" if status == 400 else "internal error",
        )
        response.force_close()
        return response

    def log_exception(self, *args, exc_info=None, **kwargs):
        """Logs an error, unless a client sent broken HTTP or went away."""
        if not isinstance(exc_info, _OF_CLIENTS):
            super().log_exception(*args, exc_info=exc_info, **kwargs)


class _Rest:
    def __init__(self, models: Models, read_timeout: float, access: Access):
        self._models, self._read_timeout = models, read_timeout
        self._access = access

    async def metrics(self, request: web.Request) -> web.Response:
        try:
            self._access.check(request.headers.get("authorization"))
        except RequestError as error:
            return _error(error.status, str(error))
        return web.Response(
            body=self._models.metrics.text(),
            headers={"Content-Type": "text/plain; version=0.0.4"},
        )

    async def handle(self, request: web.Request) -> web.Response:
        malformed = f"Malformed request: {request.method} {request.path}"
        match = _PATH.fullmatch(request.path)
        if not match:
            known = request.path.lower().startswith("/v1/")
            return _error(400 if known else 404, malformed)
        verb = "POST" if match["method"] else "GET"
        if request.method != verb:
            return _error(400, f"{malformed}; use {verb}")
        method = match["method"] or match["resource"] or "status"
        try:
            with self._models.metrics.request("rest", method):
                self._access.check(request.headers.get("authorization"))
                body = await self._answer(request, method, match)
        except RequestError as error:
            return _error(error.status, str(error))
        return web.Response(body=body, content_type="application/json")

    async def _answer(
        self, request: web.Request, method: str, match: re.Match
    ) -> bytes:
        name, label = match["name"], match["label"] or ""
        version = int(match["version"]) if match["version"] else None
        if method == "status":
            return _to_json(_to_dict(self._models.status(name, version, label)))
        found = self._models.find(name, version, label)
        if method == "metadata":
            # As TensorFlow Serving has it: signatures as such, not as an `Any`.
            signatures = _to_dict(found.signature_defs)
            return _to_json(
                {
                    "model_spec": _to_dict(found.model_spec),
                    "metadata": {"signature_def": signatures},
                }
            )
        if method != "predict":
            raise RequestError(
                f"no signature of {name} is for :{method}; use :predict",
                grpc.StatusCode.FAILED_PRECONDITION,
            )
        body = await self._read(request)
        signature, inputs, by_row = await call(
            len(body), json_tensors.parse, body, found.signature
        )
        outputs = await found.predict(signature.name, inputs)
        size = bytes_of(outputs.values())
        return await call(size, json_tensors.dump, outputs, by_row)

    async def _read(self, request: web.Request) -> bytes:
        most = request.client_max_size
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise RequestError(
                f"Content-Encoding: {encoding}: expected gzip, or none",
                grpc.StatusCode.UNIMPLEMENTED,
                web.HTTPUnsupportedMediaType.status_code,
            )
        try:
            # Refused at once if its length is given.
            if (length := request.content_length or 0) > most:
                raise web.HTTPRequestEntityTooLarge(most, length)
            async with asyncio.timeout(self._read_timeout):
                body = await request.read()
            if encoding == "gzip":
                body = await asyncio.to_thread(_unzip, body, most)
            return body
        except web.HTTPRequestEntityTooLarge as error:
            raise RequestError(
                error.text, grpc.StatusCode.RESOURCE_EXHAUSTED
            ) from error
        except TimeoutError as error:
            raise RequestError(
                f"no whole body after {self._read_timeout} s",
                grpc.StatusCode.DEADLINE_EXCEEDED,
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise RequestError(f"the body is no whole gzip: {error}") from error
        except OSError as error:
            raise RequestError(
                "the client has gone away", grpc.StatusCode.CANCELLED
            ) from error
        except (HttpProcessingError, web.RequestPayloadError) as error:
            raise RequestError(f"the body cannot be read: {error}") from error


def _unzip(body: bytes, most: int) -> bytes:
    """Returns what gzip has compressed, up to so many bytes."""
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise web.HTTPRequestEntityTooLarge(most)
    return content


def _to_dict(message) -> dict:
    return json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )


def _to_json(document: dict) -> bytes:
    return json.dumps(document, indent=2).encode()


def _error(status: int, text: str) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps({"error": text}).encode(),
        content_type="application/json",
    )
