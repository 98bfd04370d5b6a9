"""Long short-term memory (Hochreiter & Schmidhuber 1997), made for CPUs.

    i, f, o = sigmoid(x_t W + h_{t-1} U + b);  g = tanh(likewise)
    c_t = f * c_{t-1} + i * g;  h_t = o * tanh(c_t)

What it does otherwise than autodiff through a loop: the inputs of all steps are
one product, and so are the gradients of U over all steps. TensorFlow would add
up one small product a step.
"""

import keras
import tensorflow as tf

from tfgen.nn.recurrence_lite import scan_lite


class LSTM(keras.layers.Layer):
    """LSTM over sentences that are padded at the end.

    Padding comes after the words in both directions, so that it changes no
    state of a word; what comes out there means nothing and must be masked.
    """

    def __init__(self, units: int, bidirectional: bool = False, **kwargs):
        """Makes the layer.

        Args:
          units: H, of each direction.
          bidirectional: read backwards as well, with weights of its own.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.units = units
        names = ("forward", "backward") if bidirectional else ("forward",)
        self.directions = [_Direction(units, name=name) for name in names]

    def call(self, x, length, lite=False):
        """Returns the states h_t.

        Args:
          x: [B, T, D].
          length: [B] int32, words of each sentence.
          lite: use TFLite's built-in operators alone; there is no gradient.

        Returns:
          [B, T, H], or [B, T, 2H]: forwards, then backwards.
        """
        outputs = [self.directions[0](x, lite=lite)]
        for direction in self.directions[1:]:
            h = direction(tf.reverse_sequence(x, length, seq_axis=1), lite=lite)
            outputs.append(tf.reverse_sequence(h, length, seq_axis=1))
        return tf.concat(outputs, axis=-1)


class _Direction(keras.layers.Layer):
    """Reads [B, T, D] from first to last; returns [B, T, H]."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        def bias(shape, dtype):
            ones = tf.ones(shape[0] // 4, dtype)
            # Forget little at first (Jozefowicz et al. 2015).
            return tf.concat([0 * ones, ones, 0 * ones, 0 * ones], 0)

        width = 4 * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], width),
            initializer="glorot_uniform",
            name="kernel",
        )
        # The states are float32 under mixed precision: they add up.
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, width),
            initializer="orthogonal",
            autocast=False,
            name="recurrent_kernel",
        )
        self.bias = self.add_weight(
            shape=(width,), initializer=bias, name="bias"
        )
        self.built = True

    def call(self, x, lite=False):
        x = tf.transpose(x, [1, 0, 2])
        z = tf.tensordot(x, tf.convert_to_tensor(self.kernel), 1) + self.bias
        U = tf.convert_to_tensor(self.recurrent_kernel)
        h = (recurrence_lite if lite else recurrence)(tf.cast(z, U.dtype), U)
        return tf.cast(tf.transpose(h, [1, 0, 2]), x.dtype)


def _step(z, h, c, U):
    """One step; z: [B, 4H].

    Returns:
      h and c, and i, f and o together [B, 3H], and g.
    """
    H = U.shape[0]
    a = z + tf.matmul(h, U)
    sigmoids, g = tf.sigmoid(a[:, : 3 * H]), tf.tanh(a[:, 3 * H :])
    i, f, o = tf.split(sigmoids, 3, axis=1)
    c = f * c + i * g
    return o * tf.tanh(c), c, sigmoids, g


def recurrence_lite(z, U):
    """Returns what `recurrence` does, for devices."""
    zeros = tf.zeros([tf.shape(z)[1], U.shape[0]], z.dtype)

    def step(z, h, c):
        return _step(z, h, c, U)[:2]

    return scan_lite(step, [z], [zeros, zeros])[0]


@tf.custom_gradient
def recurrence(z, U):
    """Returns h_1 to h_T from h_0 = c_0 = 0.

    Args:
      z: [T, B, 4H], x_t W + b; columns in the order i, f, o, g.
      U: [H, 4H].

    Returns:
      [T, B, H].
    """
    T, B, H = tf.shape(z)[0], tf.shape(z)[1], U.shape[0]
    zeros = tf.zeros([B, H], z.dtype)

    def array(width):
        return tf.TensorArray(z.dtype, T, element_shape=[z.shape[1], width])

    def forward(t, h, c, hs, cs, sigmoids, gs):
        h, c, s, g = _step(z[t], h, c, U)
        return (
            t + 1,
            h,
            c,
            hs.write(t, h),
            cs.write(t, c),
            sigmoids.write(t, s),
            gs.write(t, g),
        )

    arrays = tf.while_loop(
        lambda t, *_: t < T,
        forward,
        (0, zeros, zeros, array(H), array(H), array(3 * H), array(H)),
    )[3:]
    hs, cs, sigmoids, gs = (a.stack() for a in arrays)

    def gradient(dhs):
        # Values of the step before.
        h_before, c_before = (
            tf.concat([zeros[None], x[:-1]], axis=0) for x in (hs, cs)
        )

        def backward(t, dh, dc, das):
            i, f, o = tf.split(sigmoids[t], 3, axis=1)
            g, tanh_c = gs[t], tf.tanh(cs[t])
            dh += dhs[t]
            dc += dh * o * (1 - tanh_c * tanh_c)
            da = tf.concat(
                [
                    dc * g * i * (1 - i),
                    dc * c_before[t] * f * (1 - f),
                    dh * tanh_c * o * (1 - o),
                    dc * i * (1 - g * g),
                ],
                axis=1,
            )
            dh = tf.matmul(da, U, transpose_b=True)
            return t - 1, dh, dc * f, das.write(t, da)

        *_, das = tf.while_loop(
            lambda t, *_: t >= 0, backward, (T - 1, zeros, zeros, array(4 * H))
        )
        das = das.stack()
        dU = tf.matmul(
            tf.reshape(h_before, [-1, H]),
            tf.reshape(das, [-1, 4 * H]),
            transpose_a=True,
        )
        return das, dU

    return hs, gradient
