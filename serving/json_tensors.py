"""TensorFlow Serving's JSON: requests to arrays, arrays to answers.

Row format: `{"instances": [row, …]}` and `{"predictions": [row, …]}`, where a
row is an object of named tensors without their batch dimension, or the tensor
itself if there is only one. Column format: `{"inputs": …}` and
`{"outputs": …}`, an object of named tensors with their batch dimension, or the
tensor itself. Bytes are `{"b64": "…"}`; outputs whose names end in `_bytes` are
written so.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson

from export.calls import Arrays
from serving.arrays import B64, to_array, to_plain
from serving.errors import RequestError
from serving.signatures import SignatureSpec, text_of

# A string may lack its end, and nothing is tried twice: linear in the length.
_STRING_OR_INF = re.compile(rb'"(?:[^"\\]|\\.)*+"?|\bInf\b', re.DOTALL)


def parse(
    body: bytes, signature_of: Callable[[str], SignatureSpec]
) -> tuple[SignatureSpec, dict[str, np.ndarray], bool]:
    """Reads a request.

    Args:
      body: JSON.
      signature_of: returns a signature by name; "" is the default.

    Returns:
      The signature, its inputs, and whether they came by rows.

    Raises:
      RequestError: what is wrong with it.
    """
    document = _read_json(body)
    if not isinstance(document, dict):
        raise RequestError(
            'the body must be an object: {"instances": […]} or {"inputs": …}'
        )
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise RequestError("'signature_name' must be a string")
    signature = signature_of(name)
    by_row = "instances" in document
    if by_row == ("inputs" in document):
        raise RequestError("give either 'instances' or 'inputs'")
    if by_row:
        columns = _columns(document["instances"], signature)
    else:
        columns = _named(document["inputs"], signature)
    # TensorFlow Serving ignores columns that it does not know, but not in rows.
    if by_row or not columns.keys() >= signature.inputs.keys():
        signature.check_names(columns)
    arrays = {}
    for name, tensor in signature.inputs.items():
        try:
            arrays[name] = to_array(columns[name], tensor)
        except ValueError as error:
            raise RequestError(
                f"input {name!r} {error}; it takes {text_of(tensor)}"
            ) from error
    return signature, arrays, by_row


def _read_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"NaN" in body or b"Inf" in body:  # no JSON, but allowed
            try:
                return json.loads(_STRING_OR_INF.sub(_spell_out, body))
            except (ValueError, RecursionError):
                pass
        raise RequestError(f"JSON Parse error: {error}") from error


def _spell_out(match: re.Match) -> bytes:
    """Gives `Inf` the name that Python knows, and leaves strings alone."""
    return b"Infinity" if match[0] == b"Inf" else match[0]


def _columns(instances: Any, signature: SignatureSpec) -> dict[str, list]:
    if not isinstance(instances, list) or not instances:
        raise RequestError("'instances' must be a list of one row or more")
    rows = [_named(row, signature) for row in instances]
    names = rows[0].keys()
    for i, row in enumerate(rows):
        if row.keys() != names:
            raise RequestError(
                f"row {i} of 'instances' has {sorted(row)}, row 0 has"
                f" {sorted(names)}"
            )
    return {name: [row[name] for row in rows] for name in names}


def _named(value: Any, signature: SignatureSpec) -> dict[str, Any]:
    """Gives a tensor without a name the only one there is."""
    if isinstance(value, dict) and set(value) != {B64}:
        return value
    if len(signature.inputs) != 1:
        raise RequestError(
            f"signature {signature.name!r} has several inputs: name them, as in"
            f" {{{', '.join(f'{n!r}: …' for n in signature.inputs)}}}"
        )
    return {next(iter(signature.inputs)): value}


def dump(outputs: Arrays, by_row: bool) -> bytes:
    """Writes an answer.

    Args:
      outputs: name -> array.
      by_row: whether the request came by rows.

    Raises:
      RequestError: the outputs have no rows.
    """
    plain = {
        name: to_plain(array, as_b64=name.endswith("_bytes"))
        for name, array in outputs.items()
    }
    found = plain
    if len(plain) == 1:
        (found,) = plain.values()
    elif by_row:
        if len({np.shape(a)[:1] for a in outputs.values()}) != 1:
            raise RequestError("the outputs have no rows: use 'inputs'")
        lists = [
            v.tolist() if isinstance(v, np.ndarray) else v
            for v in plain.values()
        ]
        found = [dict(zip(plain, row)) for row in zip(*lists)]
    document = {"predictions" if by_row else "outputs": found}
    if all(_is_json(array) for array in outputs.values()):
        return orjson.dumps(
            document, np.ndarray.tolist, orjson.OPT_SERIALIZE_NUMPY
        )
    return json.dumps(document, default=np.ndarray.tolist).encode()


def _is_json(array: np.ndarray) -> bool:
    """Whether JSON can hold it: it knows no NaN and no infinity."""
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
