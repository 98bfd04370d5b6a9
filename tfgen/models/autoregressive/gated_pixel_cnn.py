"""The gated PixelCNN.

Aäron van den Oord, Nal Kalchbrenner, Oriol Vinyals, Lasse Espeholt, Alex
Graves, Koray Kavukcuoglu: Conditional Image Generation with PixelCNN Decoders.
NeurIPS 2016. arXiv:1606.05328.

A PixelCNN of two stacks (section 2.2): the vertical one sees all rows above a
pixel, the horizontal one the pixels on its left, and the vertical stack of the
row above. So no pixel before is out of sight. Units are gated (eq. 2), and a
condition h is seen by each gate (eq. 4):

    y = tanh(W_f * x + V_f' h) . sigmoid(W_g * x + V_g' h)

Each layer of the horizontal stack is added to its input, but for the first;
layers of the vertical one are not.

What deviates, and why:
- The vertical stack is moved down by a row where it reads the image, and not
  where the horizontal one reads it. So it knows the first row's position.
- There may be dropout, for few data. The optimizer is Adam.
"""

import dataclasses
import functools

import tensorflow as tf

from tfgen.bounds import Count, Odd, Share
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.model import Model
from tfgen.models import discrete, pixels
from tfgen.models.settings import training
from tfgen.nn import PixelNetwork

PAPER = "van den Oord et al. 2016, arXiv:1606.05328"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are for photographs, and want several GPUs."""

    features: Count = 384  # p, figure 2; gates have 2p maps
    layers: Count = 20
    first: Odd = 7  # side of the first convolution
    side: Odd = 5  # of the others, n in figure 2
    outputs: Count = 1024  # maps of the 1x1 convolution before the softmax
    dropout: Share = 0.0  # in the horizontal stack
    conditional: bool = False  # p(x | label or attributes), section 2.3
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class Network(PixelNetwork):
    """Layers as in figure 2."""

    def __init__(self, c: Config, shape, parameters):
        biases = 2 * c.layers * c.conditional
        both, colours = 2 * c.features, shape[2]
        super().__init__(shape, biases, both, c.dropout, name="network")
        self.columns, self.layers = [], []
        for i in range(c.layers):
            n = (c.side if i else c.first) // 2
            rows = self.conv(both, "V", n, n, n), self.conv(both, "V")
            self.columns.append(rows)
            mask = "B" if i else "A"
            gates = self.conv(both, mask, 0, n, colours=colours, parts=2)
            out = self.conv(c.features, "B", colours=colours)
            self.layers.append((gates, out))
        self.last = self.conv(c.outputs, "B", colours=colours)
        self.out = self.conv(colours * parameters, "B", colours=colours)

    def vertical(self, above, conv, biases, training):
        """See `PixelNetwork`."""
        h, rows = above, []
        for (gates, link), bias in zip(self.columns, biases):
            h = conv(gates, h)
            rows.append(conv(link, h))
            h = _gated(h + bias)
        return rows

    def horizontal(self, x, rows, conv, biases, training):
        """See `PixelNetwork`."""
        h, biases = x, biases[len(self.columns) :]
        for (gates, out), row, bias in zip(self.layers, rows, biases):
            layer = _gated(conv(gates, h) + row + bias)
            layer = conv(out, self.dropout(layer, training))
            h = layer if h is x else h + layer
        h = conv(self.last, tf.nn.relu(h))
        return conv(self.out, tf.nn.relu(h))


def _gated(h):
    f, g = tf.split(h, 2, axis=-1)
    return tf.tanh(f) * tf.sigmoid(g)


class GatedPixelCNN(pixels.Pixels, discrete.Discrete, Model):
    """A gated PixelCNN for images [B, H, W, C] of gray levels, or vectors."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        shape = pixels.shape(spec)
        self.network = Network(config, shape, self.density.parameters)
        discrete.build(self)


_SMALL = Config(
    features=24,
    layers=6,
    first=5,
    side=3,
    outputs=48,
    dropout=0.3,
    optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
)

auto = functools.partial(pixels.auto, _SMALL, "layers")

PRESETS = {
    "digits": pixels.digits(_SMALL),
    "mnist": pixels.preset(
        Config(features=32, layers=7, side=3, outputs=64),
        "mnist",
        training(100_000, 64, every=5000, ema_decay=0.999),
        binarize=128,
    ),
    "cifar10": pixels.preset(
        Config(), "cifar10", training(200_000, 128, every=5000, log_every=500)
    ),
    "tiny": pixels.tiny(
        Config(
            features=3,
            layers=2,
            first=3,
            side=3,
            outputs=4,
            optimizer=OptimizerConfig(epsilon=1e-6),
        )
    ),
}
