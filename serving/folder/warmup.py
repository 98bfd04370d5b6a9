"""Requests that a server answers before a version counts as available."""

import os
import pathlib
from collections.abc import Iterable, Iterator

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from export.calls import DEFAULT, Arrays, Call
from serving.signatures import to_protos
from tfgen.errors import UserError

# Where TensorFlow Serving looks for them, in a SavedModel's folder.
FILE = "assets.extra/tf_serving_warmup_requests"


def write_warmup(
    saved_model: str | os.PathLike, name: str, calls: Iterable[Call]
) -> None:
    """Writes calls as requests: a TFRecord file of `PredictionLog`s.

    Each signature traces and compiles at its first call, which may take
    seconds; and at its first batch of another size, a little.

    Args:
      saved_model: the folder of a SavedModel.
      name: that the model is served under.
      calls: of its export; the first stands for `serving_default` as well.
    """
    path = pathlib.Path(saved_model, FILE)
    path.parent.mkdir(exist_ok=True)
    calls = list(calls)
    requests = [(DEFAULT, calls[0].inputs)]
    requests += [(call.signature, call.inputs) for call in calls]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests:
            request = predict_pb2.PredictRequest(
                model_spec={"name": name, "signature_name": signature},
                inputs=to_protos(inputs),
            )
            log = prediction_log_pb2.PredictionLog(
                predict_log={"request": request}
            )
            writer.write(log.SerializeToString())


def read_warmup(
    saved_model: str | os.PathLike,
) -> Iterator[tuple[str, Arrays]]:
    """Yields signature and inputs of each request; nothing without a file.

    Args:
      saved_model: the folder of a SavedModel.

    Raises:
      UserError: the file is damaged.
    """
    path = pathlib.Path(saved_model, FILE)
    if not path.exists():
        return
    records = tf.data.TFRecordDataset(str(path))
    parse = prediction_log_pb2.PredictionLog.FromString
    try:
        logs = [parse(record.numpy()) for record in records]
    except (tf.errors.OpError, DecodeError) as error:
        # TensorFlow says "{{node}} reason [Op:name]", and more lines.
        line = str(error).strip().partition("\n")[0]
        reason = line.rpartition("}} ")[2].partition(" [Op:")[0]
        raise UserError(
            f"{path}: no requests to warm up with ({reason}); remove it, or"
            " publish again."
        ) from error
    for log in logs:
        request = log.predict_log.request
        yield (
            request.model_spec.signature_name or DEFAULT,
            {name: tf.make_ndarray(t) for name, t in request.inputs.items()},
        )
