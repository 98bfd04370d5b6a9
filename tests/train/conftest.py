"""What the tests of training share."""

import pytest
import tensorflow as tf


@pytest.fixture(autouse=True)
def collectives():
    """Strategies made in this test do not meet those of other tests.

    TensorFlow numbers the collective operations of every strategy from the same
    start, and takes those of two strategies in one process for the same ones
    (its own tests do as is done here: strategy_combinations.py).
    """
    tf.distribute.MirroredStrategy._collective_key_base += 1000
