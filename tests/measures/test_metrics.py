import types

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.measures import Options, metrics, shown
from tfgen.measures.inverse import make_reconstruction_error
from tfgen.model import Model


class Shift(Model):
    """Its "metrics" are x and 2x; its inverse is wrong by `error`."""

    def __init__(self, error=0.0):
        super().__init__()
        self.error = error

    def per_example_metrics(self, batch):
        x = batch["x"][:, 0]
        return {"first": x, "second": 2 * x}

    def encode(self, x, label=None):
        return x + 1 if label is None else x + tf.cast(label, x.dtype)[:, None]

    def decode(self, z, label=None):
        x = z - 1 if label is None else z - tf.cast(label, z.dtype)[:, None]
        return x + self.error * x


def batches(values, sizes):
    parts = np.split(np.float32(values)[:, None], np.cumsum(sizes)[:-1])
    return [{"x": tf.constant(part)} for part in parts]


@pytest.mark.parametrize("sizes", [[7], [3, 3, 1], [5, 2], [1] * 7])
def test_mean_is_over_examples(sizes):
    """The last, smaller batch counts for no more than its examples."""
    values = [1, 2, 3, 4, 5, 6, 70]
    got = metrics.mean_metrics(Shift(), batches(values, sizes))
    assert list(got) == ["first", "second"]
    assert got["first"] == pytest.approx(13)
    assert got["second"] == pytest.approx(26)


def test_compiled_once_for_many_calls():
    """Whatever the sizes of the batches; new weights are seen."""
    traces = []

    class Counting(Shift):
        def __init__(self):
            super().__init__()
            self.weight = self.add_weight(shape=(), initializer="ones")

        def per_example_metrics(self, batch):
            traces.append(1)
            return {"first": self.weight * batch["x"][:, 0]}

    model = Counting()
    evaluate = metrics.MeanMetrics(model)
    assert evaluate(batches([1, 3], [2])) == {"first": 2}
    model.weight.assign(2)
    assert evaluate(batches([1, 3, 5], [2, 1])) == {"first": 6}
    evaluate(batches(range(10), [4, 5, 1]))
    assert len(traces) == 2


def test_no_batches():
    with pytest.raises(ValueError, match="batches: expected at least one"):
        metrics.mean_metrics(Shift(), [])


def test_mean_over_draws():
    """Means of 2, 4 and 9: mean 5, standard deviation sqrt(13)."""
    mean = metrics.MeanMetrics(Shift())
    got = metrics.mean_over_draws(
        [mean(batches([n - 1, n + 1], [2])) for n in (2, 4, 9)]
    )
    assert mean.read == {"x"}
    assert got == pytest.approx(
        {
            "first": 5,
            "first_std_error": np.sqrt(13 / 3),
            "second": 10,
            "second_std_error": 2 * np.sqrt(13 / 3),
        }
    )


def test_one_draw_has_no_error():
    got = metrics.mean_over_draws([{"first": 2, "second": 4}])
    assert got == {"first": 2, "second": 4}


class Density(Shift):
    """Its density is known at any x."""

    def log_prob(self, x):
        return -x[:, 0]


@pytest.mark.parametrize("make, sure", [(Density, True), (Shift, False)])
def test_means_of_densities_say_how_sure_they_are(make, sure):
    """2, 4, 9 and 9, 5, 10 of two draws: means 5.5, 4.5, 9.5 of examples."""
    draws = [[2, 4, 9], [9, 5, 10]]
    run = types.SimpleNamespace(
        once=lambda _, model, made: made(model),
        held_out=lambda model, split, draw=0: batches(draws[draw], [2, 1]),
        data=types.SimpleNamespace(noisy=True),
    )
    got = metrics.measure(run, make(), "test", Options(draws=2))
    error = 2 * np.std([5.5, 4.5, 9.5], ddof=1) / np.sqrt(3)
    assert got["first"] == pytest.approx(6.5)
    assert ("first_two_std_errors" in got) == sure
    if sure:
        assert got["first_two_std_errors"] == pytest.approx(error)
        assert got["second_two_std_errors"] == pytest.approx(2 * error)


def test_one_example_has_no_error():
    assert metrics.two_std_errors(np.array([3.0])) is None


def test_errors_stand_beside_their_figures():
    values = {"nats": 1.25, "nats_two_std_errors": 0.125, "lines": 3.0}
    assert shown(values, 2) == {
        "nats": "1.2 ± 0.12 (2 standard errors)",
        "lines": "3",
    }
    assert shown({"a_two_std_errors": 1.0}) == {"a_two_std_errors": "1"}


def test_reconstruction_error_is_the_largest():
    """x (1 + e) for x: off by e |x|, the most at the largest |x|."""
    data = batches([1, 2, -30, 4, 5], [2, 2, 1])
    got = make_reconstruction_error(Shift(error=0.01))(data)
    np.testing.assert_allclose(got, 0.3, **tolerances.FLOAT32)
    assert make_reconstruction_error(Shift())(data) < 1e-5


def test_an_error_that_is_no_number_is_not_hidden():
    data = batches([1, 2, np.nan, 4, 5], [2, 2, 1])
    assert np.isnan(make_reconstruction_error(Shift(error=0.25))(data))


def test_reconstruction_passes_the_labels():
    data = [{"x": tf.ones((2, 3)), "label": tf.constant([4, 7])}]
    model, seen = Shift(), []
    model.conditions = ("label",)
    encode = model.encode
    model.encode = lambda x, label: (seen.append(label), encode(x, label))[1]
    assert make_reconstruction_error(model)(data) < 1e-5
    assert seen
