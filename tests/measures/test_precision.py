import logging

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.errors import UserError
from tfgen.measures import precision
from tfgen.nn import randomize
from tfgen.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run = Run.start(folder, "nice", "tiny", "moons", ["num_examples=200"])
    run.__dict__["model"] = model = run.build_model()
    randomize(model.variables)
    return run


def test_errors_of_both_types(run):
    found = run.evaluate(["precision"])
    names = ("reconstruction_error", "log_det_error")
    assert set(found) == {f"{n}_{t}" for n in names for t in precision.DTYPES}
    for name in names:
        single, double = (found[f"{name}_{t}"] for t in precision.DTYPES)
        assert 0 <= double < 1e-12 < single < 1e-3
    assert tf.keras.config.floatx() == "float32"


def test_a_wrong_determinant_is_found(run, monkeypatch):
    """Off by log 3 of both types, which the inverse does not show."""
    right = type(run.model).log_prob
    monkeypatch.setattr(
        type(run.model), "log_prob", lambda *a, **k: right(*a, **k) + np.log(3)
    )
    found = run.evaluate(["precision"])
    for dtype in precision.DTYPES:
        error = found[f"log_det_error_{dtype}"]
        np.testing.assert_allclose(error, np.log(3), **tolerances.FLOAT32)
        assert found[f"reconstruction_error_{dtype}"] < 1e-3


def test_large_examples_have_no_jacobian(run, monkeypatch, caplog):
    monkeypatch.setattr(precision, "MOST", 1)
    with caplog.at_level(logging.WARNING):
        found = run.evaluate(["precision"])
    assert not any(name.startswith("log_det") for name in found)
    assert "left out of examples of 2 numbers; at most 1" in caplog.text


def test_models_that_are_no_flows(tmp_path):
    made = Run.start(tmp_path, "gan", "toy", "moons", ["num_examples=400"])
    made.__dict__["model"] = made.build_model()
    with pytest.raises(UserError, match="measure=precision: gan on moons has"):
        made.evaluate(["precision"])
