"""Keras's `predict` behind FastAPI and uvicorn, as tutorials have it.

`/threads` runs requests in FastAPI's threads, `/loop` one after the other.
Argument: the workdir of a Real NVP.
"""

import socket
import sys

import fastapi
import keras
import numpy as np
import pydantic
import uvicorn

from tfgen.run import Run


class LogProb(keras.Model):
    """What `predict` calls."""

    def __init__(self, flow: keras.Model):
        super().__init__()
        self.flow = flow

    def call(self, x):  # noqa: D102
        return self.flow.log_prob(x)


class Request(pydantic.BaseModel):
    """TensorFlow Serving's row format."""

    instances: list[list[list[list[float]]]]


def main() -> None:
    model = LogProb(Run.resume(sys.argv[1]).model)
    app = fastapi.FastAPI()

    @app.post("/threads")
    def threads(request: Request):
        x = np.array(request.instances, np.float32)
        return {"predictions": model.predict(x, verbose=0).tolist()}

    @app.post("/loop")
    async def loop(request: Request):
        return threads(request)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        server.run([listening])


if __name__ == "__main__":
    main()
