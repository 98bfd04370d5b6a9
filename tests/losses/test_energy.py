import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.losses import decayed_margin, margin_loss, pulling_away


def test_margin_loss():
    """Eq. 1: samples above the margin are left alone."""
    real, fake = tf.constant([1.0, 2.0, 3.0]), tf.constant([0.0, 4.0, 9.0])
    np.testing.assert_array_equal(margin_loss(real, fake, 5.0), [6, 3, 3])


def test_decayed_margin():
    """Appendix D: from 16 to 0 within the first 60,000 steps."""
    steps = tf.constant([0, 15_000, 60_000, 120_000])
    margins = decayed_margin(16.0, 60_000, steps)
    np.testing.assert_array_equal(margins, [16, 12, 0, 0])


def by_definition(S):
    """Eq. 14, term by term."""
    N = len(S)
    total = 0.0
    for i in range(N):
        for j in range(N):
            if j != i:
                norms = np.linalg.norm(S[i]) * np.linalg.norm(S[j])
                total += (S[i] @ S[j] / norms) ** 2
    return total / (N * (N - 1))


def test_pulling_away_is_the_definition():
    S = np.random.default_rng(0).standard_normal((7, 5))
    np.testing.assert_allclose(
        pulling_away(tf.constant(S)), by_definition(S), **tolerances.SAME
    )


def test_orthogonal_codes_give_0_and_parallel_ones_1():
    assert float(pulling_away(tf.eye(4))) == pytest.approx(0, abs=1e-7)
    same = tf.tile(tf.constant([[1.0, -2.0, 0.5]]), [6, 1])
    assert float(pulling_away(same)) == pytest.approx(1)
    assert float(pulling_away(same[:1])) == 0
    # Squared: opposite codes are parallel, too.
    signs = tf.constant([[1.0], [-1], [1], [-1], [-1], [1]])
    assert float(pulling_away(same * signs)) == pytest.approx(1)


def value_and_gradient(codes):
    codes = tf.constant(codes)
    with tf.GradientTape() as tape:
        tape.watch(codes)
        value = pulling_away(codes)
    return value.numpy(), tape.gradient(value, codes).numpy()


def gradient_by_definition(S):
    """Of eq. 14, in NumPy: `d cos^2 / dS_i = 2 cos (U_j - cos U_i) / |S_i|`."""
    N, lengths = len(S), np.linalg.norm(S, axis=1, keepdims=True)
    U = S / lengths
    cos = U @ U.T
    np.fill_diagonal(cos, 0)
    own = np.square(cos).sum(axis=1, keepdims=True)
    # Each pair is counted twice.
    return 4 * (cos @ U - own * U) / lengths / (N * (N - 1))


def mixed(n):
    return np.logspace(-12, 18, n)[:, None]


@pytest.mark.parametrize("lengths", [1e-12, 1e-6, 1, 1e9, 1e18, mixed(7)])
def test_lengths_do_not_matter(lengths):
    """Each code's gradient is as much smaller as the code is longer."""
    S = np.random.default_rng(1).standard_normal((7, 60))
    expected = gradient_by_definition(S)
    for dtype, near in (
        (np.float64, tolerances.EXACT),
        (np.float32, tolerances.FLOAT32),
        (tf.bfloat16.as_numpy_dtype, tolerances.BFLOAT16),
    ):
        value, gradient = value_and_gradient((lengths * S).astype(dtype))
        gradient = lengths * gradient.astype(np.float64)
        np.testing.assert_allclose(float(value), by_definition(S), **near)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(gradient / scale, expected / scale, **near)


def test_codes_of_zeros_are_parallel_to_all():
    """No code of a collapsed generator makes the term small."""
    value, gradient = value_and_gradient(np.zeros((5, 3), np.float32))
    assert value == 1
    assert not gradient.any()
    # Of 20 pairs, 14 have one of two such codes; the other 6 are orthogonal.
    codes = np.eye(5, dtype=np.float32)
    codes[:2] = 0
    value, gradient = value_and_gradient(codes)
    assert value == pytest.approx(14 / 20)
    assert not gradient.any()
    assert value_and_gradient(codes[:1])[0] == 0


def test_codes_may_be_maps():
    S = np.random.default_rng(2).standard_normal((5, 2, 3, 4))
    np.testing.assert_allclose(
        pulling_away(tf.constant(S)),
        by_definition(S.reshape(5, -1)),
        **tolerances.SAME,
    )


def test_pulling_away_on_two_replicas_is_that_of_the_batch(two_replicas):
    """Its gradient, too: of pairs on different replicas."""
    S = np.random.default_rng(3).standard_normal((6, 4))
    S[4] = 0
    value, gradient = value_and_gradient(S)

    def on_replica(part):
        with tf.GradientTape() as tape:
            tape.watch(part)
            # As the loop does: each replica has its share of the mean.
            value = pulling_away(part) / 2
        return value, tape.gradient(value, part)

    parts = two_replicas.experimental_distribute_values_from_function(
        lambda c: tf.constant(np.split(S, 2)[c.replica_id_in_sync_group])
    )
    values, gradients = two_replicas.run(on_replica, (parts,))
    for half in two_replicas.experimental_local_results(values):
        np.testing.assert_allclose(2 * half, value, **tolerances.EXACT)
    np.testing.assert_allclose(
        np.concatenate(two_replicas.experimental_local_results(gradients)),
        gradient,
        **tolerances.EXACT,
    )
