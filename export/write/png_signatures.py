"""Signatures that take PNG files, or answer with them, instead of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from export.calls import to_array
from export.write.png_reader import read_png
from tfgen.capabilities import Signature
from tfgen.config import DataSpec, Field
from tfgen.data import image_file
from tfgen.nn import any_size
from tfgen.nn.frames import colours_of

# TF Serving's REST interface writes what ends in `_bytes` as base64.
PNG = "png_bytes"
WHITE = "white"
_CHANNELS = (1, 3, 4)  # that they hold
# Eagerly, AutoGraph would translate all that these functions call.
_as_written = tf.autograph.experimental.do_not_convert
# Where examples are pictures: signature -> the output that is one, too.
_PICTURES = {
    "decode": "x",
    "draw": "x",
    "decode_with_uniforms": "x",
    "reconstruct": "x_again",
    "sample": "x",
    "complete": "x",
    "translate": "y",
    "translate_back": "x",
    "translate_with_noise": "y",
    "translate_any_size": "y",
    "translate_back_any_size": "x",
}
# Those that take one -> the input that is one.
_READERS = {
    "classify": "x",
    "log_prob": "x",
    "energy": "x",
    "encode": "x",
    "reconstruct": "x",
    "translate": "x",
    "translate_back": "y",
    "translate_with_noise": "x",
    "translate_any_size": "x",
    "translate_back_any_size": "y",
}


def with_pictures(
    signatures: Mapping[str, Signature],
    spec: DataSpec,
    background: str = WHITE,
) -> dict[str, Signature]:
    """Returns the signatures, and those with PNG files for pictures.

    `<name>_png` has the inputs and outputs of the signature `<name>`, but for
    `x`, its reconstruction and what it is translated into: there it has
    `png_bytes` [B] string, PNG files.

    Args:
      signatures: of a model.
      spec: of its data.
      background: colour behind transparent pixels of files.
    """
    if not _of_pictures(spec):
        return dict(signatures)
    below = image_file.colour(background)
    return dict(signatures) | {
        f"{name}_png": _png_signature(signatures[name], name, spec, below)
        for name in dict.fromkeys([*_PICTURES, *_READERS])
        if name in signatures
    }


def with_png_rows(
    rows_of: Callable[..., Mapping[str, np.ndarray]], spec: DataSpec
) -> Callable[..., Mapping[str, np.ndarray]]:
    """Returns `rows_of` with PNG files of its rows of `x`."""
    if not _of_pictures(spec):
        return rows_of

    def rows(*arguments):
        found = rows_of(*arguments)
        png = encode_png(tf.constant(found["x"]), spec.levels)
        return {**found, PNG: to_array(png)}

    return rows


def _of_pictures(spec: DataSpec) -> bool:
    """Whether PNG files can hold all pictures; several frames are too many."""
    pictures = [spec.x, *(f for f in spec.fields if f.name == "y")]
    return all(
        field.levels
        and len(field.shape) == 3
        and field.shape[-1] == colours_of(spec, field)
        and field.shape[-1] in _CHANNELS
        for field in pictures
    )


def _png_signature(
    signature: Signature, name: str, spec: DataSpec, background: Sequence[int]
) -> Signature:
    fields = {field.name: field for field in (spec.x, *spec.fields)}
    if signature.sides:
        read, made = fields[_READERS[name]], fields[_PICTURES[name]]
        return _of_any_size(signature, read, made, background)
    reads = name in _READERS
    read = tf.TensorSpec([None], tf.string, PNG)
    specs = [read, *signature.inputs[1:]] if reads else signature.inputs

    def function(*inputs):
        inputs = [
            _finite(value, each.name) if each.dtype.is_floating else value
            for value, each in zip(inputs, specs)
        ]
        if reads:
            inputs[0] = decode_png(
                inputs[0], fields[_READERS[name]], background
            )
        outputs = signature.function(*inputs)
        if name not in _PICTURES:
            return outputs
        made = _PICTURES[name]
        levels = fields.get(made, spec.x).levels
        return {PNG: encode_png(outputs[made], levels)}

    return Signature(function, specs, False, signature.repeatable)


def _of_any_size(
    signature: Signature, read: Field, made: Field, background: Sequence[int]
) -> Signature:
    """One picture after the other: each may have another size."""

    def translate(x):
        return signature.function(x)[made.name]

    @_as_written
    def one(file):
        shades = read_png(file, read.shape[-1], background, PNG)
        x = _levels(shades, read)[None]
        y = any_size.through(translate, x, signature.sides)
        return encode_png(y, made.levels)[0]

    def function(content):
        files = tf.TensorSpec([], tf.string)
        return {PNG: tf.map_fn(one, content, fn_output_signature=files)}

    spec = tf.TensorSpec([None], tf.string, PNG)
    return Signature(function, [spec], on_device=False)


def decode_png(
    content: tf.Tensor, field: Field, background: Sequence[int]
) -> tf.Tensor:
    """Returns gray levels [B, H, W, C] of PNG files.

    It is the inverse of `encode_png`.

    Args:
      content: [B] string, of pictures that have the size of the field's.
      field: what they are.
      background: see `read_png`.

    Raises:
      InvalidArgumentError: see `read_png`; or one has another size.
    """
    height, width, channels = field.shape

    @_as_written
    def decode(file):
        shades = read_png(file, channels, background, PNG)
        size = tf.shape(shades)[:2]
        fits = tf.raw_ops.Assert(
            condition=tf.reduce_all(size == [height, width]),
            data=[f"{PNG}: expected {height} x {width} pixels, got", size],
        )
        with tf.control_dependencies([fits]):
            # Not `ensure_shape`: a saved graph would run it first, and its
            # error names no input.
            shades = tf.identity(shades)
        shades.set_shape(field.shape)
        return shades

    shades = tf.map_fn(
        decode,
        content,
        fn_output_signature=tf.TensorSpec(field.shape, tf.int32),
    )
    return _levels(shades, field)


def _levels(shades: tf.Tensor, field: Field) -> tf.Tensor:
    """The gray levels nearest to shades of 8 bits."""
    levels = tf.cast(shades, tf.float32) * ((field.levels - 1) / 255)
    return tf.round(levels)


def _finite(value: tf.Tensor, name: str) -> tf.Tensor:
    """Fails where numbers are not; a picture would hide it."""
    return tf.debugging.check_numerics(value, f"{name}: not finite")


def encode_png(x: tf.Tensor, levels: int) -> tf.Tensor:
    """Returns PNG files of pictures: 0 is black, `levels - 1` white.

    A pixel has the 8-bit shade nearest to `255 x / (levels - 1)`.

    Args:
      x: [B, H, W, C] gray levels; C is 1, 3, or 4: colours and alpha.
      levels: how many there are.

    Returns:
      [B] string.

    Raises:
      InvalidArgumentError: a level is not finite.
    """
    x = _finite(x, "the picture")
    shades = tf.clip_by_value(x * (255 / (levels - 1)), 0, 255)
    return tf.map_fn(
        _as_written(tf.io.encode_png),
        tf.cast(tf.round(shades), tf.uint8),
        fn_output_signature=tf.TensorSpec([], tf.string),
    )
