"""Same seed, same weights: what TensorFlow needs for it on a CPU.

`tf.config.experimental.enable_op_determinism` leaves out one operator: AddN
adds into the buffer of the first of its inputs that nothing else needs any
more, and so in an order that depends on timing. Of two terms any order is the
same; of three or more the rounding is not. TensorFlow makes them in two places:
where gradients meet, and where Grappler's arithmetic optimizer finds sums of
sums, unless these are marked as not to be removed.
"""

import contextlib
import functools
from collections.abc import Iterator
from unittest import mock

from tensorflow.core.framework import attr_value_pb2
from tensorflow.python.framework import func_graph
from tensorflow.python.ops import gen_math_ops  # what tapes and loops call

_SUMS = ("Add", "AddV2", "AddN")
_KEEP = "_grappler_do_not_remove"  # nor merge with others


@contextlib.contextmanager
def pairwise_sums() -> Iterator[None]:
    """Code traced in this context adds two terms at a time, in order.

    Not inside of a replica, whose threads take turns.
    """
    add_n = gen_math_ops.add_n
    create = func_graph.FuncGraph._create_op_internal

    def pairwise(inputs, name=None):
        return functools.reduce(lambda a, b: add_n([a, b], name), inputs)

    def kept(graph, op_type, *args, **kwargs):
        operator = create(graph, op_type, *args, **kwargs)
        if op_type in _SUMS and operator.outputs[0].dtype.is_floating:
            operator._set_attr(_KEEP, attr_value_pb2.AttrValue(b=True))
        return operator

    with (
        mock.patch.object(gen_math_ops, "add_n", pairwise),
        mock.patch.object(func_graph.FuncGraph, "_create_op_internal", kept),
    ):
        yield
