"""What Prometheus is told."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import grpc
import prometheus_client

from serving.errors import RequestError

_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """The counters of one server."""

    def __init__(self):
        """Everything is zero."""
        self._registry = registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter(
            "serving_requests",
            "Requests answered, by gRPC's name of the outcome.",
            ["interface", "method", "code"],
            registry=registry,
        )
        self._seconds = prometheus_client.Histogram(
            "serving_request_seconds",
            "Time from a request's headers to its answer.",
            ["interface", "method"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.batch_rows = prometheus_client.Histogram(
            "serving_batch_rows",
            "Rows of one call of a signature.",
            ["model", "signature"],
            buckets=_ROWS,
            registry=registry,
        )
        self.versions = prometheus_client.Gauge(
            "serving_versions",
            "Versions of a model that can answer.",
            ["model"],
            registry=registry,
        )

    @contextlib.contextmanager
    def request(self, interface: str, method: str) -> Iterator[None]:
        """Counts what happens inside as a request, and takes its time.

        Args:
          interface: rest or grpc.
          method: predict, metadata, …

        Raises:
          RequestError: what was raised inside; a fault of ours is logged, and
            has the code INTERNAL.
        """
        code = "OK"
        try:
            with self._seconds.labels(interface, method).time():
                yield
        except RequestError as error:
            code = error.code.name
            raise
        except asyncio.CancelledError:  # the client has gone away
            code = "CANCELLED"
            raise
        except Exception as error:  # a fault of ours: the server goes on
            code = "INTERNAL"
            logging.exception("%s %s", interface, method)
            raise RequestError(
                f"internal error: {type(error).__name__}",
                grpc.StatusCode.INTERNAL,
            ) from error
        finally:
            self._requests.labels(interface, method, code).inc()

    def text(self) -> bytes:
        """Returns all of it, in Prometheus's text format."""
        return prometheus_client.generate_latest(self._registry)
