import numpy as np
import pytest
import tensorflow as tf

from tfgen.data import augment


def test_flip():
    x = tf.reshape(tf.range(2 * 1 * 3 * 2), [2, 1, 3, 2])
    y = augment.flip(x, tf.constant([0.49, 0.5])).numpy()
    np.testing.assert_array_equal(y[0], x.numpy()[0][:, ::-1])
    np.testing.assert_array_equal(y[1], x.numpy()[1])


@pytest.mark.parametrize(
    "place, corner",
    [((0.0, 0.0), (0, 0)), ((0.5, 0.5), (1, 2)), ((0.999, 0.999), (2, 4))],
)
def test_crop(place, corner):
    x = tf.reshape(tf.range(5 * 7), [5, 7, 1])
    y = augment.crop(x, 3, tf.constant(place)).numpy()
    top, left = corner
    np.testing.assert_array_equal(y, x.numpy()[top : top + 3, left : left + 3])


def test_crop_of_everything():
    x = tf.zeros([4, 4, 1])
    assert augment.crop(x, 4, tf.constant([0.99, 0.5])).shape == (4, 4, 1)


@pytest.mark.parametrize("free", [1, 3, 33, 1000, 65521])
def test_crop_stays_inside(free):
    # The largest number that TensorFlow's uniform numbers reach.
    place = np.float32(1 - 2**-23)
    x = tf.zeros([free, 1, 1])
    assert augment.crop(x, 1, tf.constant([place, 0])).shape == (1, 1, 1)


def test_jitter_by_hand():
    """Colour times 1.5, contrast times 0.5, half of the middle added."""
    x = tf.constant([[[[4, 6, 8]]], [[[0, 10, 10]]]], tf.uint8)
    u = tf.constant([[1.0, 0.0, 1.0], [0.5, 0.5, 0.5]])
    y = augment.jitter(x, 11, 3, 0.5, u).numpy()
    # 6 + 1.5 (-2, 0, 2) = 3, 6, 9; 5 + 0.5 (-2, 1, 4) + 2.5, rounded.
    np.testing.assert_array_equal(y[0, 0, 0], [6, 8, 10])
    np.testing.assert_array_equal(y[1], x[1])


def test_jitter_of_frames_mixes_none():
    """Each is what it is alone; gray of one frame is not that of both."""
    white, red = [255] * 3, [220, 40, 40]
    frames = tf.constant([[[white + red]]], tf.uint8)
    u = tf.constant([[0.0, 0.5, 0.5]])
    made = augment.jitter(frames, 256, 3, 0.5, u).numpy()[0, 0, 0]
    # Gray 100: half of 120 and -60 is left.
    np.testing.assert_array_equal(made, [*white, 160, 70, 70])
    for i in (0, 3):
        one = augment.jitter(frames[..., i : i + 3], 256, 3, 0.5, u)
        np.testing.assert_array_equal(one.numpy()[0, 0, 0], made[i : i + 3])
