import keras
import numpy as np
import pytest

from export import examples as examples_lib
from export import task
from tfgen.evaluate.metrics import mean_metrics
from tfgen.run import Run


def run_of(tmp_path, model, preset="tiny"):
    """A run that was not trained."""
    run = Run.start(tmp_path, model, preset)
    run.__dict__["model"] = run.build_model()
    return run


def score(run, measured):
    """Of Keras's own outputs."""
    signature = run.model.signatures()[measured.example.signature]
    outputs = examples_lib._call(signature, measured.example.inputs)
    return measured.score(outputs)


def test_a_flow(tmp_path):
    run = run_of(tmp_path, "real_nvp")
    measured = task.of_run(run)
    expected = mean_metrics(
        run.model, run.data.eval_batches("test", run.config.train)
    )
    assert (measured.metric, measured.allowed) == ("bits_per_dim", 0.05)
    assert score(run, measured) == pytest.approx(expected["bits_per_dim"])
    assert measured.cost(2.5, 2.0) == 0.5  # bits are lost


@pytest.mark.parametrize("model", ["inner_attention", "ladder"])
def test_a_classifier(tmp_path, model):
    run = run_of(tmp_path, model)
    measured = task.of_run(run)
    expected = mean_metrics(
        run.model, run.data.eval_batches("test", run.config.train)
    )
    assert (measured.metric, measured.allowed) == ("accuracy", 0.01)
    right = expected.get("accuracy", 1 - expected.get("error_rate", 0))
    assert score(run, measured) == pytest.approx(right)
    assert measured.cost(0.75, 1.0) == 0.25


def test_a_game_of_points(tmp_path):
    run = run_of(tmp_path, "gan", "toy")
    measured = task.of_run(run)
    assert (measured.metric, measured.allowed) == ("energy_distance", None)
    # The data themselves are near, a single point is far.
    x = next(iter(run.data.eval_batches("test", run.config.train)))["x"].numpy()
    near = measured.score({"x": x})
    assert near < 0.1 < measured.score({"x": np.zeros_like(x)})


@pytest.mark.parametrize(
    "model, inputs",
    [("inner_attention", {"premise_ids", "hypothesis_ids"}), ("gan", {"z"})],
)
def test_calibration_has_rows_of_every_signature(tmp_path, model, inputs):
    run = run_of(tmp_path, model)
    rows = task.calibration(run.model, task.training_rows(run))
    on_device = {n for n, s in run.model.signatures().items() if s.on_device}
    assert {row.signature for row in rows} == on_device
    assert set(rows[0].inputs) == inputs
    # One by one, but of one shape: the converter sizes its tensors once.
    for name in inputs:
        shapes = {r.inputs[name].shape for r in rows if name in r.inputs}
        assert len(shapes) == 1
        assert shapes.pop()[0] == 1


def test_calibration_is_of_the_training_data(tmp_path):
    keras.utils.set_random_seed(0)
    run = run_of(tmp_path, "real_nvp")
    seen = np.floor(task.training_rows(run)["x"])
    train = np.concatenate(
        [
            np.floor(b["x"])
            for b in run.data.eval_batches("train", run.config.train)
        ]
    )
    known = {row.tobytes() for row in train}
    assert len(seen) == 10 * run.config.train.batch_size
    assert all(row.tobytes() in known for row in seen)
