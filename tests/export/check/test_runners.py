import functools

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export import calls
from export.check import runners
from export.write import tflite
from export.write.calibration import calibration
from tests.export.in_process import in_process
from tfgen import capabilities
from tfgen.example_inputs import example_inputs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def toy_int8(toy, tmp_path_factory):
    """Of a flow, whatever that costs."""
    folder = tmp_path_factory.mktemp("int8")
    rows = folder / "calibration.npz"
    rows_of = functools.partial(example_inputs, toy.model)
    decode = {"decode": capabilities.signatures(toy.model)["decode"]}
    calls.write(
        rows,
        calibration(
            decode,
            rows_of,
            {},
        ),
    )
    with (
        in_process(),
        tflite.Converter(
            toy.saved_model,
            folder,
            {"decode": ["z", "label"]},
            ["int8_io"],
            rows,
        ) as converter,
    ):
        assert converter.convert() == {}
    return folder / "int8_io.tflite"


def test_eight_bits_stand_for_numbers(toy_int8):
    """q = round(x / s) + z, held in [-128, 127]; and s * (q - z) back."""
    call, names = runners.load_tflite(toy_int8)
    assert "decode" in names
    runner = Interpreter(str(toy_int8)).get_signature_runner("decode")
    scale, zero = runner.get_input_details()["z"]["quantization"]
    out_scale, out_zero = runner.get_output_details()["x"]["quantization"]
    z = np.float32([[0.5, -0.25, 1000.0]])
    label = np.int32([1])
    q = np.clip(np.round(z / scale) + zero, -128, 127).astype(np.int8)
    assert q[0, 2] == 127
    expected = runner(z=q, label=label)["x"]
    assert expected.dtype == np.int8
    (got,) = call("decode", {"z": z, "label": label}).values()
    assert got.dtype == np.float32
    np.testing.assert_allclose(
        got, out_scale * (expected.astype(np.float32) - out_zero), rtol=1e-6
    )
