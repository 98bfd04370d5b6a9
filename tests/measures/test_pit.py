import math
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgen.config import DataSpec
from tfgen.measures import Options, pit
from tfgen.model import Latent, Model

N = 2_000


class Scaled(Model):
    """A flow of two numbers, z = scale x, from x of deviation 1."""

    def __init__(self, prior="normal", scale=1.0):
        super().__init__(None, DataSpec((2,)))
        self.latents = {"z": Latent((2,), prior)}
        self.scale = scale

    def encode(self, x):
        return self.scale * x

    def decode(self, z):
        return z / self.scale

    def log_prob(self, x):
        z = self.encode(x)
        return self.latents["z"].log_prob(z) + 2 * math.log(self.scale)


def figures(model, x):
    pieces = [{"x": tf.constant(part)} for part in np.array_split(x, 3)]
    run = SimpleNamespace(
        config=SimpleNamespace(spec=model.spec),
        once=lambda name, key, make: make(key),
        held_out=lambda model, split: pieces,
    )
    return pit.measure(run, model, "test", Options())


@pytest.mark.parametrize("prior", ["normal", "logistic"])
def test_a_right_model_is_as_far_as_expected(prior):
    random = np.random.default_rng(0)
    draw = {"normal": random.standard_normal, "logistic": random.logistic}
    x = draw[prior](size=(N, 2)).astype(np.float32)
    found = figures(Scaled(prior), x)
    assert found["pit_distance_if_right"] == pytest.approx(
        stats.kstwobign.mean() / math.sqrt(N), rel=0.01
    )
    assert found["pit_distance"] < 2 * found["pit_distance_if_right"]
    wide = figures(Scaled(prior, 1.5), x)
    assert wide["pit_distance"] > 3 * wide["pit_distance_if_right"]


def test_distances_are_those_of_kolmogorov():
    u = np.random.default_rng(0).beta(2, 2, size=(50, 3)).astype(np.float32)
    found, expected = pit.distances(u)
    for column, distance in zip(u.T, found):
        test = stats.ks_1samp(column.astype(float), stats.uniform.cdf)
        assert distance == pytest.approx(test.statistic, rel=1e-6)
    assert expected == pytest.approx(stats.kstwo.mean(50), rel=0.01)


def test_no_latents_that_have_no_density():
    assert pit.applies(Scaled(), DataSpec((2,)))
    assert not pit.applies(Scaled("uniform"), DataSpec((2,)))
    assert figures(Scaled("uniform"), np.zeros((3, 2), np.float32)) == {}


def test_the_farthest_of_many_dimensions_are_drawn():
    u = np.linspace(0, 1, 100)[:, None] ** np.linspace(1, 2, 20)
    all_of_them, *others = pit.panels(u).items()
    assert all_of_them[0].startswith("all 20 numbers: 0.")
    assert all_of_them[1].shape == (100, 20)
    names = [title.partition("]")[0] for title, _ in others]
    assert names == [f"z[{d}" for d in range(19, 12, -1)]
    assert len(pit.panels(u[:, :2])) == 3
