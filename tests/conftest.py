"""What all tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hypothesis
import numpy as np
import pytest
from PIL import Image

from tests.costs import Costs
from tfgen import registry

# The same examples on every machine; an example may compile something.
hypothesis.settings.register_profile(
    "tests", max_examples=20, deadline=None, derandomize=True
)
hypothesis.settings.load_profile("tests")


def pytest_sessionstart(session):
    """Makes two devices, for two replicas: before any other use of TensorFlow.

    There are no others. The process that hands out tests to others needs none,
    so this file imports no TensorFlow.
    """
    if session.config.option.tx and not hasattr(session.config, "workerinput"):
        return
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """One process runs all tests of a file: what they share is made once.

    So it is with the tests of a model in tests/conformance, and with those that
    fork processes of one that has imported TensorFlow. What takes long
    comes first, so that no process is left with it alone.
    """
    groups, long = {}, set()
    for item in items:
        name = item.path.name
        if group := item.get_closest_marker("xdist_group"):
            (name,) = group.args
        elif "conformance" in item.path.parts and hasattr(item, "callspec"):
            name = str(item.callspec.params.get("name", name))
        item.add_marker(pytest.mark.xdist_group(name))
        groups[item] = name
        if name in registry.MODELS or item.get_closest_marker("slow"):
            long.add(name)
    items.sort(key=lambda item: groups[item] not in long)


def pytest_addoption(parser):
    parser.addoption("--costs", action="store_true", help=Costs.__doc__)


def pytest_configure(config):
    if config.getoption("costs"):
        config.pluginmanager.register(Costs())


@pytest.fixture(autouse=True)
def seed():
    """Python, NumPy and Keras start from the same seed in every test."""
    import keras

    keras.utils.set_random_seed(0)


@pytest.fixture
def float64():
    """Layers made in this test compute in double precision."""
    import keras

    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@pytest.fixture
def mixed_bfloat16():
    """Layers made in this test compute in bfloat16 on float32 variables."""
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="session")
def two_replicas():
    """The strategy with two replicas: a process must not have another one."""
    from tfgen.train.strategy import make_strategy

    strategy = make_strategy("mirrored")
    assert strategy.num_replicas_in_sync == 2
    return strategy


@pytest.fixture(scope="session")
def unlabelled(tmp_path_factory):
    """Name of data: 120 images of 8x8, light and dark, without labels."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for i in range(120):
        x = random.integers(128, size=(8, 8)) + 127 * (i % 2)
        Image.fromarray(x.astype(np.uint8)).save(folder / f"{i:03}.png")
    return f"image_folder:{folder}"
