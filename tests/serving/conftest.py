"""A small SavedModel, published, and a server that answers from it."""

import asyncio
import functools
import threading

import numpy as np
import pytest
import tensorflow as tf

from export.examples import Example
from export.publish import publish
from serving import folders
from serving.batching import BatchingConfig
from serving.server import ServerConfig, running

PNG = tf.io.encode_png(np.zeros((2, 3, 1), np.uint8)).numpy()


def save(folder, factor):
    """`scale` multiplies by a variable; `text`, `ids`, `divide` are odd."""
    module = tf.Module()
    module.factor = tf.Variable(factor)

    def function(*specs):
        return functools.partial(tf.function, input_signature=specs)

    @function(tf.TensorSpec([None, 3], tf.float32, "x"))
    def scale(x):
        return {"y": module.factor * x}

    @function(
        tf.TensorSpec([None], tf.int32, "number"),
        tf.TensorSpec([None], tf.string, "word"),
    )
    def text(number, word):
        return {
            "both": tf.strings.join([word, tf.strings.as_string(number)]),
            "twice": 2 * number,
            "png_bytes": tf.fill(tf.shape(word), PNG),
        }

    @function(tf.TensorSpec([None, None], tf.int32, "ids"))
    def ids(ids):
        return {"same": tf.identity(ids)}

    @function(tf.TensorSpec([None], tf.int32, "a"))
    def divide(a):
        with tf.control_dependencies([tf.debugging.assert_positive(a)]):
            return {"b": tf.math.log(tf.cast(a, tf.float32))}

    tf.saved_model.save(
        module,
        str(folder),
        {
            "serving_default": scale.get_concrete_function(),
            "scale": scale.get_concrete_function(),
            "text": text.get_concrete_function(),
            "ids": ids.get_concrete_function(),
            "divide": divide.get_concrete_function(),
        },
    )


def examples():
    x = np.ones((2, 3), np.float32)
    return [Example("scale", True, {"x": x}, {"y": x})]


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """SavedModels by factor."""
    folder = tmp_path_factory.mktemp("saved")
    for factor in (2.0, 3.0):
        save(folder / str(factor), factor)
    return {factor: folder / str(factor) for factor in (2.0, 3.0)}


@pytest.fixture
def publish_factor(saved):
    def publish_factor(folder, factor, **settings):
        return publish(saved[factor], folder, "toy", examples(), **settings)

    return publish_factor


class Server:
    """A server in a thread, on free ports."""

    def __init__(self, folder, **settings):
        self._config = ServerConfig(rest_api_port=0, port=0, **settings)
        self._read = functools.partial(folders.published, folder)
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


@pytest.fixture(scope="session")
def server(saved, tmp_path_factory):
    """Version 1 multiplies by 2; it is `stable`. Version 2, by 3; `canary`."""
    folder = tmp_path_factory.mktemp("published")
    for factor in (2.0, 3.0):
        publish(saved[factor], folder, "toy", examples())
    settings = {
        "poll_seconds": 3600,
        "read_timeout": 1.0,
        "max_body_bytes": 1 << 20,
        "batching": BatchingConfig(max_rows=8),
    }
    with Server(folder, **settings) as server:
        yield server
