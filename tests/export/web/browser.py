"""Chromium without a window, driven by its own protocol."""

import asyncio
import base64
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


class Tab:
    """A page of Chromium; called with JavaScript, it returns its value."""

    def __init__(self, loop, page):
        self._loop, self._page = loop, page

    def __call__(self, expression):
        return self._loop.run_until_complete(self._page.ask(expression))

    def command(self, method, **parameters):
        """Returns the result of a command of the DevTools protocol."""
        asked = self._page.command(method, parameters)
        return self._loop.run_until_complete(asked)

    def until(self, expression):
        """Waits for a value that is true, and returns it."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            if value := self(expression):
                return value
            time.sleep(0.05)
        raise AssertionError(self("document.body.innerText"))

    def go(self, address):
        """Opens another page, and returns its error or why it fails."""
        self.command("Page.navigate", url=address)
        there = f"location.href.startsWith({json.dumps(address)})"
        told = "document.body?.dataset?"
        return self.until(f"{there} && ({told}.error || {told}.failed)")

    def press(self, key):
        """A key goes down and up, where the focus is."""
        for kind in ("rawKeyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key)

    def picture(self, path):
        """Writes a PNG of the whole page."""
        found = self.command(
            "Page.captureScreenshot", captureBeyondViewport=True
        )
        pathlib.Path(path).write_bytes(base64.b64decode(found["data"]))


@contextlib.contextmanager
def opened(address, profile):
    """Yields a `Tab` with a page.

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
            yield Tab(loop, page)
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

    async def command(self, method, parameters):
        """The result; None where the page is on its way to another."""
        await self.socket.send_json(
            {"id": 1, "method": method, "params": parameters}
        )
        async for message in self.socket:
            told = json.loads(message.data)
            if told.get("id") == 1:
                return None if "error" in told else told["result"]
        raise AssertionError("Chromium has closed the page")

    async def ask(self, expression):
        told = await self.command(
            "Runtime.evaluate",
            {
                "expression": expression,
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if told is None:
            return None
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def close(self):
        await self.socket.close()
        await self.session.close()
