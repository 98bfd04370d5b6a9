"""What a function of a SavedModel takes and gives."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping

import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from export.calls import Arrays
from serving.errors import RequestError


def text_of(tensor: tf.TensorSpec) -> str:
    """Returns type and sizes; `?` is a size that is free."""
    sizes = tensor.shape.as_list() if tensor.shape.rank is not None else []
    return f"{tensor.dtype.name} {sizes}".replace("None", "?")


def to_protos(arrays: Arrays) -> dict[str, tensor_pb2.TensorProto]:
    """Returns what a request or an answer of gRPC has for arrays."""
    return {name: tf.make_tensor_proto(a) for name, a in arrays.items()}


@dataclasses.dataclass(frozen=True)
class SignatureSpec:
    """A function of a SavedModel.

    Attributes:
      name: its name.
      inputs: name -> what it is; sizes are None where any will do.
      outputs: likewise.
    """

    name: str
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, tf.TensorSpec]

    @functools.cached_property
    def batchable(self) -> bool:
        """Whether the rows of several requests may be put together.

        Each gets the outputs that it would have got alone, if all sizes but
        that of the batch are given.
        """
        return all(
            t.shape.rank
            and t.shape[0] is None
            and t.shape[1:].is_fully_defined()
            for t in (*self.inputs.values(), *self.outputs.values())
        )

    def check_names(self, names: Iterable[str]) -> None:
        """Raises `RequestError` if these are not the names of its inputs."""
        if set(names) != set(self.inputs):
            raise RequestError(
                f"inputs are {sorted(names)}; signature {self.name!r} takes"
                f" {sorted(self.inputs)}"
            )

    def check(self, inputs: Arrays) -> None:
        """Raises `RequestError` if the function does not take the inputs."""
        self.check_names(inputs)
        for name, tensor in self.inputs.items():
            array = inputs[name]
            dtype = tf.string if array.dtype == object else array.dtype
            if dtype != tensor.dtype or not tensor.shape.is_compatible_with(
                array.shape
            ):
                given = text_of(tf.TensorSpec(array.shape, dtype))
                raise RequestError(
                    f"input {name!r} is {given}; signature {self.name!r} takes"
                    f" {text_of(tensor)}"
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

    def specs(infos):
        return {
            name: tf.TensorSpec(info.tensor_shape, info.dtype)
            for name, info in sorted(infos.items())
        }

    return {
        name: SignatureSpec(name, specs(proto.inputs), specs(proto.outputs))
        for name, proto in sorted(protos.items())
        if not name.startswith("__")  # TensorFlow's own
    }
