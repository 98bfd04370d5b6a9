import numpy as np
import pytest
import tensorflow as tf

from tfgen.nn.image_pool import ImagePool

SHAPE = (2, 1, 1)


class Plain:
    """CycleGAN's pool, one picture after the other."""

    def __init__(self, size):
        self.size, self.pictures = size, []

    def __call__(self, x, coins):
        shown = []
        for picture, (coin, which) in zip(x, coins):
            if len(self.pictures) < self.size:
                self.pictures.append(picture)
                shown.append(picture)
            elif coin < 0.5:
                place = int(which * self.size)
                shown.append(self.pictures[place])
                self.pictures[place] = picture
            else:
                shown.append(picture)
        return np.array(shown)


def steps(count, B, seed=0):
    """Pictures and coins of steps."""
    random = np.random.default_rng(seed)
    for step in range(count):
        x = random.normal(size=(B, *SHAPE)).astype(np.float32)
        coins = random.random((B, 2), np.float32)
        yield x, coins, np.full(B, step, np.int32)


@pytest.mark.parametrize("size, B", [(5, 1), (3, 4), (10, 4)])
def test_a_trace_is_that_of_one_picture_after_the_other(size, B):
    """Also where several of a batch go to the same place, or fill it up."""
    pool, plain = ImagePool(size, SHAPE), Plain(size)
    before, repeated = [], 0
    for x, coins, step in steps(40, B):
        shown = pool.exchange(*map(tf.constant, (x, coins, step))).numpy()
        np.testing.assert_array_equal(shown, plain(x, coins))
        kept = np.zeros((size, *SHAPE), np.float32)
        kept[: len(plain.pictures)] = plain.pictures
        np.testing.assert_array_equal(pool.pool, kept)
        repeated += sum(
            any(np.array_equal(s, b) for b in before) for s in shown
        )
        before += list(x)
    assert 0.3 < repeated / (40 * B) < 0.55


def test_two_replicas_have_one_pool(two_replicas):
    with two_replicas.scope():
        several = ImagePool(3, SHAPE)
    one = ImagePool(3, SHAPE)
    run = tf.function(lambda *parts: two_replicas.run(several.exchange, parts))
    for arrays in steps(10, 4):
        parts = [
            two_replicas.experimental_distribute_values_from_function(
                lambda context, a=a: tf.constant(
                    np.split(a, 2)[context.replica_id_in_sync_group]
                )
            )
            for a in arrays
        ]
        shown = two_replicas.experimental_local_results(run(*parts))
        expected = one.exchange(*map(tf.constant, arrays))
        np.testing.assert_array_equal(np.concatenate(shown), expected)
        np.testing.assert_array_equal(several.pool, one.pool)
    assert np.any(one.pool)


def test_no_gradient_goes_through_the_pool():
    x, coins, step = map(tf.constant, next(steps(1, 4)))
    pool = ImagePool(2, SHAPE)
    with tf.GradientTape() as tape:
        tape.watch(x)
        shown = pool.exchange(x, coins, step)
    assert tape.gradient(shown, x) is None
