"""Where training runs: `tf.distribute` strategies by name."""

import json
import os

import tensorflow as tf

from tfgen.errors import UserError

NAMES = ("auto", "cpu", "gpu", "mirrored", "multi_worker")


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Returns the strategy called `name`.

    Args:
      name: `auto` (all GPUs there are, else the CPU), `cpu`, `gpu` (the first
        one), `mirrored` (all GPUs, else all logical CPU devices) or
        `multi_worker` (the cluster that `TF_CONFIG` describes).

    Raises:
      UserError: there is no such device or cluster.
    """
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
    if name == "multi_worker":
        if "cluster" not in json.loads(os.environ.get("TF_CONFIG") or "{}"):
            raise UserError(
                "--strategy=multi_worker: the environment variable TF_CONFIG"
                " must describe the cluster, for example"
                ' {"cluster": {"worker": ["host1:12345", "host2:12345"]},'
                ' "task": {"type": "worker", "index": 0}}.'
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise UserError(f"--strategy={name}: unknown. Known: {', '.join(NAMES)}.")


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes checkpoints and logs."""
    resolver = strategy.cluster_resolver
    return resolver is None or not resolver.task_id


def worker_of(strategy: tf.distribute.Strategy) -> tuple[int, int]:
    """Returns this process's index and the number of processes."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.cluster_spec().as_dict():
        return 0, 1
    workers = resolver.cluster_spec().num_tasks("worker")
    return resolver.task_id, workers
