import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import TrainConfig
from tfgen.data import service, source
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.model import Noise

TRAIN = TrainConfig(steps=9, batch_size=8, steps_per_call=4)


@pytest.fixture(scope="module")
def address():
    address, kept = service.start(0)
    yield address
    del kept


def batches(address="", **options):
    data = DataConfig("digits", data_service=address).load(0)
    return data.train_batches(TRAIN, {"z": Noise((3,))}, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"start_step": 5},
        {"num_replicas": 4, "worker": 1, "num_workers": 2},
    ],
)
def test_the_batches_are_the_same(address, options):
    pairs = list(zip(batches(address, **options), batches(**options)))
    assert pairs
    for got, expected in pairs:
        assert got.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(got[name], values, err_msg=name)


def test_two_workers_would_make_each_batch_twice(address):
    config = tf.data.experimental.service.WorkerConfig(address)
    worker = tf.data.experimental.service.WorkerServer(config)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not the next"):
        for _ in range(20):
            list(batches(address))
    del worker


def test_files_are_decoded_here(address, tmp_path, monkeypatch):
    for i in range(60):
        image = np.full((4, 4, 1), i, np.uint8)
        path = str(tmp_path / f"{i}.png")
        tf.io.write_file(path, tf.io.encode_png(image))
    monkeypatch.setattr(source, "MEMORY_BUDGET", 0)
    name = f"image_folder:{tmp_path}"
    config = DataConfig(name, image_size=4, data_service=address)
    with pytest.raises(UserError, match="larger than memory .* records of"):
        config.load(0).train_batches(TRAIN, {})


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nobody", "a:b"])
def test_nobody_is_there(address):
    expected = f"^data.data_service={address}: no dispatcher .*; expected HOST"
    with pytest.raises(UserError, match=expected):
        batches(address)
