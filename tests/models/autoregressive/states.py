"""Discrete models over all states that there are."""

import itertools

import numpy as np
import tensorflow as tf

from tests import tolerances


def states(shape, levels):
    """All of them, [levels^D, *shape] float64."""
    size = int(np.prod(shape))
    rows = itertools.product(range(levels), repeat=size)
    return tf.reshape(tf.constant(list(rows), tf.float64), [-1, *shape])


def check_probabilities(model, **given):
    """The probabilities of all states sum to 1.

    Args:
      model: of few states.
      **given: name -> the condition of one example.
    """
    x = states(model.spec.shape, model.spec.levels)
    given = {k: tf.repeat(v, len(x), axis=0) for k, v in given.items()}
    total = np.exp(model.log_prob(x, **given)).sum()
    np.testing.assert_allclose(total, 1, **tolerances.EXACT)


def check_draws(model, n=40):
    """Of all n^2 pairs of uniform numbers, each state gets its share."""
    assert model.spec.size == 2
    side = (np.arange(n) + 0.5) / n
    u = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    drawn = model.draw(tf.constant(u)).numpy().reshape(-1, 2)
    x = states(model.spec.shape, model.spec.levels)
    p = np.exp(model.log_prob(x))
    flat = x.numpy().reshape(-1, 2)
    share = [np.mean(np.all(drawn == state, axis=1)) for state in flat]
    # An edge of the grid may fall to either side, in both directions.
    assert np.max(abs(np.array(share) - p)) < 4 / n


def check_completion(model):
    """What is known stays, and what is not is drawn as ever."""
    random = np.random.default_rng(0)
    shape, levels = (6, *model.spec.shape), model.spec.levels
    x = random.integers(0, levels, shape).astype(float)
    noise = tf.constant(random.standard_normal((6, model.spec.size)))
    mask = random.integers(0, 2, shape).astype(float)
    made = model.complete(tf.constant(x), tf.constant(mask), noise).numpy()
    np.testing.assert_array_equal(made[mask == 1], x[mask == 1])
    nothing = model.complete(tf.constant(x), tf.zeros_like(mask), noise)
    np.testing.assert_array_equal(nothing, model.sample(noise))
    # What is hidden does not leak, and may be anything.
    for other in (levels - 1 - x, np.nan):
        other = tf.constant(np.where(mask == 1, x, other))
        again = model.complete(other, tf.constant(mask), noise)
        np.testing.assert_array_equal(again, made)
