"""Training batches that another process makes: the `tf.data` service.

`apps.data_service` starts a dispatcher with a worker, on any machine. They make
the very batches that the training would make itself, in their order. That is
checked, since each batch knows its step: several workers of one dispatcher
would make all batches, each.
"""

from __future__ import annotations

import socket

import tensorflow as tf

from tfgen.errors import UserError

_SECONDS = 5.0  # to find out that nobody listens


def start(port: int) -> tuple[str, tuple]:
    """Starts a dispatcher and its worker in this process.

    Args:
      port: of the dispatcher; 0 takes a free one.

    Returns:
      "host:port" of the dispatcher; what runs as long as it is kept.

    Raises:
      UserError: the port is taken.
    """
    service = tf.data.experimental.service
    try:
        dispatcher = service.DispatchServer(service.DispatcherConfig(port))
    except tf.errors.OpError as error:
        raise UserError(
            f"port={port}: cannot listen there; choose another one."
        ) from error
    address = dispatcher.target.partition("://")[2]
    worker = service.WorkerServer(service.WorkerConfig(address))
    return address, (dispatcher, worker)


def by_service(
    batches: tf.data.Dataset,
    address: str,
    start_step: int,
    steps_per_call: int,
    repeats: int = 1,
) -> tf.data.Dataset:
    """Returns the same batches, made by a service.

    Args:
      batches: of training, with `step`; see `tfgen.data.pipeline`.
      address: of the dispatcher, "host:port".
      start_step: of the first batch.
      steps_per_call: K.
      repeats: elements of the same steps, one a replica.

    Raises:
      UserError: nobody listens there.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"data.data_service={address}: no dispatcher ({error}); expected"
            " HOST:PORT of a data service that runs."
        ) from error
    made = batches.apply(
        tf.data.experimental.service.distribute(
            tf.data.experimental.service.ShardingPolicy.OFF, f"grpc://{address}"
        )
    )

    @tf.autograph.experimental.do_not_convert
    def checked(place: tf.Tensor, batch: dict) -> dict:
        expected = start_step + place // repeats * steps_per_call
        found = tf.cast(tf.reshape(batch["step"], [-1])[0], tf.int64)
        message = "data.data_service: not the next batch; expected one worker"
        right = tf.debugging.assert_equal(found, expected, message)
        with tf.control_dependencies([right]):
            return {name: tf.identity(t) for name, t in batch.items()}

    return made.enumerate().map(checked).prefetch(tf.data.AUTOTUNE)
