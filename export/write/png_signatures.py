"""Signatures that answer with PNG files instead of arrays."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from tfgen.capabilities import Signature
from tfgen.config import DataSpec

# TF Serving's REST interface writes what ends in `_bytes` as base64.
PNG = "png_bytes"
# Where examples are pictures: signature -> the output that is one, too.
_PICTURES = {
    "decode": "x",
    "draw": "x",
    "reconstruct": "x_again",
    "sample": "x",
    "complete": "x",
}


def with_pictures(
    signatures: Mapping[str, Signature], spec: DataSpec
) -> dict[str, Signature]:
    """Returns the signatures, and those that make PNG files of their pictures.

    `<name>_png` has the inputs of the signature `<name>` and one output,
    `png_bytes` [B] string: PNG files.

    Args:
      signatures: of a model.
      spec: of its data.
    """
    found = dict(signatures)
    if spec.levels and len(spec.shape) == 3:
        for name, output in _PICTURES.items():
            if name in signatures:
                found[f"{name}_png"] = _png_signature(
                    signatures[name], output, spec.levels
                )
    return found


def _png_signature(signature: Signature, output: str, levels: int) -> Signature:
    def function(*inputs):
        inputs = [
            _finite(value, spec.name) if spec.dtype.is_floating else value
            for value, spec in zip(inputs, signature.inputs)
        ]
        x = signature.function(*inputs)[output]
        return {PNG: encode_png(x, levels)}

    return Signature(function, signature.inputs, on_device=False)


def _finite(value: tf.Tensor, name: str) -> tf.Tensor:
    """Fails where numbers are not; a picture would hide it."""
    return tf.debugging.check_numerics(value, f"{name}: not finite")


def encode_png(x: tf.Tensor, levels: int) -> tf.Tensor:
    """Returns PNG files of pictures: 0 is black, `levels - 1` white.

    A pixel has the 8-bit shade nearest to `255 x / (levels - 1)`.

    Args:
      x: [B, H, W, C] gray levels; C is 1 or 3.
      levels: how many there are.

    Returns:
      [B] string.

    Raises:
      InvalidArgumentError: a level is not finite.
    """
    x = _finite(x, "the picture")
    shades = tf.clip_by_value(x * (255 / (levels - 1)), 0, 255)
    return tf.map_fn(
        tf.io.encode_png,
        tf.cast(tf.round(shades), tf.uint8),
        fn_output_signature=tf.TensorSpec([], tf.string),
    )
