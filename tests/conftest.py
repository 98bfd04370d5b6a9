"""What all tests share."""

import gc
import os
import random
import re
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# NumPy's and scikit-learn's own threads, of matrices as small as here, do
# little but wait for each other, which keeps a core busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Where matplotlib's list of fonts is, whatever `cache_dir` below says.
os.environ.setdefault("MPLCONFIGDIR", os.path.expanduser("~/.cache/matplotlib"))

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


# Files whose tests fork processes of one that has imported TensorFlow.
FORKS = ("test_resume.py", "test_workers.py", "nli/test_batches.py")
EXPORTS = "tests/export/test_every_model.py"


def group_of(nodeid):
    """The tests of a group run in one process: what they share is made once.

    A group is a file, a model in tests/conformance and `EXPORTS`, or `FORKS`.
    """
    file, _, test = nodeid.partition("::")
    if file.startswith("tests/conformance/") or file == EXPORTS:
        parameters = set(re.split(r"[][-]", test))
        return next(iter(parameters & registry.MODELS.keys()), file)
    return "forks" if file.endswith(FORKS) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group_of
    return scheduler


def pytest_collection_modifyitems(items):
    """What takes long comes first: no process is left with it in the end."""
    slow = {group_of(i.nodeid) for i in items if i.get_closest_marker("slow")}
    long = slow | registry.MODELS.keys()
    items.sort(key=lambda item: group_of(item.nodeid) not in long)


def pytest_collection_finish():
    """What is imported stays: garbage is not looked for there again.

    Graphs are made of many objects, few of which are garbage.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_addoption(parser):
    parser.addoption("--costs", action="store_true", help=Costs.__doc__)


def pytest_configure(config):
    if config.getoption("costs"):
        config.pluginmanager.register(Costs())


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory):
    """No test writes to the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    return folder / "tfgen"


@pytest.fixture(autouse=True, scope="module")
def graphs_are_dropped():
    """TensorFlow keeps the graph of each function, to differentiate its calls.

    In a process of thousands of tests that is gigabytes. A function of a
    fixture that outlives its module would miss its gradient with an error.
    """
    from tensorflow.python.framework import ops

    registered = ops.gradient_registry._registry
    before = set(registered)
    yield
    for name in set(registered) - before:
        if name.startswith("PartitionedCall-"):
            del registered[name]


@pytest.fixture(scope="session", autouse=True)
def kernels_are_kept():
    """TensorFlow takes no seed that it has, if nothing was drawn since.

    Given one, it forgets its kernels, and the next call of a model takes twice
    as long. It does not notice draws that have a seed of their own: tests use
    stateless ones instead.
    """
    import tensorflow as tf
    from tensorflow.python.eager import context

    held, set_seed = context.context(), tf.random.set_seed

    def seeded(seed):
        fresh = random.Random(seed).getstate()
        same = held._seed == seed and held._rng.getstate() == fresh
        if not (same and tf.executing_eagerly()):
            set_seed(seed)

    with mock.patch.object(tf.random, "set_seed", seeded):
        yield


@pytest.fixture(autouse=True)
def seed():
    """Python, NumPy and Keras start from the same seed in every test."""
    import keras

    keras.utils.set_random_seed(0)


@pytest.fixture
def float64():
    """Layers made in this test compute in double precision."""
    from tfgen.nn.precision import computing_in

    with computing_in("float64"):
        yield


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
