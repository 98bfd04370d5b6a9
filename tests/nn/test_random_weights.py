import keras
import numpy as np

from tfgen.nn import randomize


def variable(value, name, dtype="float32"):
    return keras.Variable(
        keras.ops.convert_to_tensor(value, dtype), dtype=dtype, name=name
    )


def test_every_weight_moves_and_a_variance_stays_positive():
    kernel = variable(np.full(1000, 5), "kernel")
    variance = variable(np.ones(1000), "moving_variance")
    state = variable([7, 8], "state", "int32")
    randomize([kernel, variance, state], scale=0.1, seed=3)
    np.testing.assert_allclose(np.std(kernel), 0.1, rtol=0.1)
    np.testing.assert_allclose(np.mean(kernel), 5, atol=0.02)
    assert np.min(variance) > 0
    np.testing.assert_allclose(np.std(np.log(variance)), 0.1, rtol=0.1)
    assert state.numpy().tolist() == [7, 8]


def test_a_seed_gives_its_weights():
    first, again, other = (variable(np.zeros(9), "w") for _ in range(3))
    for weights, seed in ((first, 1), (again, 1), (other, 2)):
        randomize([weights], seed=seed)
    assert first.numpy().tolist() == again.numpy().tolist()
    assert first.numpy().tolist() != other.numpy().tolist()
