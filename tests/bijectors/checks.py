"""The properties of a bijector, each as one function to call in a test."""

import types

import numpy as np
import tensorflow as tf

# TFP's own checks; its wheel leaves them out, TensorFlow's keeps a copy.
from tensorflow.python.ops.distributions import bijector_test_util

from tests import tolerances
from tfgen.nn import MLP, ResidualConvNet, randomize


def conditioner(split, shape, parameters, condition=0, seed=0):
    """Returns a random network from x_a to the parameters of a transformer.

    Args:
      split: of the coupling.
      shape: of x, without the batch.
      parameters: P of the transformer.
      condition: N of a condition [B, N], 0 for none.
      seed: of the weights.
    """
    outputs = parameters * split.changed(shape[-1])
    network = (
        ResidualConvNet(4, 0, outputs)
        if len(shape) == 3
        else MLP([8], outputs, activation="tanh")
    )
    x_a, _ = split.split(tf.zeros((1, *shape)))
    network(x_a, condition=tf.zeros((1, condition)) if condition else None)
    randomize(network.variables, seed=seed)
    return network


def normal(*shape, seed=0):
    """Returns standard normal numbers as a float64 tensor."""
    return tf.constant(np.random.default_rng(seed).standard_normal(shape))


def jacobian(function, x):
    """Returns the Jacobian of `function` at each row of x, [B, D, D].

    Row i of the Jacobian is the gradient of output i. With D copies of each
    example, one backward pass finds all rows.
    """
    B = x.shape[0]
    D = x.shape[1:].num_elements()
    copies = tf.repeat(x, D, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        y = tf.reshape(function(copies), [B, D, D])
        diagonal = tf.linalg.diag_part(y)
    return tf.reshape(tape.gradient(diagonal, copies), [B, D, D]).numpy()


def check_inverse(bijector, x, tolerance=tolerances.EXACT, **kwargs):
    """`g(f(x)) = x` for both, and the log-dets cancel."""
    y, log_det = bijector.forward_and_log_det(x, **kwargs)
    x_again, inverse_log_det = bijector.inverse_and_log_det(y, **kwargs)
    assert log_det.shape == inverse_log_det.shape == x.shape[:1]
    np.testing.assert_allclose(x_again, x, **tolerance)
    np.testing.assert_allclose(inverse_log_det, -log_det, **tolerance)


def check_log_det(bijector, x, **kwargs):
    """The log-det is that of the Jacobian that autodiff finds."""

    def repeated(rows):
        times = rows.shape[0] // x.shape[0]
        # A condition has a row for each example.
        return {
            name: tf.repeat(value, times, axis=0)
            if tf.is_tensor(value)
            else value
            for name, value in kwargs.items()
        }

    matrix = jacobian(
        lambda rows: bijector.forward_and_log_det(rows, **repeated(rows))[0], x
    )
    sign, expected = np.linalg.slogdet(matrix)
    assert np.all(sign)
    _, log_det = bijector.forward_and_log_det(x, **kwargs)
    np.testing.assert_allclose(log_det, expected, **tolerances.EXACT)


def check_tfp_methods(bijector, x):
    """What TFP derives agrees with the one pass that the bijector writes."""
    y, log_det = bijector.forward_and_log_det(x)
    x_again, inverse_log_det = bijector.inverse_and_log_det(y)
    x_ndims = bijector.forward_min_event_ndims
    y_ndims = bijector.inverse_min_event_ndims
    assert x.shape.rank == x_ndims + 1
    assert y.shape.rank == y_ndims + 1
    assert bijector.forward_event_shape(x.shape[1:]) == y.shape[1:]
    assert bijector.inverse_event_shape(y.shape[1:]) == x.shape[1:]
    # Copies, because TFP remembers what became of a tensor.
    derived = {
        "forward": (bijector.forward(tf.identity(x)), y),
        "inverse": (bijector.inverse(tf.identity(y)), x_again),
        "forward_log_det": (
            bijector.forward_log_det_jacobian(tf.identity(x), x_ndims),
            log_det,
        ),
        "inverse_log_det": (
            bijector.inverse_log_det_jacobian(tf.identity(y), y_ndims),
            inverse_log_det,
        ),
    }
    for name, (got, expected) in derived.items():
        assert got.shape == expected.shape, name
        np.testing.assert_allclose(
            got, expected, **tolerances.EXACT, err_msg=name
        )


def check_bijective_and_finite(bijector, x, y, **tolerance):
    """TFP's own check, on points as close to the edge as there are."""
    # It was written for graphs, whose tensors get their values in a session.
    session = types.SimpleNamespace(
        run=lambda tensors: [t.numpy() for t in tensors]
    )
    bijector_test_util.assert_bijective_and_finite(
        _Uncached(bijector),
        np.asarray(x),
        np.asarray(y),
        event_ndims=None,
        sess=session,
        **(tolerance or tolerances.EXACT),
    )


class _Uncached:
    """A bijector's methods on copies: TFP returns x itself for `g(f(x))`."""

    def __init__(self, bijector):
        self._bijector = bijector

    def forward(self, x):
        return self._bijector.forward(tf.identity(x))

    def inverse(self, y):
        return self._bijector.inverse(tf.identity(y))

    # `event_ndims`: a bijector from images to vectors has two.

    def forward_log_det_jacobian(self, x, event_ndims):
        ndims = self._bijector.forward_min_event_ndims
        return self._bijector.forward_log_det_jacobian(tf.identity(x), ndims)

    def inverse_log_det_jacobian(self, y, event_ndims):
        ndims = self._bijector.inverse_min_event_ndims
        return self._bijector.inverse_log_det_jacobian(tf.identity(y), ndims)
