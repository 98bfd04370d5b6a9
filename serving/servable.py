"""One loaded version of a model."""

import concurrent.futures
import functools
import logging
import os
import re

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow_serving.apis import get_model_metadata_pb2, model_pb2

from export import operators
from export.calls import DEFAULT, Arrays
from export.signature_defs import read_signature_defs
from serving.batching import Batcher, BatchingConfig
from serving.errors import RequestError
from serving.folder.warmup import read_warmup
from serving.metrics import Metrics
from serving.signatures import SignatureSpec, read_signatures
from tfgen.errors import UserError

# Lines of an error's message that say where, and not why.
_WHERE = re.compile(
    r"Graph execution error|Detected at node|<stack traces|\d+ root error"
)


class Servable:
    """A version in memory; it lives as long as a request needs it.

    Attributes:
      name: of the model.
      model_spec: its name and the version, as answers have them.
      signature_defs: what it offers, as answers have it.
      signatures: the same, by name.
    """

    def __init__(self, folder: str | os.PathLike, name: str, version: int):
        """Loads a SavedModel and answers its warm-up requests.

        Args:
          folder: of the SavedModel.
          name: of the model.
          version: number of the version.

        Raises:
          UserError: one of its files is damaged.
        """
        self.name = name
        self.model_spec = model_pb2.ModelSpec(
            name=name, version={"value": version}
        )
        definitions = read_signature_defs(folder)
        if may := operators.warning(folder):
            logging.warning(may)
        try:
            self._loaded = _load(os.fspath(folder))
        except Exception as error:  # of whatever reads a damaged file
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise UserError(
                f"{folder}: not a SavedModel that TensorFlow can load"
                f" ({reason:.200}); export the model again."
            ) from error
        self.signature_defs = get_model_metadata_pb2.SignatureDefMap(
            signature_def={n: definitions[n] for n in self._loaded.signatures}
        )
        self.signatures = read_signatures(self.signature_defs.signature_def)
        for signature, inputs in read_warmup(folder):
            self.run(signature, inputs)

    def start(
        self,
        config: BatchingConfig,
        threads: concurrent.futures.Executor,
        metrics: Metrics,
    ) -> None:
        """Lets it answer requests; see `Batcher`."""
        self._batchers = {
            name: Batcher(
                functools.partial(self.run, name),
                config,
                threads,
                signature.batchable,
                metrics.batch_rows.labels(self.name, name).observe,
            )
            for name, signature in self.signatures.items()
        }

    async def predict(self, signature: str, inputs: Arrays) -> Arrays:
        """Returns the outputs of a signature for some rows.

        Raises:
          RequestError: the inputs are not what the signature takes, too many
            requests wait, or the call failed.
        """
        self.signature(signature).check(inputs)
        return await self._batchers[signature].submit(inputs)

    def signature(self, name: str) -> SignatureSpec:
        """Returns a signature; "" stands for the default.

        Raises:
          RequestError: there is none of that name.
        """
        name = name or DEFAULT
        if name not in self.signatures:
            raise RequestError(
                f"Serving signature name: {name!r} not found in signature def;"
                f" known: {', '.join(self.signatures)}"
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
            code = grpc.StatusCode.INTERNAL
            if isinstance(error, tf.errors.InvalidArgumentError):
                code = grpc.StatusCode.INVALID_ARGUMENT
            raise RequestError(
                f"signature {signature!r} failed: {_reason(error.message)}",
                code,
            ) from error


def _load(folder: str):
    """A SavedModel, without its own gradients.

    TensorFlow would keep them, and the whole graph with them, for as long as
    the process lives; nothing is differentiated here.
    """
    registered = ops.gradient_registry._registry
    before = set(registered)
    loaded = tf.saved_model.load(folder)
    for name in set(registered) - before:
        if name.startswith("CustomGradient-"):
            del registered[name]
    return loaded


def _reason(message: str) -> str:
    """Returns the first line of TensorFlow's message that says why."""
    lines = (line.strip() for line in message.splitlines())
    reasons = (s for s in lines if s and not _WHERE.match(s))
    return next(reasons, "TensorFlow gives no reason")
