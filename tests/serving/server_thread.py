"""A server beside the tests."""

import asyncio
import functools
import threading

from serving.folder import model_configs
from serving.server import ServerConfig, running


class Server:
    """A server in a thread, on free ports."""

    def __init__(self, folder, **settings):
        self._config = ServerConfig(rest_api_port=0, port=0, **settings)
        self._read = functools.partial(model_configs.published, folder)
        self._thread = threading.Thread(target=self._run)
        self._started = threading.Event()

    def _run(self):
        async def main():
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            async with running(self._read, self._config) as server:
                self.running = server
                self.url, self.target = server.rest_url, server.grpc_target
                self._started.set()
                await self._stop.wait()

        asyncio.run(main())

    def poll(self):
        """Looks for new versions now."""
        asyncio.run_coroutine_threadsafe(
            self.running.models.poll(), self._loop
        ).result()

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(120)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
