import numpy as np
import tensorflow as tf

from tfgen.losses import ADVERSARIAL
from tfgen.models.wrong_pairs import against_wrong_pairs, others

LOSS = ADVERSARIAL["non_saturating"]


def test_others_are_the_row_before():
    x = tf.reshape(tf.range(12.0), [3, 2, 2])
    np.testing.assert_array_equal(others(x), x.numpy()[[2, 0, 1]])


def test_halves_of_what_is_no_data():
    real, fake, wrong = (tf.constant([v, v]) for v in (0.3, -0.2, 0.7))
    pairs = tf.constant([[1.0], [2.0]])
    got = against_wrong_pairs(LOSS, real, fake, wrong, pairs)

    def softplus(x):
        return np.log1p(np.exp(x))

    expected = softplus(-0.3) + (softplus(-0.2) + softplus(0.7)) / 2
    np.testing.assert_allclose(got, [expected, expected], rtol=1e-6)
    alone = softplus(-0.3) + softplus(-0.2)
    got = against_wrong_pairs(LOSS, real, fake, None, pairs)
    np.testing.assert_allclose(got, [alone, alone], rtol=1e-6)


def test_the_best_discriminator():
    """D* = p / (p + (p_G + p_wrong) / 2), of what is drawn in one place."""
    p, p_G, p_wrong = 0.5, 0.2, 0.7
    share = p / (p + (p_G + p_wrong) / 2)
    logit = tf.Variable([np.log(share / (1 - share))] * 2)
    pairs = tf.constant([[1.0], [2.0]], tf.float64)
    with tf.GradientTape() as tape:
        # Each of the three alone, as often as it is here.
        far = tf.constant([60.0, 60.0], tf.float64)
        loss = p * against_wrong_pairs(LOSS, logit, -far, -far, pairs)
        loss += p_G * against_wrong_pairs(LOSS, far, logit, -far, pairs)
        loss += p_wrong * against_wrong_pairs(LOSS, far, -far, logit, pairs)
    np.testing.assert_allclose(tape.gradient(loss, logit), 0, atol=1e-12)


def test_equal_neighbours_are_no_wrong_pair():
    rows = tf.constant([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    values = [tf.constant([v] * 3) for v in (0.3, -0.2, 5.0)]
    got = against_wrong_pairs(LOSS, *values, rows)
    alone = against_wrong_pairs(LOSS, *values[:2], None, rows)
    np.testing.assert_array_equal(got == alone, [False, True, False])
