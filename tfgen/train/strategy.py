"""Where training runs: `tf.distribute` strategies by name."""

import json
import math
import os
import signal
import threading
from collections.abc import Mapping, Sequence

import tensorflow as tf

from tfgen.errors import UserError
from tfgen.train import workers

NAMES = ("auto", "cpu", "gpu", "mirrored", "multi_worker")
WORKER_TIMEOUT = 300.0  # seconds

# TensorFlow numbers the collectives of every strategy from the same start and
# mixes up those of two: a process has one of each name.
_made: dict[str, tf.distribute.Strategy] = {}


def make_strategy(
    name: str, worker_timeout: float = WORKER_TIMEOUT
) -> tf.distribute.Strategy:
    """Returns the strategy called `name`, the same one each time.

    Args:
      name: `auto` (all GPUs there are, else the CPU), `cpu`, `gpu` (the first
        one), `mirrored` (all GPUs, else all logical CPU devices) or
        `multi_worker` (the cluster that `TF_CONFIG` describes).
      worker_timeout: seconds to wait for the other workers.

    Raises:
      UserError: there is no such device or cluster, or a worker does not come.
    """
    if name not in _made:
        _made[name] = _make(name, worker_timeout)
    return _made[name]


def _make(name: str, worker_timeout: float) -> tf.distribute.Strategy:
    if name == "multi_worker":  # must come before TensorFlow looks for devices
        return _make_multi_worker(worker_timeout)
    gpus = tf.config.list_logical_devices("GPU") if name != "cpu" else []
    if name == "auto":
        name = "mirrored" if len(gpus) > 1 else "gpu" if gpus else "cpu"
    if name == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    if name == "gpu":
        if not gpus:
            raise UserError(
                "strategy=gpu: TensorFlow sees no GPU; install"
                " tensorflow[and-cuda] and a driver, or use strategy=cpu."
            )
        return tf.distribute.OneDeviceStrategy("/gpu:0")
    if name == "mirrored":
        devices = gpus or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([d.name for d in devices])
    raise UserError(f"strategy={name}: unknown. Known: {', '.join(NAMES)}.")


def _make_multi_worker(timeout: float) -> tf.distribute.Strategy:
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        own = "{type} {index}".format(**config["task"])
        named = _named(config["cluster"])
        named[own]
        for address in named.values():
            workers.host_and_port(address)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(
            "strategy=multi_worker: the environment variable TF_CONFIG must"
            " describe the cluster, for example"
            ' {"cluster": {"worker": ["host1:12345", "host2:12345"]},'
            f' "task": {{"type": "worker", "index": 0}}}}, not {text!r}.'
        ) from error
    if len(named) > 1:
        workers.wait_for_all(named, own, timeout)
    # TensorFlow connects them, deaf to signals that Python handles. A worker
    # that ends meanwhile would make it wait for ever.
    signal.alarm(math.ceil(timeout))
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    finally:
        signal.alarm(0)
    # It has taken SIGTERM for itself.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    return strategy


def _named(cluster: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The workers of a cluster, name -> address; the chief is the first.

    A cluster may call its first worker "chief", and count it by itself.
    """
    return {
        f"{job} {index}": address
        for job in ("chief", "worker")
        for index, address in enumerate(cluster.get(job, ()))
    }


def workers_of(strategy: tf.distribute.Strategy) -> tuple[dict[str, str], str]:
    """Returns the workers, see `tfgen.train.workers`, and this one's name."""
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec().as_dict() if resolver else {}
    if not cluster:
        return {"worker 0": ""}, "worker 0"
    return _named(cluster), f"{resolver.task_type} {resolver.task_id}"


def worker_of(strategy: tf.distribute.Strategy) -> tuple[int, int]:
    """Returns this process's index and the number of processes."""
    named, own = workers_of(strategy)
    return list(named).index(own), len(named)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes checkpoints and logs."""
    return worker_of(strategy)[0] == 0


def sum_over_workers(strategy: tf.distribute.Strategy, value: int) -> int:
    """Returns the sum of what all workers, at the same time, call this with."""
    _, workers = worker_of(strategy)
    if workers == 1:
        return value
    replicas = strategy.num_replicas_in_sync // workers
    values = strategy.experimental_distribute_values_from_function(
        lambda _: tf.constant(value, tf.int64)
    )
    return int(strategy.reduce("SUM", values, axis=None)) // replicas
