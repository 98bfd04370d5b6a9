"""Requests that a server answers before a version counts as available."""

import os
import pathlib
from collections.abc import Iterable

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from export.check import DEFAULT
from export.examples import Example

# Where TensorFlow Serving looks for them, in a SavedModel's folder.
FILE = "assets.extra/tf_serving_warmup_requests"


def write_warmup(
    saved_model: str | os.PathLike, name: str, examples: Iterable[Example]
) -> None:
    """Writes the examples as requests: a TFRecord file of `PredictionLog`s.

    Each signature traces and compiles at its first call, which may take
    seconds; and at its first batch of another size, a little.

    Args:
      saved_model: the folder of a SavedModel.
      name: that the model is served under.
      examples: of its export; the first stands for `serving_default` as well.
    """
    path = pathlib.Path(saved_model, FILE)
    path.parent.mkdir(exist_ok=True)
    examples = list(examples)
    calls = [(DEFAULT, examples[0].inputs)]
    calls += [(e.signature, e.inputs) for e in examples]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in calls:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = signature
            for key, array in inputs.items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(array))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())
