"""TFLite files.

The converter's `int8` rounds all that is computed to 8 bits. A log-density or
an energy then cannot fall below the worst value of its calibration, and noise
scores like data; and the moments of instance norm are coarse. So where a model
has such a score, or translates pictures, a library that can choose operators
(litert-quantizer) rounds the products alone: convolutions and matrices.

Run as a program, this module is the other side of `Converter`.
"""

import contextlib
import functools
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence

from export import calls
from export.fresh_process import FreshProcess, ProcessError
from export.write import flatbuffer

# Signatures of models whose products alone are of 8 bits: outputs without
# bounds, and instance norm. See `benchmarks/eight_bits.py`.
_PRODUCTS = {"log_prob", "log_prob_with_noise", "energy", "translate"}


class Converter:
    """Converts a SavedModel in another process, a context manager.

    A conversion can end its process. One process for all quantizations imports
    TensorFlow and reads the SavedModel once; if it ends, another one goes on
    with the next quantization.
    """

    def __init__(
        self,
        saved_model: pathlib.Path,
        folder: pathlib.Path,
        signatures: Mapping[str, Sequence[str]],
        quantizations: Sequence[str],
        calibration: pathlib.Path,
    ):
        """Starts importing TensorFlow.

        Args:
          saved_model: its folder, which need not exist before `convert`.
          folder: where `<quantization>.tflite` are written.
          signatures: those to convert, each with the names of its inputs, in
            order; the weights that they share are stored once.
          quantizations: `float32`; `float16`: weights of 2 bytes;
            `dynamic_range`: large weights of 1 byte; `int8`: all arithmetic is
            of 1 byte, or products alone, see above; `int8_io`: all, and inputs
            and outputs, too.
          calibration: the file of calls whose values the ranges of `int8` are
            made of; read by `convert`.
        """
        named = json.dumps({n: list(names) for n, names in signatures.items()})
        self._arguments = saved_model, folder, named, calibration
        self._quantizations = list(quantizations)
        self._process = self._start()

    def _start(self) -> FreshProcess | None:
        if not self._quantizations:
            return None
        return FreshProcess(
            "export.write.tflite", *self._arguments, *self._quantizations
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process:
            self._process.close()

    def convert(self) -> dict[str, str]:
        """Converts, and returns quantization -> why it failed."""
        failed = {}
        while self._process:
            try:
                self._process.wait()
                reason = "the process ended"
            except ProcessError as error:
                reason = str(error)
            for line in self._process.printed():
                quantization, problem = json.loads(line)
                self._quantizations.remove(quantization)
                if problem:
                    failed[quantization] = problem
            if self._quantizations:
                failed[self._quantizations.pop(0)] = reason
            self._process.close()
            self._process = self._start()
        return failed


def _serve() -> None:
    """Converts, and prints `[quantization, problem]` after each."""
    import tensorflow as tf

    saved_model, folder, signatures, calibration, *quantizations = sys.argv[1:]
    signatures = json.loads(signatures)
    sys.stdin.read()
    converter = tf.lite.TFLiteConverter.from_saved_model(
        saved_model, signature_keys=list(signatures)
    )

    rows = pathlib.Path(calibration)

    @functools.cache
    def plain():
        return converted(converter, "float32", rows)

    def convert(q):
        if q == "float32":
            return plain()
        if q == "int8" and _PRODUCTS & set(signatures):
            return products_alone(plain(), rows)
        return converted(converter, q, rows)

    for q in quantizations:
        problem = ""
        try:
            path = pathlib.Path(folder, f"{q}.tflite")
            path.write_bytes(convert(q))
            flatbuffer.compact(path, signatures)
        except Exception as error:
            problem = reason_of(error)
        print(json.dumps([q, problem]), flush=True)


def converted(converter, quantization: str, calibration) -> bytes:
    """Returns a file by the converter's own quantization.

    Args:
      converter: of TFLite.
      quantization: see `Converter`.
      calibration: path of the calls; read for `int8` and `int8_io`.
    """
    import tensorflow as tf

    converter.optimizations = []
    converter.representative_dataset = None
    target = converter.target_spec
    target.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    target.supported_types = []
    if quantization != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "float16":
        target.supported_types = [tf.float16]
    if quantization.startswith("int8"):
        rows = calls.read(calibration)
        target.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: (
            (call.signature, dict(call.inputs)) for call in rows
        )
    ends = tf.int8 if quantization == "int8_io" else tf.float32
    converter.inference_input_type = converter.inference_output_type = ends
    return converter.convert()


def products_alone(content: bytes, calibration: pathlib.Path) -> bytes:
    """Returns a file whose convolutions and matrices are of 8 bits."""
    from litert_quantizer import qtyping, quantizer

    quantized = quantizer.Quantizer(content)
    for product in (
        "CONV_2D",
        "CONV_2D_TRANSPOSE",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
    ):
        quantized.add_static_config(
            regex=".*",
            operation_name=qtyping.TFLOperationName[product],
            activation_num_bits=8,
            weight_num_bits=8,
        )
    rows: dict[str, list] = {}
    for call in calls.read(calibration):
        rows.setdefault(call.signature, []).append(dict(call.inputs))
    # It tells of its progress, where our lines are expected.
    with contextlib.redirect_stdout(sys.stderr):
        result = quantized.quantize(quantized.calibrate(rows))
    return bytes(result.quantized_model)


def reason_of(error: Exception) -> str:
    """One line of a converter's message, which may have hundreds."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("TF Select ops:", "Custom ops:")):
            return f"no built-in operator for {line.partition(': ')[2]}"
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


if __name__ == "__main__":
    _serve()
