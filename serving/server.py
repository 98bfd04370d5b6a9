"""The development server: both interfaces on one event loop."""

import asyncio
import contextlib
import dataclasses
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from aiohttp import web

from serving import grpc_service, rest
from serving.access import Access
from serving.batching import BatchingConfig
from serving.folder.model_configs import ModelConfig
from serving.models import Models
from tfgen.errors import UserError

ReadConfigs = Callable[[], Mapping[str, ModelConfig]]


@dataclasses.dataclass(frozen=True)
class ServerConfig:
    """How the server runs.

    Attributes:
      host: address to listen on.
      rest_api_port: of HTTP; 0 takes a free one.
      port: of gRPC; 0 takes a free one.
      max_body_bytes: larger requests are refused.
      read_timeout: seconds a client has to send a request, and to take some
        of the answer.
      poll_seconds: between two looks at the disk.
      batching: how requests are put together.
      access: who may ask. An address that other machines reach needs a token.
    """

    host: str = "127.0.0.1"
    rest_api_port: int = 8501
    port: int = 8500
    max_body_bytes: int = 32 << 20
    read_timeout: float = 30
    poll_seconds: float = 2
    batching: BatchingConfig = BatchingConfig()
    access: Access = Access()

    def __post_init__(self):
        """Raises `UserError` if other machines could ask without a token."""
        self.access.check_host(self.host)


@dataclasses.dataclass(frozen=True)
class Running:
    """A server that answers.

    Attributes:
      rest_url: begin of the REST interface's URLs.
      grpc_target: host and port of the gRPC interface.
      models: what it serves.
    """

    rest_url: str
    grpc_target: str
    models: Models


@contextlib.asynccontextmanager
async def running(
    read_configs: ReadConfigs, config: ServerConfig
) -> AsyncIterator[Running]:
    """Loads the models, listens, and at the end answers what has arrived.

    Args:
      read_configs: see `Models`.
      config: how the server runs.

    Raises:
      UserError: a port is taken.
    """
    models = Models(read_configs, config.batching)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(models.close)
        await models.poll()
        grpc_server = grpc_service.make_server(
            models, config.max_body_bytes, config.access
        )
        with _listening("port", config):
            grpc_port = config.access.add_port(
                grpc_server, _address(config.host, config.port)
            )
        await grpc_server.start()
        stack.push_async_callback(grpc_server.stop, grace=5)
        app = rest.make_app(
            models, config.max_body_bytes, config.read_timeout, config.access
        )
        runner = web.AppRunner(app, shutdown_timeout=5)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        loop = asyncio.get_running_loop()

        def protocol():
            return rest.Protocol(runner.server, config.read_timeout, loop=loop)

        with _listening("rest_api_port", config):
            listening = await loop.create_server(
                protocol,
                config.host,
                config.rest_api_port,
                backlog=128,
                ssl=config.access.ssl_context(),
            )
        stack.callback(listening.close)
        rest_port = listening.sockets[0].getsockname()[1]
        poller = asyncio.ensure_future(_poll(models, config.poll_seconds))
        stack.callback(poller.cancel)
        scheme = "https" if config.access.cert_file else "http"
        yield Running(
            f"{scheme}://{_address(config.host, rest_port)}",
            _address(config.host, grpc_port),
            models,
        )


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextlib.contextmanager
def _listening(port: str, config: ServerConfig) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"{port}={getattr(config, port)} host={config.host}: cannot listen"
            " there; choose another port, or an address of this machine"
            " (127.0.0.1, ::1; 0.0.0.0 and :: for all)."
        ) from error


async def _poll(models: Models, seconds: float) -> None:
    said = ""  # once, until something changes
    while True:
        await asyncio.sleep(seconds)
        try:
            await models.poll()
            said = ""
        except Exception as error:  # the next look may find it mended
            if said != (said := f"{type(error).__name__}: {error}"):
                logging.warning("what is served stays as it is: %s", said)


def serve(
    read_configs: ReadConfigs,
    config: ServerConfig,
    started: Callable[[Running], object] = lambda running: None,
) -> None:
    """Runs a server until SIGINT or SIGTERM.

    Args:
      read_configs: see `Models`.
      config: how the server runs.
      started: is called when it answers.

    Raises:
      UserError: there is nothing to serve, or a port is taken.
    """

    async def main():
        stop = asyncio.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
        async with running(read_configs, config) as server:
            started(server)
            await stop.wait()

    asyncio.run(main())
