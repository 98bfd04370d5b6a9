"""Two futures, of which the loss decides what is shown."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import DataSpec, Field
from tfgen.errors import UserError
from tfgen.models.translation.next_frame import Config, NextFrame

SPEC = DataSpec((8, 8, 2), 256, fields=(Field("y", (8, 8, 1), 256),))
SMALL = Config(2, 2, adversarial=0.0, edges=0.0, power=2)


def batch(model, y):
    x = tf.ones((len(y), 8, 8, 2))
    made = model.with_generated({"x": x, "y": tf.constant(y)}, training=True)
    return made


def test_losses_by_their_formulas():
    model = NextFrame(dataclasses.replace(SMALL, edges=0.5), SPEC)
    y = np.random.default_rng(0).uniform(0, 255, (3, 8, 8, 1))
    y = y.astype(np.float32)
    given = batch(model, y)
    losses = model.per_example_losses(given, training=True)
    true = y / 127.5 - 1
    sizes = [true.reshape(3, 4, 2, 4, 2, 1).mean((2, 4)), true]
    made = [m.numpy() for m in given["generated"]]
    squares = [np.square(m - t).mean((1, 2, 3)) for m, t in zip(made, sizes)]
    np.testing.assert_allclose(
        losses["prediction"], np.mean(squares, axis=0), rtol=1e-5
    )
    edges = [
        sum(
            np.abs(
                np.abs(np.diff(t, axis=a)) - np.abs(np.diff(m, axis=a))
            ).mean((1, 2, 3))
            for a in (1, 2)
        )
        for m, t in zip(made, sizes)
    ]
    edges = np.mean(edges, axis=0)
    np.testing.assert_allclose(losses["edges"], edges, rtol=1e-5)
    total = losses["prediction"] + 0.5 * edges
    np.testing.assert_allclose(losses["generator"], total, rtol=1e-5)
    assert list(model.players()) == ["generator"]


def test_squares_are_least_at_the_mean_of_two_futures():
    """In closed form: the gradient at the mean is 0, at a future it is not."""
    model = NextFrame(SMALL, SPEC)
    futures = np.zeros((2, 8, 8, 1), np.float32)
    futures[0, 2, 2], futures[1, 6, 6] = 255, 255
    given = batch(model, futures)
    mean = futures.mean(0, keepdims=True) / 127.5 - 1
    for frame, zero in ((mean, True), (futures[:1] / 127.5 - 1, False)):
        shown = tf.Variable(np.repeat(frame, 2, axis=0))
        with tf.GradientTape() as tape:
            small = tf.nn.avg_pool2d(shown, 2, 2, "VALID")
            made = {**given, "generated": [small, shown]}
            losses = model.per_example_losses(made, training=True)
            loss = tf.reduce_sum(losses["generator"])
        gradient = tape.gradient(loss, shown).numpy().sum(0)
        assert (np.abs(gradient).max() < 1e-6) == zero


def test_without_a_discriminator_nothing_else_changes():
    with_d = NextFrame(dataclasses.replace(SMALL, adversarial=0.1), SPEC)
    assert list(with_d.players()) == ["discriminator", "generator"]
    assert not with_d.trains_samples  # it makes none
    y = np.full((2, 8, 8, 1), 100, np.float32)
    losses = with_d.per_example_losses(batch(with_d, y), training=True)
    extra = losses["generator"] - losses["prediction"]
    # -log D of what D knows nothing of is log 2 or so.
    assert np.all((extra > 0.1 * 0.3) & (extra < 0.1 * 1.5))


@pytest.mark.parametrize(
    "settings, spec, message",
    [
        ({"scales": 5}, SPEC, r"scales=5: expected at most 4"),
        ({"prediction": 0}, SPEC, r"prediction=0: expected a loss"),
        (
            {},
            DataSpec((8, 8, 3), 256, fields=(Field("y", (8, 8, 2), 256),)),
            r"expected frames in the channels of x",
        ),
        (
            {},
            DataSpec((8, 8, 3), 256, fields=SPEC.fields),
            r"x \(8, 8, 3\).*three channels beside one are colours",
        ),
    ],
)
def test_bad_settings(settings, spec, message):
    with pytest.raises(UserError, match=message):
        NextFrame(dataclasses.replace(SMALL, **settings), spec)


def test_with_a_discriminator_the_last_checkpoint_is_the_best():
    """The distance to one of two futures chooses their mean."""
    by = {
        weight: NextFrame(
            dataclasses.replace(SMALL, adversarial=weight), SPEC
        ).selected_by
        for weight in (0.0, 0.05)
    }
    assert by == {0.0: "metrics", 0.05: "last"}
