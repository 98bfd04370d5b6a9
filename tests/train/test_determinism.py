import tensorflow as tf
from tensorflow.python.ops import gen_math_ops

from tests.train import graphs
from tfgen.train.determinism import pairwise_sums


def sums(x):
    """Three places where gradients meet, and a row of sums."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.sin(x) + tf.cos(x) + tf.exp(x) + tf.square(x)
    return tape.gradient(y, x)


def test_sums_of_three_terms_are_made_of_two():
    x = tf.constant([1.0, 2.0])

    @tf.function
    def plain(x):
        return sums(x)

    @tf.function
    def pairwise(x):
        with pairwise_sums():
            return sums(x)

    results = []
    assert graphs.long_sums(graphs.optimized(lambda: plain(x)))
    graph = graphs.optimized(lambda: results.append(pairwise(x)))
    assert not graphs.long_sums(graph)
    expected = tf.cos(x) - tf.sin(x) + tf.exp(x) + 2 * x
    tf.debugging.assert_near(results[0], expected)


def test_tensorflow_is_left_as_it_was():
    add_n = gen_math_ops.add_n
    with pairwise_sums():
        assert gen_math_ops.add_n is not add_n
    assert gen_math_ops.add_n is add_n


def test_orders_that_a_graph_has_lost_are_found():
    """Two variables are exchanged: TensorFlow 2.21 loses which comes first."""
    v, w = tf.Variable(2.0), tf.Variable(1.0)

    def move(x, tie):
        a, b = v * x, w * x
        if tie:
            a, b = tf.identity_n([a, b])
        v.assign(b)
        w.assign(a)
        return x

    for tie in (False, True):
        function = tf.function(lambda x, tie=tie: move(x, tie))
        graph = graphs.optimized(lambda f=function: f(tf.constant(1.0)))
        assert bool(graphs.unordered(graph)) == tie
