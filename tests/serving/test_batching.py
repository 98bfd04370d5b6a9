import asyncio
import concurrent.futures
import threading

import grpc
import numpy as np
import pytest

from serving.batching import Batcher, BatchingConfig
from serving.errors import RequestError


class Double:
    """Doubles x, holds the first call until the others wait, counts rows."""

    def __init__(self):
        self.calls, self.go = [], threading.Event()

    def __call__(self, inputs):
        self.go.wait()
        x = inputs["x"]
        self.calls.append(len(x))
        if np.any(x < 0):
            raise RequestError("negative")
        return {"y": 2 * x, "z": -x}


def rows(*values):
    return {"x": np.array(values)}


def submit_all(requests, batchable=True, **settings):
    """Returns the answers or errors of requests sent at once, and the calls."""
    double, observed = Double(), []

    async def main():
        config = BatchingConfig(num_batch_threads=1, **settings)
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            batcher = Batcher(
                double, config, threads, batchable, observed.append
            )
            first = asyncio.ensure_future(batcher.submit(requests[0]))
            await asyncio.sleep(0.01)  # the call has begun
            others = [
                asyncio.ensure_future(batcher.submit(r)) for r in requests[1:]
            ]
            await asyncio.sleep(0.01)
            double.go.set()
            return await asyncio.gather(first, *others, return_exceptions=True)

    return asyncio.run(main()), double.calls, observed


def test_waiting_requests_go_together():
    requests = [rows(0), rows(1, 2), rows(3), rows(4, 5)]
    answers, calls, observed = submit_all(requests)
    assert calls == observed == [1, 5]
    for request, answer in zip(requests, answers):
        np.testing.assert_array_equal(answer["y"], 2 * request["x"])
        np.testing.assert_array_equal(answer["z"], -request["x"])


def test_a_call_has_so_many_rows_and_a_larger_request_runs_in_pieces():
    requests = [rows(0), rows(1, 2), rows(3, 4), rows(5, 6, 7, 8), rows(9)]
    answers, calls, observed = submit_all(requests, max_batch_size=3)
    assert calls == observed == [1, 2, 2, 3, 1, 1]
    assert [len(a["y"]) for a in answers] == [1, 2, 2, 4, 1]
    assert answers[3]["y"].tolist() == [10, 12, 14, 16]


def test_rows_that_depend_on_each_other_are_not_cut():
    _, calls, _ = submit_all(
        [rows(0), rows(1, 2, 3, 4)], False, max_batch_size=3
    )
    assert calls == [1, 4]


@pytest.mark.parametrize("batchable", [True, False])
def test_a_request_with_too_many_rows_is_refused(batchable):
    requests = [rows(0, 1), rows(1, 2, 3)]
    answers, calls, _ = submit_all(requests, batchable, max_request_rows=2)
    assert calls == [2]
    assert answers[1].code == grpc.StatusCode.INVALID_ARGUMENT
    assert "has 3 rows; at most 2 are taken" in str(answers[1])


def test_what_cannot_be_batched_runs_alone():
    _, calls, observed = submit_all([rows(0), rows(1), rows(2)], False)
    assert calls == observed == [1, 1, 1]


def test_a_bad_request_fails_alone():
    answers, calls, _ = submit_all([rows(0), rows(1), rows(-1), rows(2)])
    assert calls == [1, 3, 1, 1, 1]
    assert isinstance(answers[2], RequestError)
    assert [answers[i]["y"].item() for i in (0, 1, 3)] == [0, 2, 4]


def test_too_many_wait():
    answers, *_ = submit_all([rows(i) for i in range(4)], max_waiting=2)
    assert answers[3].code == grpc.StatusCode.UNAVAILABLE
    assert [answers[i]["y"].item() for i in range(3)] == [0, 2, 4]


def test_a_client_that_went_away_is_left_out():
    double = Double()

    async def main():
        config = BatchingConfig(num_batch_threads=1)
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            batcher = Batcher(double, config, threads)
            tasks = [
                asyncio.ensure_future(batcher.submit(rows(0))),
                asyncio.ensure_future(batcher.submit(rows(1))),
            ]
            await asyncio.sleep(0.01)
            tasks += [
                asyncio.ensure_future(batcher.submit(rows(i))) for i in (2, 3)
            ]
            await asyncio.sleep(0.01)
            tasks[2].cancel()
            await asyncio.sleep(0.01)
            double.go.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(main())
    # The first two came in one turn of the loop.
    assert double.calls == [2, 1]
    assert isinstance(answers[2], asyncio.CancelledError)
    with pytest.raises(KeyError):
        answers[3]["x"]
    assert answers[3]["y"].item() == 6
