import numpy as np
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.losses import feature_matching


def test_means_of_the_batch_are_matched(float64):
    """Not examples; each pulls with `2/N (mean difference)`."""
    real, fake = normal(6, 2, 3), normal(4, 2, 3, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        distance = feature_matching(real, fake)
    apart = fake.numpy().mean(0) - real.numpy().mean(0)
    np.testing.assert_allclose(distance, np.sum(apart**2), **tolerances.EXACT)
    np.testing.assert_allclose(
        tape.gradient(distance, fake), [2 / 4 * apart] * 4, **tolerances.EXACT
    )
    other = fake[::-1] - apart  # other examples of the same mean
    np.testing.assert_allclose(
        feature_matching(real, other), 0, **tolerances.EXACT
    )
