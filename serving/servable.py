"""One loaded version of a model."""

import dataclasses
import os
import pathlib
import re
from collections.abc import Iterator, Mapping

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import prediction_log_pb2

from export.signature_defs import read_signature_defs
from serving.errors import RequestError
from tfgen.errors import UserError

Arrays = Mapping[str, np.ndarray]

DEFAULT = "serving_default"
_WARMUP = "assets.extra/tf_serving_warmup_requests"
# Lines of an error's message that say where, and not why.
_WHERE = re.compile(
    r"Graph execution error|Detected at node|<stack traces|\d+ root error"
)


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What an input or an output is.

    Attributes:
      dtype: its type.
      shape: sizes, None where any will do; None if even the rank is free.
    """

    dtype: tf.DType
    shape: tuple[int | None, ...] | None

    @classmethod
    def from_proto(cls, info: meta_graph_pb2.TensorInfo) -> "Tensor":
        """Reads what a SavedModel says."""
        shape = tf.TensorShape(info.tensor_shape)
        sizes = None if shape.rank is None else tuple(shape.as_list())
        return cls(tf.as_dtype(info.dtype), sizes)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of that shape can be this tensor."""
        return tf.TensorShape(self.shape).is_compatible_with(shape)

    def __str__(self):
        sizes = [] if self.shape is None else self.shape
        text = ", ".join("?" if s is None else str(s) for s in sizes)
        return f"{self.dtype.name} [{text}]"


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function of a SavedModel.

    Attributes:
      name: its name.
      inputs: name -> what it is.
      outputs: likewise.
      batchable: whether the rows of several requests may be put together, and
        each gets the outputs that it would have got alone: all sizes but that
        of the batch are given.
    """

    name: str
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    batchable: bool

    @classmethod
    def from_proto(
        cls, name: str, proto: meta_graph_pb2.SignatureDef
    ) -> "Signature":
        """Reads what a SavedModel says."""
        inputs, outputs = (
            {n: Tensor.from_proto(info) for n, info in sorted(infos.items())}
            for infos in (proto.inputs, proto.outputs)
        )
        batchable = all(
            t.shape and t.shape[0] is None and None not in t.shape[1:]
            for t in (*inputs.values(), *outputs.values())
        )
        return cls(name, inputs, outputs, batchable)

    def check(self, inputs: Arrays) -> None:
        """Raises `RequestError` if the function does not take the inputs."""
        if set(inputs) != set(self.inputs):
            raise RequestError(
                f"inputs are {_names(inputs)}; signature {self.name!r} takes"
                f" {_names(self.inputs)}"
            )
        for name, tensor in self.inputs.items():
            array = inputs[name]
            dtype = tf.string if array.dtype == object else array.dtype
            if dtype != tensor.dtype:
                raise RequestError(
                    f"input {name!r} is {tf.as_dtype(dtype).name}; signature"
                    f" {self.name!r} takes {tensor}"
                )
            if not tensor.fits(array.shape):
                raise RequestError(
                    f"input {name!r} has the shape {list(array.shape)};"
                    f" signature {self.name!r} takes {tensor}"
                )
            if not array.size:
                raise RequestError(f"input {name!r} is empty")
        rows = {name: len(a) for name, a in inputs.items() if a.ndim}
        if self.batchable and len(set(rows.values())) > 1:
            raise RequestError(f"inputs differ in their number of rows: {rows}")


def _names(values: Mapping[str, object]) -> str:
    return ", ".join(sorted(values)) or "none"


class Servable:
    """A version in memory; it lives as long as a request needs it."""

    def __init__(self, folder: str | os.PathLike, name: str, version: int):
        """Loads a SavedModel and answers its warm-up requests.

        Args:
          folder: of the SavedModel.
          name: of the model.
          version: number of the version.

        Raises:
          UserError: one of its files is damaged.
        """
        self.name, self.version = name, version
        definitions = read_signature_defs(folder)
        try:
            self._loaded = tf.saved_model.load(os.fspath(folder))
        except Exception as error:  # of whatever reads a damaged file
            line = str(error).partition("\n")[0]
            raise UserError(
                f"{folder}: not a SavedModel that TensorFlow can load"
                f" ({type(error).__name__}: {line:.200}); export the model"
                " again."
            ) from error
        functions = self._loaded.signatures
        self.signature_defs = {
            key: value for key, value in definitions.items() if key in functions
        }
        self.signatures = {
            key: Signature.from_proto(key, value)
            for key, value in self.signature_defs.items()
        }
        for signature, inputs in _warmup_requests(pathlib.Path(folder)):
            self.run(signature, inputs)

    def signature(self, name: str) -> Signature:
        """Returns a signature; "" stands for the default.

        Raises:
          RequestError: there is none of that name.
        """
        name = name or DEFAULT
        if name not in self.signatures:
            raise RequestError(
                f"Serving signature name: {name!r} not found in signature def;"
                f" known: {_names(self.signatures)}"
            )
        return self.signatures[name]

    def run(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """Calls a function, in the calling thread.

        Args:
          signature: its name.
          inputs: as its `check` wants them.

        Returns:
          Its outputs; strings as objects.

        Raises:
          RequestError: the function failed.
        """
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        try:
            outputs = self._loaded.signatures[signature](**tensors)
            return {name: value.numpy() for name, value in outputs.items()}
        except tf.errors.OpError as error:
            invalid = isinstance(error, tf.errors.InvalidArgumentError)
            raise RequestError(
                f"signature {signature!r} failed: {_reason(error.message)}",
                grpc.StatusCode.INVALID_ARGUMENT
                if invalid
                else grpc.StatusCode.INTERNAL,
            ) from error


def _reason(message: str) -> str:
    """Returns the first line of TensorFlow's message that says why."""
    lines = (line.strip() for line in message.splitlines())
    reasons = (s for s in lines if s and not _WHERE.match(s))
    return next(reasons, "TensorFlow gives no reason")


def _warmup_requests(folder: pathlib.Path) -> Iterator[tuple[str, Arrays]]:
    path = folder / _WARMUP
    if not path.exists():
        return
    records = tf.data.TFRecordDataset(str(path))
    parse = prediction_log_pb2.PredictionLog.FromString
    try:
        logs = [parse(record.numpy()) for record in records]
    except (tf.errors.OpError, DecodeError) as error:
        # TensorFlow says "{{node}} reason [Op:name]".
        why = _reason(str(error)).rpartition("}} ")[2].partition(" [Op:")[0]
        raise UserError(
            f"{path}: no requests to warm up with ({why}); remove it, or"
            " publish again."
        ) from error
    for log in logs:
        request = log.predict_log.request
        yield (
            request.model_spec.signature_name or DEFAULT,
            {name: tf.make_ndarray(t) for name, t in request.inputs.items()},
        )
