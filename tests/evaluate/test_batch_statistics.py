import keras
import numpy as np
import pytest

from tfgen.evaluate.batch_statistics import recomputed


def network():
    """A layer of batch normalization within a model within a model."""
    norm = keras.layers.BatchNormalization()
    inner = keras.Sequential([keras.layers.Input((3,)), norm])
    return keras.Sequential([keras.layers.Input((3,)), inner]), norm


def test_statistics_are_the_means_over_batches_and_go_back():
    model, norm = network()
    random = np.random.default_rng(0)
    batches = [
        random.normal(i, i + 1, (50, 3)).astype(np.float32) for i in range(4)
    ]
    before = [v.numpy() for v in model.variables]

    def call(x):
        model(x, training=True)

    with recomputed(model, call, batches):
        assert norm.momentum == 0.99  # of no graph: layers can be copied
        np.testing.assert_allclose(
            norm.moving_mean, np.mean([b.mean(0) for b in batches], 0), 1e-5
        )
        np.testing.assert_allclose(
            norm.moving_variance, np.mean([b.var(0) for b in batches], 0), 1e-5
        )
    for variable, value in zip(model.variables, before):
        np.testing.assert_array_equal(variable, value)
    assert norm.momentum == 0.99


def test_they_go_back_after_an_error():
    model, norm = network()

    def call(x):
        model(x, training=True)
        raise ValueError

    with pytest.raises(ValueError):
        with recomputed(model, call, [np.ones((2, 3), np.float32)]):
            pass
    np.testing.assert_array_equal(norm.moving_mean, np.zeros(3))
    assert norm.momentum == 0.99
