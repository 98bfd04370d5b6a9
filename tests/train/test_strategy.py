import json

import pytest
import tensorflow as tf

from tfgen.errors import UserError
from tfgen.train import strategy
from tfgen.train.strategy import make_strategy


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_without_a_gpu_it_is_the_cpu(name):
    made = make_strategy(name)
    assert isinstance(made, tf.distribute.OneDeviceStrategy)
    assert made.extended.worker_devices[0].endswith("CPU:0")
    assert strategy.worker_of(made) == (0, 1)
    assert strategy.is_chief(made)
    assert strategy.sum_over_workers(made, 7) == 7


def test_mirrored_takes_all_logical_cpus():
    made = make_strategy("mirrored")
    assert made.num_replicas_in_sync == 2
    assert make_strategy("mirrored") is made


def test_gpu_without_one_says_what_to_do():
    with pytest.raises(UserError, match=r"strategy=gpu: .*no GPU.*=cpu"):
        make_strategy("gpu")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UserError, match=r"strategy=tpu.*auto, cpu, gpu, mir"):
        make_strategy("tpu")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker"}}',
        '{"cluster": {"worker": ["a:1"]},'
        ' "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
        '{"cluster": {"worker": ["a"]},'
        ' "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_cluster_must_be_described(monkeypatch, text):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match="=multi_worker: .* TF_CONFIG must"):
        make_strategy("multi_worker")


class Cluster:
    """As much of a strategy as says which worker this process is."""

    def __init__(self, monkeypatch, cluster, kind, index):
        task = {"type": kind, "index": index}
        text = json.dumps({"cluster": cluster, "task": task})
        monkeypatch.setenv("TF_CONFIG", text)
        self.cluster_resolver = (
            tf.distribute.cluster_resolver.TFConfigClusterResolver()
        )


@pytest.mark.parametrize(
    "cluster, kind, index, expected",
    [
        ({"worker": ["a:1", "b:1"]}, "worker", 0, (0, 2)),
        ({"worker": ["a:1", "b:1"]}, "worker", 1, (1, 2)),
        ({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "chief", 0, (0, 3)),
        ({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "worker", 0, (1, 3)),
        ({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, "worker", 1, (2, 3)),
    ],
)
def test_one_worker_is_the_chief(monkeypatch, cluster, kind, index, expected):
    made = Cluster(monkeypatch, cluster, kind, index)
    assert strategy.worker_of(made) == expected
    assert strategy.is_chief(made) == (expected[0] == 0)
