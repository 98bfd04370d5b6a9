"""Puts the rows of waiting requests into one call."""

import asyncio
import collections
import concurrent.futures
import dataclasses
from collections.abc import Callable

import grpc
import numpy as np

from export.calls import Arrays, in_pieces
from serving.errors import RequestError


@dataclasses.dataclass(frozen=True)
class BatchingConfig:
    """How requests are put together.

    Attributes:
      max_batch_size: rows of one call. A larger request runs alone: in pieces,
        if rows do not depend on each other, so that its memory is that of a
        piece.
      num_batch_threads: calls that run at the same time.
      max_waiting: requests that wait; one more is refused.
      max_request_rows: of one request; one with more is refused.
    """

    max_batch_size: int = 64
    num_batch_threads: int = 2
    max_waiting: int = 1000
    max_request_rows: int = 1024


@dataclasses.dataclass(frozen=True)
class _Request:
    inputs: Arrays
    answer: asyncio.Future
    rows: int


class Batcher:
    """Calls of one signature: what waits when a thread is free, goes together.

    Under little load nothing waits and a request runs at once; under much load
    batches grow by themselves. No clock is involved.
    """

    def __init__(
        self,
        run: Callable[[Arrays], Arrays],
        config: BatchingConfig,
        threads: concurrent.futures.Executor,
        batchable: bool = True,
        observe: Callable[[int], object] = lambda rows: None,
    ):
        """Starts nothing; use it in one event loop.

        Args:
          run: the call; runs in a thread.
          config: how requests are put together.
          threads: where calls run.
          batchable: False if every request runs alone.
          observe: is told the number of rows of each call.
        """
        self._run, self._config, self._threads = run, config, threads
        self._batchable, self._observe = batchable, observe
        self._waiting: collections.deque[_Request] = collections.deque()
        self._running: set[asyncio.Task] = set()

    async def submit(self, inputs: Arrays) -> Arrays:
        """Returns the outputs for one request's rows.

        Args:
          inputs: name -> [B, ...].

        Raises:
          RequestError: the call failed, too many requests wait, or this one
            has too many rows.
        """
        loop = asyncio.get_running_loop()
        request = _Request(inputs, loop.create_future(), _rows(inputs))
        if request.rows > self._config.max_request_rows:
            raise RequestError(
                f"the request has {request.rows} rows; at most"
                f" {self._config.max_request_rows} are taken, send several"
            )
        if len(self._waiting) >= self._config.max_waiting:
            raise RequestError(
                f"{len(self._waiting)} requests wait already; try again later",
                grpc.StatusCode.UNAVAILABLE,
            )
        self._waiting.append(request)
        # After what else has arrived in this turn of the loop.
        loop.call_soon(self._start)
        return await request.answer

    def _start(self) -> None:
        most = self._config.num_batch_threads
        while self._waiting and len(self._running) < most:
            task = asyncio.ensure_future(self._answer(self._next()))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task) -> None:
        self._running.discard(task)
        self._start()

    def _next(self) -> list[_Request]:
        batch = [self._waiting.popleft()]
        rows = batch[0].rows if self._batchable else 0
        while self._batchable and self._waiting:
            rows += self._waiting[0].rows
            if rows > self._config.max_batch_size:
                break
            batch.append(self._waiting.popleft())
        return [r for r in batch if not r.answer.done()]  # or cancelled

    async def _answer(self, batch: list[_Request]) -> None:
        if not batch:
            return
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(
                self._threads, self._call, batch
            )
        except Exception as error:
            if len(batch) > 1:  # one bad request must not fail the others
                for request in batch:
                    await self._answer([request])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        for request, answer in zip(batch, answers):
            if not request.answer.done():
                request.answer.set_result(answer)

    def _call(self, batch: list[_Request]) -> list[Arrays]:
        if not self._batchable:
            (request,) = batch
            self._observe(1)
            return [self._run(request.inputs)]
        inputs = {
            name: np.concatenate([request.inputs[name] for request in batch])
            for name in batch[0].inputs
        }

        def run(piece: Arrays) -> Arrays:
            self._observe(_rows(piece))
            return self._run(piece)

        outputs = in_pieces(run, inputs, self._config.max_batch_size)
        ends = np.cumsum([request.rows for request in batch])[:-1]
        parts = {n: np.split(array, ends) for n, array in outputs.items()}
        return [{n: p[i] for n, p in parts.items()} for i in range(len(batch))]


def _rows(inputs: Arrays) -> int:
    return max((len(a) for a in inputs.values() if a.ndim), default=1)
