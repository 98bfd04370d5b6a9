import keras
import pytest

from tfgen.nn import dense_discriminator, dense_generator, dense_stack


def names(*args):
    return [type(layer).__name__ for layer in dense_stack(*args)]


def test_order_of_layers():
    hidden = ["Dense", "FusedBatchNorm", "ReLU"]
    assert names([3, 2]) == 2 * hidden
    assert names([3, 2], True, False) == ["Dense", "ReLU", *hidden]
    assert names([3], False, True, 0.5) == ["Dense", "ReLU", "Dropout"]


def test_what_normalization_makes_needless_is_left_out():
    stack = keras.Sequential([keras.Input((4,)), *dense_stack([3], True)])
    shapes = [tuple(v.shape) for v in stack.trainable_variables]
    assert shapes == [(4, 3), (3,), (3,)]


@pytest.mark.parametrize("batch_norm, stddev", [(True, 0.02), (False, 0.2)])
def test_weights_of_the_start(batch_norm, stddev):
    """Without normalization sqrt(2 / inputs): rectifiers halve the square."""
    stack = keras.Sequential(
        [keras.Input((50,)), *dense_stack([400], batch_norm)]
    )
    kernel = stack.trainable_variables[0].numpy()
    assert kernel.std() == pytest.approx(stddev, rel=0.05)


def test_leaks_and_other_initial_weights():
    dense, leaky = dense_stack(
        [3], False, slope=0.1, initializer=keras.initializers.Ones
    )
    dense.build((None, 2))
    assert dense.kernel.numpy().tolist() == 2 * [3 * [1.0]]
    assert leaky(-keras.ops.ones(1)).numpy() == pytest.approx(-0.1)


def test_a_generator_makes_examples():
    network = dense_generator(3, (2, 2, 1), dense_stack([4]), "tanh")
    x = network(100 * keras.ops.ones((5, 3)))
    assert x.shape == (5, 2, 2, 1) and abs(x).numpy().max() <= 1


def test_a_discriminator_leaks_up_to_its_logit():
    network = dense_discriminator(2, [3])
    for variable in network.trainable_variables:
        variable.assign(keras.ops.full(variable.shape, -1.0))
    # 3 units of max(0.2 h, h), h = -(1 + 2) - 1.
    logits = network(keras.ops.array([[1.0, 2.0]]))
    assert logits.numpy().tolist() == pytest.approx([3 * 0.8 - 1])
    assert logits.shape == (1,)
