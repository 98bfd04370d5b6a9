import functools

import keras
import numpy as np
import pytest

from export.write.calibration import calibration, training_rows
from tests.export.runs import run_of
from tfgen import capabilities
from tfgen.example_inputs import example_inputs


@pytest.mark.parametrize(
    "model, inputs",
    [("inner_attention", {"premise_ids", "hypothesis_ids"}), ("gan", {"z"})],
)
def test_calibration_has_rows_of_every_signature(tmp_path, model, inputs):
    run = run_of(tmp_path, model)
    signatures = capabilities.signatures(run.model)
    rows_of = functools.partial(example_inputs, run.model)
    rows = calibration(
        signatures,
        rows_of,
        training_rows(run),
    )
    on_device = {n for n, s in signatures.items() if s.on_device}
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
    seen = np.floor(training_rows(run)["x"])
    train = np.concatenate(
        [
            np.floor(b["x"])
            for b in run.data.eval_batches("train", run.config.train)
        ]
    )
    known = {row.tobytes() for row in train}
    assert len(seen) == 10 * run.config.train.batch_size
    assert all(row.tobytes() in known for row in seen)
