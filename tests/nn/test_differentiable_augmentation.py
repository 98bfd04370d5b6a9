import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors.checks import normal
from tfgen.nn.differentiable_augmentation import NUMBERS, augmented

pytestmark = pytest.mark.usefixtures("float64")

B, H, W = 6, 8, 6
ALL = ("color", "translation", "cutout")


def uniform():
    return np.random.default_rng(0).uniform(size=(B, NUMBERS))


def test_color():
    """Brightness -0.5 to 0.5, saturation 0 to 2, contrast 0.5 to 1.5."""
    x, u = normal(B, H, W, 3).numpy(), uniform()
    found = augmented(tf.constant(x), tf.constant(u), ("color",))
    for image, (b, s, c), got in zip(x, u[:, :3], found):
        image = image + b - 0.5
        gray = image.mean(axis=2, keepdims=True)
        image = gray + 2 * s * (image - gray)
        image = image.mean() + (0.5 + c) * (image - image.mean())
        np.testing.assert_allclose(got, image, **tolerances.EXACT)


def test_translation_is_by_an_eighth():
    """One of eight pixels, in each of nine directions."""
    x = tf.repeat(normal(1, H, W, 1), 400, axis=0)
    u = np.random.default_rng(0).uniform(size=(400, NUMBERS))
    found = augmented(x, tf.constant(u), ("translation",)).numpy()
    padded = np.pad(x[0], [(1, 1), (1, 1), (0, 0)], "edge")
    moves = [padded[i : i + H, j : j + W] for i in range(3) for j in range(3)]
    counts = [np.sum([np.array_equal(f, m) for f in found]) for m in moves]
    assert sum(counts) == 400
    assert min(counts) > 20


def test_cutout_is_a_square_of_half_the_side():
    """At any place; at the edge, a part of it."""
    x = tf.ones((400, H, H, 2), tf.float64)
    u = np.random.default_rng(0).uniform(size=(400, NUMBERS))
    found = augmented(x, tf.constant(u), ("cutout",)).numpy()
    assert set(np.unique(found)) == {0.0, 1.0}
    for image in found:
        rows, columns = (np.any(image == 0, axis=a) for a in ((1, 2), (0, 2)))
        assert (image == ~np.outer(rows, columns)[:, :, None]).all()
        assert 2 <= rows.sum() <= 4
    hidden = (found[..., 0] == 0).mean(axis=0)
    assert hidden.min() > 0.05


def test_gradients_go_through():
    """Each image's own; a linear map of it, so the same for any image."""
    x, u = normal(B, H, W, 2), tf.constant(uniform())
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.square(augmented(x, u, ALL))[0])
    gradient = tape.gradient(loss, x).numpy()
    assert np.abs(gradient[0]).max() > 0
    assert not gradient[1:].any()


def test_without_a_kind_nothing_changes():
    x = normal(B, H, W, 1)
    assert augmented(x, tf.constant(uniform()), ()) is x
