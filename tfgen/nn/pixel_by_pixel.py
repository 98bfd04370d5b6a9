"""Networks of images whose pixels are made one after the other.

Two stacks of maps see an image (van den Oord et al. 2016, arXiv:1606.05328,
section 2.2): the vertical one all rows above, the horizontal one what is left
in a pixel's own row, and of the vertical one its maps of that row.

While an image is made, the vertical stack computes a row when the row before is
there, and the horizontal one a pixel. Convolutions keep what they will see
again. So an image costs about one pass through the network, however many pixels
it has.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from tfgen.nn.causal_conv import CausalConv

# n images of H rows, W columns, C colours; P parameters of each number.
Conv = Callable[[CausalConv, tf.Tensor], tf.Tensor]


class PixelNetwork(keras.layers.Layer):
    """Maps images x [n, H, W, C] to parameters [n, H, W, C, P].

    A subclass makes its convolutions by `conv`, the one that reads the image
    for the horizontal stack first of those with mask A or B. It writes both
    stacks once: `conv(layer, x)` applies a layer to whole images, a row or a
    pixel.
    """

    def __init__(
        self,
        shape: Sequence[int],
        biases: int = 0,
        width: int = 0,
        dropout: float = 0.0,
        **kwargs,
    ):
        """Makes the network.

        Args:
          shape: H, W and C of the images.
          biases: how many places a condition enters; 0 for no condition.
          width: how many maps it shifts at each.
          dropout: share of maps' pixels that training drops.
          **kwargs: of `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.shape, self._biases = tuple(shape), biases
        self.convs: list[CausalConv] = []
        self._dropout = keras.layers.Dropout(dropout)
        if biases:
            self.of_condition = keras.layers.Dense(biases * width)

    def build(self, input_shape):
        del input_shape  # the first call makes the variables

    def conv(self, *args, **options) -> CausalConv:
        """Returns a new convolution."""
        self.convs.append(CausalConv(*args, **options))
        return self.convs[-1]

    def dropout(self, h: tf.Tensor, training: bool) -> tf.Tensor:
        """Returns maps, of which training drops some."""
        return self._dropout(h, training=True) if training else h

    def seen(self, x: tf.Tensor) -> tf.Tensor:
        """Returns pixels [..., C] as the stacks see them."""
        return x

    def vertical(
        self, above: tf.Tensor, conv: Conv, biases: list, training: bool
    ) -> list[tf.Tensor]:
        """Returns maps of rows, given the row above each."""
        del above, conv, biases, training
        return []

    def horizontal(
        self,
        x: tf.Tensor,
        rows: list[tf.Tensor],
        conv: Conv,
        biases: list,
        training: bool,
    ) -> tf.Tensor:
        """Returns maps of pixels, given these and those of `vertical`."""
        raise NotImplementedError

    def parameters(self, h: tf.Tensor, x: tf.Tensor, colour: int) -> tf.Tensor:
        """Returns the parameters of a colour, [..., P].

        Args:
          h: [..., P*C] of `horizontal`.
          x: [..., C]; those before the colour are known.
          colour: its number.
        """
        del x
        return h[..., colour :: self.shape[2]] if self.shape[2] > 1 else h

    def biases(self, condition: tf.Tensor | None) -> list:
        """Returns what a condition [n, N] adds to maps, [n, 1, 1, width] each.

        Zeros, as many as are asked for, without one.
        """
        if condition is None:
            return [0.0] * len(self.convs)
        h = self.of_condition(condition)
        return tf.split(h[:, None, None, :], self._biases, axis=-1)

    def call(self, x, condition=None, training=False):
        """Returns the parameters of all pixels, each from those before it."""

        def conv(layer, x):
            return layer(x)

        biases, seen = self.biases(condition), self.seen(x)
        above = tf.pad(seen, [(0, 0), (1, 0), (0, 0), (0, 0)])[:, :-1]
        rows = self.vertical(above, conv, biases, training)
        h = self.horizontal(seen, rows, conv, biases, training)
        colours = range(self.shape[2])
        return tf.stack([self.parameters(h, x, c) for c in colours], axis=-2)

    def generate(
        self,
        choose: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        n: tf.Tensor,
        condition: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns x [n, H*W*C]; see `number_by_number.generate`."""
        H, W, C = self.shape
        # Float32, also under mixed precision: this is no call of a layer.
        dtype = self.convs[0].v.dtype
        biases = [tf.cast(bias, dtype) for bias in self.biases(condition)]
        weights = {conv: conv.weights_of_a_step() for conv in self.convs}
        pasts = {conv: conv.past(n, W) for conv in self.convs}
        pasts = {conv: past for conv, past in pasts.items() if past is not None}
        by_row = [conv for conv in pasts if conv.mask == "V"]
        by_pixel = [conv for conv in pasts if conv.mask != "V"]

        def stepping(convs, pasts, column=None):
            now = dict(zip(convs, pasts))

            def conv(layer, x):
                y, past = layer.step(
                    x, now.get(layer), weights[layer], column, W
                )
                if past is not None:
                    now[layer] = past
                return y

            return conv, now

        def row(r, image, above, *pasts):
            past, pasts = pasts[: len(by_row)], pasts[len(by_row) :]
            conv, now = stepping(by_row, past)
            rows = self.vertical(above, conv, biases, False)

            def pixel(column, made, *pasts):
                own = [tf.gather(maps, [column], axis=2) for maps in rows]
                x = tf.zeros_like(made[:, :, :1])
                # Where the stack sees no colour of the pixel itself, all its
                # passes are the same, and a graph makes one of them.
                for colour in range(C):
                    conv, now = stepping(by_pixel, pasts, column)
                    h = self.horizontal(self.seen(x), own, conv, biases, False)
                    h = self.parameters(h, x, colour)[:, 0, 0]
                    level = choose((r * W + column) * C + colour, h)
                    level = tf.reshape(level, [-1, 1, 1, 1])
                    x += level * tf.one_hot(colour, C, dtype=x.dtype)
                first = by_pixel[0]
                now[first] = first.push(pasts[0], self.seen(x))[:, 1:]
                # Not a scatter: devices take this form of a loop.
                place = tf.one_hot(column, W, dtype=x.dtype)[:, None]
                return column + 1, made + x * place, *now.values()

            # A batch of a known size keeps it, as the states of loops must.
            made = tf.zeros_like(image[:, :1])
            _, made, *pasts = _loop(W, pixel, made, *pasts)
            place = tf.one_hot(r, H, dtype=image.dtype)[:, None, None]
            image += made * place
            return r + 1, image, self.seen(made), *now.values(), *pasts

        image = tf.zeros([n, H, W, C], dtype)
        above = tf.zeros_like(self.seen(image[:, :1]))
        pasts = [pasts[conv] for conv in by_row + by_pixel]
        _, image, *_ = _loop(H, row, image, above, *pasts)
        return tf.reshape(image, [-1, H * W * C])


def _loop(times, body, *state):
    """Calls body(i, *state), which returns i + 1 and the state, again."""
    return tf.while_loop(
        lambda i, *_: i < times, body, (0, *state), maximum_iterations=times
    )
