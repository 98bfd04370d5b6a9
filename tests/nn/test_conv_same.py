"""Products in the place of convolutions, where XLA compiles."""

import pytest
import tensorflow as tf

from tests.bijectors.checks import normal
from tests.nn.test_conv import assert_same
from tfgen.nn import conv_same


@pytest.mark.parametrize("C, D", [(2, 5), (5, 2)])
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("side", [(1, 1), (2, 2), (4, 6), (5, 3)])
def test_is_the_convolution(float64, monkeypatch, side, k, C, D):
    """With its gradients, and whichever side has fewer channels."""
    monkeypatch.setattr(conv_same, "_products_pay", lambda: True)
    assert_same(
        conv_same.conv_same,
        lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "SAME"),
        normal(3, *side, C),
        normal(k, k, C, D),
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_products_are_for_xla_alone(jit_compile):
    """Also in loops, and on replicas, of a function that it compiles."""
    found = []

    def body(x):
        found.append(conv_same._products_pay())
        return x

    @tf.function(jit_compile=jit_compile)
    def compiled(x):
        body(x)
        return tf.map_fn(body, x)

    tf.distribute.get_strategy().run(compiled, (tf.zeros([2, 1]),))
    assert found == [jit_compile] * 2
    assert not conv_same._products_pay()
