"""How TensorFlow Serving puts the requests to one SavedModel together."""

import os
import pathlib

from export.signature_defs import read_signature_defs
from serving.signatures import read_signatures

# Where TensorFlow Serving looks for it with
# --enable_per_model_batching_parameters, in a SavedModel's folder. Requests to
# a SavedModel without this file run one by one.
FILE = "batching_params.pbtxt"

# Calls of up to 64 rows. A request of more is split; one of more than an empty
# queue has room for (64 rows x 100 batches) is refused as invalid.
TEXT = """\
max_batch_size { value: 6400 }
enable_large_batch_splitting { value: true }
max_execution_batch_size { value: 64 }
max_enqueued_batches { value: 100 }
batch_timeout_micros { value: 1000 }
"""


def write_batching_params(saved_model: str | os.PathLike) -> None:
    """Writes the file if all requests to a SavedModel go together.

    TensorFlow Serving batches all signatures or none. It fails a batch of
    sentences of several lengths, or pads them with a tensor's first number,
    which is a word.

    Args:
      saved_model: the folder of a SavedModel.
    """
    signatures = read_signatures(read_signature_defs(saved_model))
    if all(signature.batchable for signature in signatures.values()):
        pathlib.Path(saved_model, FILE).write_text(TEXT)
