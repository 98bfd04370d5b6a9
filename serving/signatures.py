"""What a function of a SavedModel takes and gives."""

import dataclasses
import functools
from collections.abc import Mapping

import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from export.calls import Arrays
from serving.errors import RequestError


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
class SignatureSpec:
    """A function of a SavedModel.

    Attributes:
      name: its name.
      inputs: name -> what it is.
      outputs: likewise.
    """

    name: str
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]

    @classmethod
    def from_proto(
        cls, name: str, proto: meta_graph_pb2.SignatureDef
    ) -> "SignatureSpec":
        """Reads what a SavedModel says."""
        inputs, outputs = (
            {n: Tensor.from_proto(info) for n, info in sorted(infos.items())}
            for infos in (proto.inputs, proto.outputs)
        )
        return cls(name, inputs, outputs)

    @functools.cached_property
    def batchable(self) -> bool:
        """Whether the rows of several requests may be put together.

        Each gets the outputs that it would have got alone, if all sizes but
        that of the batch are given.
        """
        return all(
            t.shape and t.shape[0] is None and None not in t.shape[1:]
            for t in (*self.inputs.values(), *self.outputs.values())
        )

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


def read_signatures(
    protos: Mapping[str, meta_graph_pb2.SignatureDef],
) -> dict[str, SignatureSpec]:
    """Returns what a SavedModel or a server says of a model, by name."""
    return {
        name: SignatureSpec.from_proto(name, proto)
        for name, proto in sorted(protos.items())
        if not name.startswith("__")  # TensorFlow's own
    }


def _names(values: Mapping[str, object]) -> str:
    return ", ".join(sorted(values)) or "none"
