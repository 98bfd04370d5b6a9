"""The type of numbers that layers compute in."""

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def computing_in(dtype: str) -> Iterator[None]:
    """Layers made meanwhile compute in this type, "float64" say."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
