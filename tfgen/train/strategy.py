"""Where training runs: `tf.distribute` strategies by name."""

import functools
import json
import os

import tensorflow as tf

from tfgen.errors import UserError

NAMES = ("auto", "cpu", "gpu", "mirrored", "multi_worker")


# TensorFlow numbers the collectives of every strategy from the same start and
# mixes up those of two: a process has one of each name.
@functools.cache
def make_strategy(name: str) -> tf.distribute.Strategy:
    """Returns the strategy called `name`.

    Args:
      name: `auto` (all GPUs there are, else the CPU), `cpu`, `gpu` (the first
        one), `mirrored` (all GPUs, else all logical CPU devices) or
        `multi_worker` (the cluster that `TF_CONFIG` describes).

    Raises:
      UserError: there is no such device or cluster.
    """
    if name == "multi_worker":  # must come before TensorFlow looks for devices
        _check_cluster(os.environ.get("TF_CONFIG", ""))
        return tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_logical_devices("GPU") if name != "cpu" else []
    if name == "auto":
        name = "mirrored" if len(gpus) > 1 else "gpu" if gpus else "cpu"
    if name == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    if name == "gpu":
        if not gpus:
            raise UserError(
                "--strategy=gpu: TensorFlow sees no GPU; install"
                " tensorflow[and-cuda] and a driver, or use --strategy=cpu."
            )
        return tf.distribute.OneDeviceStrategy("/gpu:0")
    if name == "mirrored":
        devices = gpus or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([d.name for d in devices])
    raise UserError(f"--strategy={name}: unknown. Known: {', '.join(NAMES)}.")


def _check_cluster(text: str) -> None:
    """Raises `UserError` unless `TF_CONFIG` describes a cluster."""
    try:
        config = json.loads(text)
        task = config["task"]
        config["cluster"][task["type"]][task["index"]]
    except (ValueError, LookupError, TypeError) as error:
        raise UserError(
            "--strategy=multi_worker: the environment variable TF_CONFIG must"
            " describe the cluster, for example"
            ' {"cluster": {"worker": ["host1:12345", "host2:12345"]},'
            f' "task": {{"type": "worker", "index": 0}}}}, not {text!r}.'
        ) from error


def worker_of(strategy: tf.distribute.Strategy) -> tuple[int, int]:
    """Returns this process's index and the number of processes."""
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec().as_dict() if resolver else {}
    if not cluster:
        return 0, 1
    # A cluster may call its first worker "chief", and count it by itself.
    chiefs, workers = (len(cluster.get(n, ())) for n in ("chief", "worker"))
    first = chiefs if resolver.task_type == "worker" else 0
    return first + resolver.task_id, chiefs + workers


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
