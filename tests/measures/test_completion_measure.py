"""Figures of completed images, by other sums."""

import numpy as np
import pytest
import tensorflow as tf

from tfgen import projection
from tfgen.data.loaded import gather
from tfgen.errors import UserError
from tfgen.measures import Options, completion
from tfgen.run import Run
from tfgen.tables.papers import TABLES

COUNT = 30


class Bright:
    """Takes an image whose hole is brighter than 3 for right."""

    def accuracy(self, x, label):
        assert len(x) == len(label)
        return float(np.mean([image[5:, 2].mean() > 3 for image in x]))


@pytest.fixture
def run(tmp_path, monkeypatch):
    run = Run.start(tmp_path, "bigan", "tiny", None, [])
    monkeypatch.setitem(run.sample_quality.__dict__, "classifier", Bright())
    return run


def test_completed_images_are_compared(run, monkeypatch):
    model = run.build_model()
    seen = []

    def method(model, name, search):
        value = 7.0 if search.encoder else 1.0

        def complete(x, mask, noise):
            seen.append(tf.reduce_max(tf.abs(x * (1 - mask))))
            assert noise.shape[1] == projection.noise_size(model, search)
            return tf.zeros_like(x) + value

        return complete

    monkeypatch.setattr(completion.projection, "method", method)
    monkeypatch.setattr(completion.tf, "function", lambda f, **_: f)
    found = completion.measure(run, model, "test", Options(samples=COUNT))
    assert len(found) == 2 * 5 * 2
    rows = TABLES["completion"].rows
    assert {figure for row in rows for figure in row.figures} == {*found}
    assert max(seen) == 0  # what is hidden is not told

    x = gather(run.held_out(model, "test"))["x"][:COUNT]
    others = gather(run.held_out(model, "train"))["x"]
    hole = np.s_[:, 4:]
    assert found["completion_bottom_search"] == 0
    assert found["completion_bottom_encoder"] == 1
    expected = np.mean(abs(x[hole] - 7))
    assert found["completion_bottom_both_l1"] == pytest.approx(expected)
    nearest = []
    for image in x:
        distances = [np.sum((image[:4] - o[:4]) ** 2) for o in others]
        nearest.append(others[np.argmin(distances)])
    error = np.mean(abs(np.array(nearest) - x)[hole])
    assert found["completion_bottom_neighbor_l1"] == pytest.approx(error)
    middle = np.s_[:, 2:6, 2:6]
    error = np.mean(abs(others.mean(0) - x)[middle])
    assert found["completion_center_mean_l1"] == pytest.approx(error, rel=1e-4)


def test_a_model_completes_in_its_own_way_or_by_a_search(tmp_path):
    def ways(name):
        run = Run.start(tmp_path / name, name, "tiny", None, [])
        run.sample_quality.__dict__["classifier"] = Bright()
        model = run.build_model()
        assert not completion.applies(model, run.config.spec)
        return run, model, completion.ways(model)

    *_, found = ways("gan")
    assert list(found) == ["search"] and not found["search"].encoder
    run, model, found = ways("nade")
    assert found == {"own": None}
    figures = completion.measure(run, model, "test", Options(samples=4))
    assert 0 <= figures["completion_center_own_l1"] <= 1
    run, model, found = ways("rbm")
    assert found == {}
    with pytest.raises(UserError, match="completion: expected a model that"):
        completion.measure(run, model, "test", Options())
