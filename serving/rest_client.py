"""Asks over HTTP, in JSON."""

import concurrent.futures
import json
import threading
import urllib.parse
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import urllib3
from google.protobuf import json_format
from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap

from export.calls import Arrays
from serving.arrays import to_array, to_plain
from serving.signatures import SignatureSpec, read_signatures
from serving.target import Target, retry

_T = TypeVar("_T")
_TRY_AGAIN = {429, 502, 503, 504}
# What another attempt does not mend.
_FINAL = urllib3.exceptions.SSLError, urllib3.exceptions.LocationValueError


class RestClient:
    """A client of the REST interface."""

    def __init__(self, target: Target):
        """Connects with the first question."""
        self._target = t = target
        self._pool = urllib3.PoolManager(
            retries=False, ca_certs=t.ca_file or None
        )
        url = f"{t.server.rstrip('/')}/v1/models/{urllib.parse.quote(t.model)}"
        if t.version is not None:
            url += f"/versions/{t.version}"
        elif t.label:
            url += f"/labels/{urllib.parse.quote(t.label)}"
        self._url = url

    def signatures(self) -> dict[str, SignatureSpec]:
        """Returns what the model offers."""
        answer = self._ask("GET", "/metadata", None)
        found = json_format.ParseDict(
            answer["metadata"]["signature_def"],
            SignatureDefMap(),
            ignore_unknown_fields=True,
        )
        return read_signatures(found.signature_def)

    def predict(self, signature: SignatureSpec, inputs: Arrays) -> Arrays:
        """Returns the outputs of a signature.

        Args:
          signature: of `signatures`.
          inputs: name -> array.
        """
        columns = {n: to_plain(a, as_b64=True) for n, a in inputs.items()}
        body = {"signature_name": signature.name, "inputs": columns}
        outputs = self._ask("POST", ":predict", body)["outputs"]
        if len(signature.outputs) == 1:  # its name is left out
            outputs = {next(iter(signature.outputs)): outputs}
        return {
            name: to_array(value, signature.outputs[name])
            for name, value in outputs.items()
        }

    def _ask(self, method: str, end: str, body) -> dict:
        t = self._target
        content = body and json.dumps(body, default=np.ndarray.tolist).encode()

        def attempt(seconds: float) -> dict:
            try:
                response = _within(
                    seconds,
                    self._pool.request,
                    method,
                    self._url + end,
                    body=content,
                    headers={"Content-Type": "application/json", **t.headers},
                    timeout=seconds,
                )
            except TimeoutError as error:
                reason = f"no whole answer after {seconds:.3g} seconds"
                raise t.failed(reason, again=True) from error
            except urllib3.exceptions.HTTPError as error:
                if "BadStatusLine" in str(error):
                    raise t.failed(
                        "answered no HTTP; of a gRPC port, say grpc://"
                    ) from error
                raise t.failed(error, not isinstance(error, _FINAL)) from error
            if response.status != 200:
                reason = f"HTTP {response.status}: {_reason(response)}"
                raise t.failed(reason, response.status in _TRY_AGAIN)
            try:
                return response.json()
            except ValueError as error:
                raise t.failed(
                    "answered no JSON; is it TensorFlow Serving's REST port?"
                ) from error

        return retry(attempt, t.deadline, t.retries)


def _within(seconds: float, function: Callable[..., _T], *args, **named) -> _T:
    """Returns what a function does, or raises `TimeoutError`.

    urllib3's timeouts are for each read of a socket: a server that sends a byte
    now and then is never too late. The thread is left behind; it ends with the
    answer or with the process.
    """
    answer = concurrent.futures.Future()

    def run() -> None:
        try:
            answer.set_result(function(*args, **named))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(seconds)


def _reason(response: urllib3.BaseHTTPResponse) -> str:
    try:
        return response.json()["error"]
    except (ValueError, TypeError, KeyError):
        return response.data.decode(errors="replace").partition("\n")[0][:200]
