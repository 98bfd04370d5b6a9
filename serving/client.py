"""A client for any server with TensorFlow Serving's interfaces."""

import urllib.parse
from collections.abc import Iterable, Mapping

from serving.grpc_client import GrpcClient
from serving.rest_client import RestClient
from serving.servable import Signature
from serving.target import Target
from tfgen.errors import UserError
from tfgen.registry import lookup


def signature_of(signatures: Mapping[str, Signature], name: str) -> Signature:
    """Returns the signature of that name, or raises `UserError`."""
    return signatures[lookup("--signature", name, signatures)]


def parse_headers(texts: Iterable[str]) -> dict[str, str]:
    """Returns name -> value of texts `name: value`.

    Raises:
      UserError: a text is something else.
    """
    headers = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise UserError("--header: write it as 'name: value'.")
        headers[name.strip()] = value.strip()
    return headers


def connect(target: Target) -> RestClient | GrpcClient:
    """Returns the client for the scheme of the server's URL.

    Raises:
      UserError: the URL has no scheme that is known, or no host.
    """
    url = urllib.parse.urlsplit(target.server)
    clients = {
        "http": RestClient,
        "https": RestClient,
        "grpc": GrpcClient,
        "grpcs": GrpcClient,
    }
    if url.scheme not in clients or not url.netloc:
        raise UserError(
            f"--server={target.server}: begin with http://, https://, grpc://"
            " or grpcs://, then host and port, as http://localhost:8501."
        )
    return clients[url.scheme](target)
