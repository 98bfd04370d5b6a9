"""Keys: whole numbers that depend on names and on nothing else."""

from __future__ import annotations

import hashlib

import numpy as np

_BITS = 63  # fits int64 and uint64


def key(*parts: str | int) -> int:
    """Returns a whole number in [0, 2^63) that looks random.

    It is a hash, so it is the same on every machine and with every version of
    NumPy and TensorFlow, and unrelated for different `parts`.
    """
    text = "\0".join(str(part) for part in parts)
    # Names of files may have bytes that are no UTF-8.
    encoded = text.encode(errors="surrogateescape")
    digest = hashlib.blake2b(encoded, digest_size=8).digest()
    return int.from_bytes(digest, "little") >> (64 - _BITS)


def fraction(*parts: str | int) -> float:
    """Returns `key(*parts)` scaled to [0, 1)."""
    # Python rounds the quotient, and 53 bits are what a float can hold.
    return (key(*parts) >> (_BITS - 53)) / 2**53


def digest(*values: object) -> str:
    """Returns a hash of arrays, by their bytes, and of other values as text.

    Arrays of objects are of text.
    """
    hashed = hashlib.blake2b(digest_size=8)
    for value in values:
        if not isinstance(value, np.ndarray):
            hashed.update(str(value).encode())
        elif value.dtype == object:
            for text in value:
                hashed.update(text.encode(errors="surrogatepass") + b"\0")
        else:
            hashed.update(np.ascontiguousarray(value).data)
    return hashed.hexdigest()
