import keras

from tfgen.nn import dense_stack


def names(*args):
    return [type(layer).__name__ for layer in dense_stack(*args)]


def test_order_of_layers():
    hidden = ["Dense", "BatchNormalization", "ReLU"]
    assert names([3, 2]) == 2 * hidden
    assert names([3, 2], True, False) == ["Dense", "ReLU", *hidden]
    assert names([3], False, True, 0.5) == ["Dense", "ReLU", "Dropout"]


def test_what_normalization_makes_needless_is_left_out():
    stack = keras.Sequential([keras.Input((4,)), *dense_stack([3], True)])
    shapes = [tuple(v.shape) for v in stack.trainable_variables]
    assert shapes == [(4, 3), (3,), (3,)]
