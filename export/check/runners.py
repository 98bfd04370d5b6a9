"""Artefacts as functions of arrays, without the Keras model."""

import functools
import pathlib
from collections.abc import Callable

import numpy as np

from export.calls import Arrays, to_array

# (signature, inputs) -> outputs.
Runner = Callable[[str, Arrays], Arrays]


def load_saved_model(folder: pathlib.Path) -> tuple[Runner, dict[str, list]]:
    """Returns a runner, and signature -> the variables that it reads.

    Args:
      folder: of a SavedModel.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))

    def run(signature, inputs):
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        outputs = loaded.signatures[signature](**tensors)
        return {name: to_array(value) for name, value in outputs.items()}

    return run, {n: f.variables for n, f in loaded.signatures.items()}


def load_tflite(
    path: pathlib.Path, num_threads: int = 1
) -> tuple[Runner, list[str]]:
    """Returns a runner of a TFLite file, and the names of its signatures.

    Where the file takes and gives integers of 8 bits, the runner takes and
    returns what they stand for.

    Args:
      path: of the file.
      num_threads: that the interpreter may use.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=num_threads)

    @functools.cache
    def prepared(signature):
        runner = interpreter.get_signature_runner(signature)
        ins, outs = runner.get_input_details(), runner.get_output_details()
        return runner, _scales(ins), _scales(outs)

    def run(signature, inputs):
        runner, ins, outs = prepared(signature)
        inputs = {
            n: _quantized(x, *ins[n]) if n in ins else x
            for n, x in inputs.items()
        }
        outputs = runner(**inputs)
        return {
            n: np.float32(outs[n][0] * (np.float32(x) - outs[n][1]))
            if n in outs
            else x
            for n, x in outputs.items()
        }

    return run, list(interpreter.get_signature_list())


def _scales(details) -> dict[str, tuple[float, int]]:
    """Name -> scale and zero of tensors of 8 bits."""
    return {
        name: detail["quantization"]
        for name, detail in details.items()
        if detail["dtype"] is np.int8
    }


def _quantized(x: np.ndarray, scale: float, zero: int) -> np.ndarray:
    return np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)
