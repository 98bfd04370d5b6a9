import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn.minibatch_discrimination import MinibatchDiscrimination

N, A, B, C = 6, 4, 3, 2


def layer():
    made = MinibatchDiscrimination(B, C)
    made.build((None, A))
    made.T.assign(normal(A, B * C, seed=1))
    return made


def by_definition(f, T):
    """Section 3.2, number by number."""
    M = np.einsum("na,abc->nbc", f, T.reshape(A, B, C))
    o = np.zeros((len(f), B))
    for i in range(len(f)):
        for b in range(B):
            for j in range(len(f)):
                if j != i:
                    o[i, b] += np.exp(-np.sum(np.abs(M[i, b] - M[j, b])))
    return o


def value_and_gradient(made, f, weight):
    with tf.GradientTape() as tape:
        tape.watch(f)
        output = made(f)
        loss = tf.reduce_sum(tf.sin(output)) * weight
    return output, tape.gradient(loss, f)


def test_is_the_definition(float64):
    made, f = layer(), normal(N, A)
    output = made(f).numpy()
    np.testing.assert_array_equal(output[:, :A], f)
    np.testing.assert_allclose(
        output[:, A:],
        by_definition(f.numpy(), made.T.numpy()),
        **tolerances.EXACT,
    )


def test_examples_that_are_the_same_are_as_near_as_can_be(float64):
    """N - 1 others at the distance 0; one alone has none."""
    made, f = layer(), tf.repeat(normal(1, A), N, axis=0)
    np.testing.assert_allclose(made(f)[:, A:], N - 1, **tolerances.EXACT)
    np.testing.assert_allclose(made(f[:1])[:, A:], 0, **tolerances.EXACT)


def test_maps_are_vectors(float64):
    made = MinibatchDiscrimination(B, C)
    assert made(normal(N, 2, 2, 3)).shape == (N, 12 + B)


def test_the_batch_is_that_of_all_replicas(two_replicas, float64):
    """And so are gradients, of examples on the other replica."""
    f = normal(N, A)
    with two_replicas.scope():
        made = layer()
    output, gradient = value_and_gradient(made, f, 1.0)
    parts = two_replicas.experimental_distribute_values_from_function(
        lambda c: tf.split(f, 2)[c.replica_id_in_sync_group]
    )
    found = two_replicas.run(value_and_gradient, (made, parts, 1.0))
    for got, expected in zip(found, (output, gradient)):
        got = two_replicas.experimental_local_results(got)
        np.testing.assert_allclose(
            tf.concat(got, 0), expected, **tolerances.EXACT
        )
