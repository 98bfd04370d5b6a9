import numpy as np
import pytest

from tfgen.losses import gradient_difference


def test_by_hand():
    true = np.array([[0.0, 1.0], [0.0, 3.0]])[None, ..., None]
    made = np.array([[0.0, -2.0], [1.0, 0.0]])[None, ..., None]
    # Down: |0|, |2| and |1|, |2|. Across: |1|, |3| and |2|, |1|.
    got = gradient_difference(made, true)
    np.testing.assert_allclose(got, [(1 + 0) / 2 + (1 + 2) / 2])
    got = gradient_difference(made, true, power=2)
    np.testing.assert_allclose(got, [(1 + 0) / 2 + (1 + 4) / 2])
    assert gradient_difference(true, true)[0] == 0


def test_it_does_not_tell_the_mean_of_two_futures_from_one():
    """Two balls of half the light have as many edges, half as high."""
    one, other = np.zeros((2, 1, 8, 8, 1))
    one[:, 3, 1], other[:, 3, 5] = 1, 1
    mean = (one + other) / 2

    def expected(made):
        losses = [gradient_difference(made, true)[0] for true in (one, other)]
        return np.mean(losses)

    assert expected(mean) == pytest.approx(expected(one))
    # The squared distance does.
    assert (
        np.square(mean - one).mean() < np.square(other - one).mean() / 2 + 1e-9
    )
