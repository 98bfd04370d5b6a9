"""Who may ask a server, and how what is said is kept from others."""

import dataclasses
import hmac
import ipaddress
import logging
import pathlib
import re
import socket
import ssl

import grpc

from serving.errors import RequestError
from tfgen.errors import UserError


@dataclasses.dataclass(frozen=True)
class Access:
    """What protects a server.

    Attributes:
      token: that each request must bring, as `authorization: Bearer TOKEN`; ""
        lets everybody ask.
      cert_file: its certificate, and those up to the root, in PEM; "" for no
        TLS.
      key_file: the certificate's private key, in PEM.
    """

    token: str = dataclasses.field(default="", repr=False)
    cert_file: str = ""
    key_file: str = ""

    def __post_init__(self):
        """Raises `UserError` if there is a half of TLS, or no such file."""
        if bool(self.cert_file) != bool(self.key_file):
            raise UserError(
                f"cert_file={self.cert_file} key_file={self.key_file}: TLS"
                " needs both; give two PEM files."
            )
        self.ssl_context()

    def check_host(self, host: str) -> None:
        """Raises `UserError` if other machines could ask without a token.

        Args:
          host: to listen on.
        """
        if _is_loopback(host):
            return
        if not self.token:
            raise UserError(
                f"host={host}: other machines reach the server there; give"
                " token=… that they must bring, or host=127.0.0.1."
            )
        if not self.cert_file:
            logging.warning(
                "host=%s: token and data cross the network in plain text; give"
                " cert_file and key_file for TLS.",
                host,
            )

    def check(self, authorization: str | bytes | None) -> None:
        """Raises `RequestError` if a request does not bring the token.

        Args:
          authorization: the header of that name.
        """
        given = authorization or b""
        given = given.encode() if isinstance(given, str) else given
        kind, _, token = given.strip().partition(b" ")
        right = hmac.compare_digest(token.strip(), self.token.encode())
        if self.token and not (right and kind.lower() == b"bearer"):
            raise RequestError(
                "wrong or no token; send the header"
                " 'authorization: Bearer TOKEN'",
                grpc.StatusCode.UNAUTHENTICATED,
            )

    def ssl_context(self) -> ssl.SSLContext | None:
        """Returns what HTTP is encrypted with; None without TLS."""
        if not self.cert_file:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:  # also `SSLError`
            raise UserError(
                f"cert_file={self.cert_file} key_file={self.key_file}: no"
                f" certificate with its key ({error.strerror or error}); give"
                " two PEM files."
            ) from error
        return context

    def add_port(self, server: grpc.aio.Server, address: str) -> int:
        """Lets a gRPC server listen; returns its port.

        Args:
          server: not started.
          address: host and port; 0 takes a free one.
        """
        if not self.cert_file:
            return server.add_insecure_port(address)
        key, cert = (
            pathlib.Path(path).read_bytes()
            for path in (self.key_file, self.cert_file)
        )
        credentials = grpc.ssl_server_credentials([(key, cert)])
        return server.add_secure_port(address, credentials)


def read_token(text: str) -> str:
    """Returns a token; `@FILE` is what a file holds.

    The list of processes shows what a command line holds, and no file.

    Raises:
      UserError: the file cannot be read, or no header can hold the token.
    """
    path = pathlib.Path(text[1:])
    try:
        token = path.read_text().strip() if text.startswith("@") else text
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "no text"
        raise UserError(
            f"token=@{path}: {reason}; give a file that holds the token."
        ) from error
    if text and not re.fullmatch(r"[!-~]+", token):
        raise UserError(
            "token: expected printable ASCII without spaces, and one at least."
        )
    return token


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host; a name, all its addresses."""
    try:
        found = socket.getaddrinfo(
            host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError:  # nobody can listen there
        return False
    addresses = (address[0].partition("%")[0] for *_, address in found)
    return all(ipaddress.ip_address(a).is_loopback for a in addresses)
