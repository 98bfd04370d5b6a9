import keras
import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn.historical_average import HistoricalAverage


def test_distance_from_the_mean_of_all_steps(float64):
    variables = [
        keras.Variable(np.zeros(s), dtype="float64") for s in [(3,), (2, 2)]
    ]
    average, history = HistoricalAverage(variables), []
    for t in range(1, 5):
        for i, v in enumerate(variables):
            v.assign(normal(*v.shape, seed=10 * t + i))
        history.append([v.numpy() for v in variables])
        average.observe(variables, tf.constant(t))
        expected = sum(
            np.sum((v.numpy() - np.mean(past, axis=0)) ** 2)
            for v, past in zip(variables, zip(*history))
        )
        with tf.GradientTape() as tape:
            distance = average.distance(variables)
        np.testing.assert_allclose(distance, expected, **tolerances.EXACT)
        # What has been does not move.
        (gradient, _) = tape.gradient(distance, [v.value for v in variables])
        mean = np.mean([past[0] for past in history], axis=0)
        np.testing.assert_allclose(
            gradient, 2 * (variables[0] - mean), **tolerances.EXACT
        )
    assert not average.trainable_variables


def last_distances(weight, steps=4000):
    """From the equilibrium of min_x max_y (f(x) - 1)(y - 1), on average.

    Section 3.3: "f(x) = x for x < 0 and f(x) = x^2 otherwise"; (1, 1).
    """
    x, y = (keras.Variable(v, dtype="float64") for v in (-1.0, 2.0))
    averages = HistoricalAverage([x]), HistoricalAverage([y])

    @tf.function(autograph=False)
    def play(t, total):
        for v, average in zip((x, y), averages):
            average.observe([v], t + 1)
        with tf.GradientTape(persistent=True) as tape:
            f = tf.where(x.value < 0, x.value, tf.square(x.value))
            game = (f - 1) * (y.value - 1)
            of_x, of_y = (
                sign * game + weight * average.distance([v])
                for sign, v, average in zip((1, -1), (x, y), averages)
            )
        slopes = tape.gradient(of_x, x.value), tape.gradient(of_y, y.value)
        for v, slope in zip((x, y), slopes):
            v.assign(v.value - 0.01 * slope)
        distance = tf.sqrt((x.value - 1) ** 2 + (y.value - 1) ** 2)
        return t + 1, total + tf.where(t >= steps - 500, distance / 500, 0)

    zero = tf.constant(0.0, tf.float64)
    start = (tf.constant(0), zero)
    loop = tf.function(
        lambda: tf.while_loop(lambda t, _: t < steps, play, start)
    )
    return float(loop()[1])


def test_finds_the_equilibrium_where_gradients_circle(float64):
    assert last_distances(0.0) > 1
    assert last_distances(0.1) < 0.1
