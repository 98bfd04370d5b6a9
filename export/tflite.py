"""TFLite files.

Run as a program, this module converts a SavedModel to one file. It is a program
because a conversion can end the process.
"""

import os
import pathlib
import sys
from collections.abc import Sequence

# Operators that need more than TFLite's built-in kernels, or that keep state:
# Flex operators are custom ones.
_FORBIDDEN = {
    "CUSTOM",
    "CALL_ONCE",
    "VAR_HANDLE",
    "READ_VARIABLE",
    "ASSIGN_VARIABLE",
}


def operators(path: str | os.PathLike) -> set[str]:
    """Returns the names of the operators that a file uses."""
    from ai_edge_litert import schema_py_generated as schema

    names = {
        value: name
        for name, value in vars(schema.BuiltinOperator).items()
        if not name.startswith("_")
    }
    model = schema.Model.GetRootAs(pathlib.Path(path).read_bytes())
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    # Codes beyond 127 are in the newer field only.
    return {
        names[max(c.BuiltinCode(), c.DeprecatedBuiltinCode())] for c in codes
    }


def forbidden_operators(path: str | os.PathLike) -> list[str]:
    """Returns the operators that keep a file from running everywhere."""
    return sorted(operators(path) & _FORBIDDEN)


def convert(
    saved_model: str,
    path: str,
    quantization: str,
    signatures: Sequence[str],
) -> None:
    """Converts signatures of a SavedModel to one TFLite file.

    The weights that they share are stored once.

    Args:
      saved_model: its folder.
      path: the file to write.
      quantization: `float32`; `float16`: weights of 2 bytes; or
        `dynamic_range`: weights of 1 byte, where they are large.
      signatures: names.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        saved_model, signature_keys=list(signatures)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if quantization != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "float16":
        converter.target_spec.supported_types = [tf.float16]
    pathlib.Path(path).write_bytes(converter.convert())


def _reason(error: Exception) -> str:
    """One line of a converter's message, which may have hundreds."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("TF Select ops:", "Custom ops:")):
            return f"no built-in operator for {line.partition(': ')[2]}"
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


if __name__ == "__main__":
    try:
        convert(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
    except Exception as error:
        sys.exit(_reason(error))
