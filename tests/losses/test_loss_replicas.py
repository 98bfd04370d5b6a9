import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen.losses import covariance, feature_matching, mean_over_replicas


def test_covariance(float64):
    rows = 3 + checks.normal(7, 4)
    np.testing.assert_allclose(
        covariance(rows), np.cov(rows.numpy().T, bias=True), **tolerances.EXACT
    )


def test_terms_and_gradients_are_those_of_the_whole_batch(two_replicas):
    """A sum of replicas' gradients, of losses divided by their number."""
    rows = tf.random.stateless_normal([6, 3], [0, 1])

    def gradient(mine, replicas):
        with tf.GradientTape() as tape:
            tape.watch(mine)
            mean = mean_over_replicas(tf.reduce_mean(mine, axis=0))
            loss = tf.reduce_sum(tf.square(covariance(mine))) + mean[0] ** 3
            loss += feature_matching(mine**2, mine)
            loss /= replicas
        return tape.gradient(loss, mine)

    parts = two_replicas.experimental_distribute_values_from_function(
        lambda c: rows[3 * c.replica_id_in_sync_group :][:3]
    )
    found = two_replicas.run(gradient, (parts, 2))
    found = tf.concat(two_replicas.experimental_local_results(found), 0)
    np.testing.assert_allclose(found, gradient(rows, 1), **tolerances.FLOAT32)
