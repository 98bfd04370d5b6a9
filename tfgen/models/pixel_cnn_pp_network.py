"""The network of PixelCNN++ (Salimans et al. 2017, arXiv:1701.05517)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfgen.nn import PixelNetwork
from tfgen.nn.levels import LogisticMixture


class Network(PixelNetwork):
    """The network of the authors' code (openai/pixel-cnn), at one scale."""

    def __init__(
        self,
        config: Any,
        shape: Sequence[int],
        density: LogisticMixture,
    ):
        """Makes the network.

        Args:
          config: that of `tfgen/models/autoregressive/pixel_cnn_pp.py`.
          shape: H, W and C of the images.
          density: of a number.
        """
        c = config
        biases = 4 * c.blocks * c.conditional
        super().__init__(
            shape, biases, 2 * c.features, c.dropout, name="network"
        )
        self.density = density

        def conv(mask, *window, filters=c.features):
            return self.conv(filters, mask, *window, weight_norm=True)

        def unit(mask, *window):
            twice = conv(mask, *window, filters=2 * c.features)
            return conv(mask, *window), twice

        blocks = range(c.blocks)
        self.first = conv("A", 1, 1), conv("V", 1, 1, 1), conv("V", 0, 1, 1)
        # Units, and links to the other stack or from the way up.
        self.rows_up = [(unit("V", 1, 1, 1), conv("V")) for _ in blocks]
        self.rows_down = [
            (unit("V", 1, 1, 1), conv("V"), conv("V")) for _ in blocks
        ]
        self.up = [unit("B", 1, 1) for _ in blocks]
        self.down = [(unit("B", 1, 1), conv("B")) for _ in blocks]
        C, K = shape[2], c.components
        outputs = (1 + 2 * C + C * (C - 1) // 2) * K
        self.out = conv("B", filters=outputs)

    def seen(self, x):
        """Returns [-1, 1], and ones, which beyond the edge are 0."""
        return tf.concat([2 * x - 1, tf.ones_like(x[..., :1])], axis=-1)

    def vertical(self, above, conv, biases, training):
        """Returns links to the units of the other stack."""
        biases = iter(biases)
        ups = [_activated(conv(self.first[1], above))]
        rows = [conv(self.first[2], above)]
        for unit, link in self.rows_up:
            bias = next(biases)
            ups.append(self._unit(unit, ups[-1], 0, conv, bias, training))
            rows.append(conv(link, ups[-1][1]))
        h = ups.pop()
        for unit, skip, link in self.rows_down:
            links, bias = conv(skip, ups.pop()[1]), next(biases)
            h = self._unit(unit, h, links, conv, bias, training)
            rows.append(conv(link, h[1]))
        return rows

    def horizontal(self, x, rows, conv, biases, training):
        """Returns the mixtures of whole pixels."""
        biases = iter(biases[2 * len(self.up) :])
        rows = iter(rows)
        ups = [_activated(conv(self.first[0], x) + next(rows))]
        for unit in self.up:
            links, bias = next(rows), next(biases)
            ups.append(self._unit(unit, ups[-1], links, conv, bias, training))
        h = ups.pop()
        for unit, skip in self.down:
            links = next(rows) + conv(skip, ups.pop()[1])
            h = self._unit(unit, h, links, conv, next(biases), training)
        return conv(self.out, tf.nn.elu(h[0]))

    def _unit(self, unit, x, links, conv, bias, training):
        """Of `_activated` maps, and to such."""
        x, a = x
        _, h = _activated(conv(unit[0], a) + links)
        h = conv(unit[1], self.dropout(h, training)) + bias
        f, g = tf.split(h, 2, axis=-1)
        return _activated(x + f * tf.sigmoid(g))

    def parameters(self, h, x, colour):
        """Returns those of a colour, given the colours before it.

        What they are says which component it was: p(x_G | x_R) is a mixture,
        too, with weights that are those of p(k | x_R).
        """
        C, K = self.shape[2], self.density.components
        logits, *h = tf.split(h, h.shape[-1] // K, axis=-1)
        means, log_scales, slopes = h[:C], h[C : 2 * C], iter(h[2 * C :])
        for c in range(colour + 1):
            mean = means[c]
            for before in range(c):
                unit = 2 * x[..., before : before + 1] - 1
                mean += tf.tanh(next(slopes)) * unit
            parameters = tf.concat([logits, mean, log_scales[c]], axis=-1)
            level = self.density.level(x[..., c])
            logits += self.density.of_components(level, parameters)
        return parameters


def _activated(x):
    """Returns x, and what convolutions see of it: twice as many maps."""
    return x, tf.nn.elu(tf.concat([x, -x], axis=-1))
