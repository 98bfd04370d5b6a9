"""A small SavedModel."""

import functools
import io

import numpy as np
import tensorflow as tf
from PIL import Image

from export.calls import Call


def _png():
    # By PIL: conftest.py imports this before TensorFlow's devices are made.
    file = io.BytesIO()
    Image.new("L", (3, 2)).save(file, "PNG")
    return file.getvalue()


PNG = _png()


def save(folder, factor):
    """`scale` multiplies by a variable; `text`, `ids`, `divide` are odd."""
    module = tf.Module()
    module.factor = tf.Variable(factor)

    def function(*specs):
        return functools.partial(tf.function, input_signature=specs)

    @function(tf.TensorSpec([None, 3], tf.float32, "x"))
    def scale(x):
        return {"y": module.factor * x}

    @function(
        tf.TensorSpec([None], tf.int32, "number"),
        tf.TensorSpec([None], tf.string, "word"),
    )
    def text(number, word):
        return {
            "both": tf.strings.join([word, tf.strings.as_string(number)]),
            "twice": 2 * number,
            "png_bytes": tf.fill(tf.shape(word), PNG),
        }

    @function(tf.TensorSpec([None, None], tf.int32, "ids"))
    def ids(ids):
        return {"same": tf.identity(ids)}

    @function(tf.TensorSpec([None], tf.int32, "a"))
    def divide(a):
        with tf.control_dependencies([tf.debugging.assert_positive(a)]):
            return {"b": tf.math.log(tf.cast(a, tf.float32))}

    tf.saved_model.save(
        module,
        str(folder),
        {
            "serving_default": scale.get_concrete_function(),
            "scale": scale.get_concrete_function(),
            "text": text.get_concrete_function(),
            "ids": ids.get_concrete_function(),
            "divide": divide.get_concrete_function(),
        },
    )


def examples():
    x = np.ones((2, 3), np.float32)
    return [Call("scale", True, {"x": x}, {"y": x})]
