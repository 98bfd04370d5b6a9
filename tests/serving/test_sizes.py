import asyncio
import threading

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.sizes import bytes_of, bytes_of_proto, call


@pytest.mark.parametrize(
    "array, size",
    [
        (np.zeros([2, 3], np.float32), 24),
        (np.zeros([4], bool), 4),
        (np.zeros([0, 3], np.int64), 0),
        (np.array([b"", b"abc"], object), 2 * 24 + 3),
    ],
)
def test_a_proto_has_the_bytes_of_its_array(array, size):
    assert bytes_of([array]) == size
    assert bytes_of_proto(tf.make_tensor_proto(array)) == size


def test_the_last_value_fills_the_shape():
    proto = tensor_pb2.TensorProto(dtype=7, string_val=[b"ab", b"abc"])
    proto.tensor_shape.dim.add(size=10)
    assert bytes_of_proto(proto) == 10 * 24 + 2 + 9 * 3
    assert bytes_of_proto(proto) == bytes_of([tf.make_ndarray(proto)])
    proto = tensor_pb2.TensorProto(dtype=9, int64_val=[1])
    proto.tensor_shape.dim.add(size=1 << 40)
    assert bytes_of_proto(proto) == 8 << 40


def test_what_is_no_tensor():
    with pytest.raises(TypeError):
        bytes_of_proto(tensor_pb2.TensorProto(dtype=99))
    proto = tensor_pb2.TensorProto(dtype=1)
    proto.tensor_shape.dim.add(size=-1)
    with pytest.raises(ValueError, match=r"shape is \[-1\]"):
        bytes_of_proto(proto)


def test_large_work_leaves_the_loop():
    def thread():
        return threading.current_thread()

    async def main():
        return await call(10, thread), await call(1 << 20, thread)

    small, large = asyncio.run(main())
    assert small is threading.main_thread()
    assert large is not threading.main_thread()
