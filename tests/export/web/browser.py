"""Chromium without a window, driven by its own protocol."""

import asyncio
import contextlib
import functools
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
    " --remote-debugging-port=0"
).split()
_SECONDS = 300  # until something hangs


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """Yields the address of a static server."""
    handler = functools.partial(_Quiet, directory=os.fspath(folder))
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def opened(address, profile):
    """Yields `ask(expression)`: the value of JavaScript on a page, awaited.

    Args:
      address: of the page.
      profile: an empty folder.
    """
    profile = pathlib.Path(profile)
    process = subprocess.Popen(
        [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    loop = asyncio.new_event_loop()
    try:
        port = _port(profile / "DevToolsActivePort")
        page = loop.run_until_complete(_Page.of(port))
        try:
            yield lambda asked: loop.run_until_complete(page.ask(asked))
        finally:
            loop.run_until_complete(page.close())
    finally:
        loop.close()
        process.terminate()
        process.wait()


def _port(path):
    end = time.monotonic() + _SECONDS
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end, "Chromium does not start"
        time.sleep(0.05)
    return int(path.read_text().splitlines()[0])


class _Page:
    """One tab."""

    @classmethod
    async def of(cls, port):
        self = cls()
        self.session = aiohttp.ClientSession()
        tabs: list = []
        while not tabs:
            address = f"http://localhost:{port}/json"
            async with self.session.get(address) as found:
                tabs = await found.json(content_type=None)
            tabs = [tab for tab in tabs if tab["type"] == "page"]
        (tab,) = tabs
        self.socket = await self.session.ws_connect(
            tab["webSocketDebuggerUrl"], max_msg_size=0
        )
        return self

    async def ask(self, expression):
        await self.socket.send_json(
            {
                "id": 1,
                "method": "Runtime.evaluate",
                "params": {
                    "expression": expression,
                    "awaitPromise": True,
                    "returnByValue": True,
                },
            }
        )
        async for message in self.socket:
            told = json.loads(message.data)
            if told.get("id") == 1:
                if "error" in told:
                    return None  # the page is on its way to another
                result = told["result"]
                assert "exceptionDetails" not in result, result
                return result["result"].get("value")
        raise AssertionError("Chromium has closed the page")

    async def close(self):
        await self.socket.close()
        await self.session.close()
