import numpy as np
import pytest

from export import calls
from export.check.task import task_of
from tests.export.runs import run_of
from tfgen import capabilities
from tfgen.measures.metrics import mean_metrics


def score(run, measured):
    """Of Keras's own outputs."""
    signature = capabilities.signatures(run.model)[measured.call.signature]
    outputs = signature.function(*measured.call.inputs.values())
    return measured.score({n: calls.to_array(v) for n, v in outputs.items()})


def test_a_flow(tmp_path):
    run = run_of(tmp_path, "real_nvp")
    measured = task_of(run)
    expected = mean_metrics(
        run.model, run.data.eval_batches("test", run.config.train)
    )
    assert (measured.metric, measured.allowed) == ("bits_per_dim", 0.05)
    assert score(run, measured) == pytest.approx(expected["bits_per_dim"])
    assert measured.cost(2.5, 2.0) == 0.5  # bits are lost


@pytest.mark.parametrize("model", ["inner_attention", "ladder"])
def test_a_classifier(tmp_path, model):
    run = run_of(tmp_path, model)
    measured = task_of(run)
    expected = mean_metrics(
        run.model, run.data.eval_batches("test", run.config.train)
    )
    assert (measured.metric, measured.allowed) == ("accuracy", 0.01)
    right = expected.get("accuracy", 1 - expected.get("error_rate", 0))
    assert score(run, measured) == pytest.approx(right)
    assert measured.cost(0.75, 1.0) == 0.25


def test_a_translation(tmp_path):
    """How far a file is from Keras, whatever y is."""
    run = run_of(tmp_path, "pix2pix")
    measured = task_of(run)
    assert (measured.metric, measured.allowed) == ("translation_error", 0.01)
    assert score(run, measured) == pytest.approx(0, abs=1e-6)
    (x,) = measured.call.inputs.values()
    y = np.asarray(run.model.translate(x))
    assert measured.score({"y": y + 1.6}) == pytest.approx(0.1, rel=1e-5)
    assert measured.cost(0.1, 0.0) == 0.1


@pytest.mark.parametrize(
    "model, preset, metric, allowed",
    [
        ("gan", "toy", "decode_error", 0.05),  # of points
        ("gan", "tiny", "decode_error", 0.01),  # of gray levels
        ("rbm", "tiny", "energy_error", 0.05),
    ],
)
def test_the_rest(tmp_path, model, preset, metric, allowed):
    """A mean over many rows: one number that is far off decides nothing."""
    run = run_of(tmp_path, model, preset)
    measured = task_of(run)
    assert (measured.metric, measured.allowed) == (metric, allowed)
    assert score(run, measured) == pytest.approx(0, abs=1e-6)
    signature = capabilities.signatures(run.model)[measured.call.signature]
    outputs = signature.function(*measured.call.inputs.values())
    ((name, exact),) = ((n, calls.to_array(v)) for n, v in outputs.items())
    scale = 16 if allowed == 0.01 else exact.std()
    off = measured.score({name: exact + 0.2 * scale})
    assert off == pytest.approx(0.2, rel=1e-3)
    one = exact.copy()
    one.flat[0] += scale
    assert measured.score({name: one}) < 0.002
