"""A client for any server with TensorFlow Serving's interfaces."""

import re
import ssl
from collections.abc import Iterable

import urllib3

from serving.grpc_client import GrpcClient
from serving.rest_client import RestClient
from serving.target import Target
from tfgen.errors import UserError

_HEADER = re.compile(r"\s*([\w.-]+)\s*:\s*([ -~]*?)\s*", re.ASCII)


def parse_headers(texts: Iterable[str]) -> dict[str, str]:
    """Returns name -> value of texts `name: value`.

    Raises:
      UserError: a text is something else, or not what HTTP and gRPC both take.
    """
    headers = {}
    for text in texts:
        match = _HEADER.fullmatch(text)
        if not match:  # the value may be a secret
            name = ascii(text.partition(":")[0]) if ":" in text else "…"
            raise UserError(
                f"header={name}: write it as 'name: value', in printable"
                " ASCII; names are of letters, digits, '-', '_' and '.'."
            )
        headers[match[1]] = match[2]
    return headers


def connect(target: Target) -> RestClient | GrpcClient:
    """Returns the client for the scheme of the server's URL.

    Raises:
      UserError: the URL has no scheme that is known, or no host, or the
        certificates cannot be read.
    """
    clients = {"http": RestClient, "grpc": GrpcClient}
    try:
        url = urllib3.util.parse_url(target.server)
    except urllib3.exceptions.LocationParseError:
        url = urllib3.util.Url()
    scheme = (url.scheme or "").removesuffix("s")
    if scheme not in clients or not url.host:
        raise UserError(
            f"server={target.server}: begin with http://, https://, grpc:// or"
            " grpcs://; then a host, as in http://localhost:8501."
        )
    if target.ca_file:
        try:
            ssl.create_default_context(cafile=target.ca_file)
        except OSError as error:
            raise UserError(
                f"ca_file={target.ca_file}: {error.strerror}; give a PEM file."
            ) from error
    return clients[scheme](target)
