"""A layer on two replicas computes what it computes on the whole batch."""

import numpy as np
import tensorflow as tf

from tests import tolerances


def assert_same(strategy, one, two, x, weights):
    """Outputs, gradients and variables are those of the whole batch.

    Args:
      strategy: with two replicas.
      one: a layer.
      two: the same, made in the strategy's scope.
      x: [B, ...], NumPy.
      weights: of the outputs, in their shape.
    """

    def run(layer, x, weights):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            total = tf.reduce_sum(weights * y)
        return y, tape.gradient(total, x)

    def halves(array):
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                np.split(array, 2)[context.replica_id_in_sync_group]
            )
        )

    expected = run(one, tf.constant(x), tf.constant(weights))
    step = tf.function(lambda *args: strategy.run(run, (two, *args)))
    for parts, whole in zip(step(halves(x), halves(weights)), expected):
        got = np.concatenate(strategy.experimental_local_results(parts))
        np.testing.assert_allclose(got, whole, **tolerances.EXACT)
    for variable, value in zip(two.variables, one.variables):
        np.testing.assert_allclose(variable, value, **tolerances.EXACT)
