"""PixelCNN.

Aäron van den Oord, Nal Kalchbrenner, Koray Kavukcuoglu: Pixel Recurrent Neural
Networks. ICML 2016. arXiv:1601.06759.

Pixels are read row by row, the colours of a pixel one after the other (eqs. 1
and 2), and each is a softmax over all gray levels (section 2.2):

    p(x) = prod_i p(x_i,R | x_<i) p(x_i,G | x_<i, x_i,R) p(x_i,B | x_<i, ...)

Masked convolutions compute all of them at once (sections 3.4 and 3.5): a large
one with mask A, then residual blocks with mask B. Pixels above and to the right
that no such stack sees are its blind spot: `gated_pixel_cnn` has none.

What deviates, and why:
- There may be dropout, for few data.
- Two gray levels have a sigmoid, which is their softmax.
- A label or attributes may shift the maps of each block.
- The optimizer is Adam.
"""

import dataclasses
import functools

import tensorflow as tf

from tfgen.bounds import Count, CountOrNone, Odd, Share
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.model import Model
from tfgen.models import discrete, pixels
from tfgen.models.settings import training
from tfgen.nn import PixelNetwork

PAPER = "van den Oord et al. 2016, arXiv:1601.06759"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are for small photographs."""

    features: Count = 128  # h; a block's input has 2h maps
    blocks: CountOrNone = 15  # residual blocks
    first: Odd = 7  # side of the convolution with mask A
    side: Odd = 3  # of the others
    outputs: Count = 1024  # maps of the two 1x1 convolutions before the softmax
    dropout: Share = 0.0  # in the blocks; not the paper's
    conditional: bool = False  # p(x | label or attributes)
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)


class _Network(PixelNetwork):
    """A convolution with mask A, residual blocks, 1x1 convolutions."""

    def __init__(self, c: Config, shape, parameters):
        # One bias a block, and one of the first convolution.
        biases = (1 + c.blocks) * c.conditional
        super().__init__(
            shape, biases, 2 * c.features, c.dropout, name="network"
        )

        def conv(filters, mask="B", side=1):
            n = side // 2
            return self.conv(filters, mask, n, n, n, colours=shape[2])

        h = c.features
        self.first = conv(2 * h, "A", c.first)
        self.blocks = [
            (conv(h), conv(h, side=c.side), conv(2 * h))
            for _ in range(c.blocks)
        ]
        self.last = [conv(c.outputs), conv(c.outputs)]
        self.out = conv(shape[2] * parameters)

    def horizontal(self, x, rows, conv, biases, training):
        first, *biases = biases
        h = conv(self.first, x) + first
        for (narrow, middle, wide), bias in zip(self.blocks, biases):
            block = conv(narrow, tf.nn.relu(h + bias))
            block = conv(middle, tf.nn.relu(block))
            block = self.dropout(tf.nn.relu(block), training)
            h += conv(wide, block)
        for layer in self.last:
            h = conv(layer, tf.nn.relu(h))
        return conv(self.out, tf.nn.relu(h))


class PixelCNN(pixels.Pixels, discrete.Discrete, Model):
    """A PixelCNN for images [B, H, W, C] of gray levels, or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        shape = pixels.shape(spec)
        self.network = _Network(config, shape, self.density.parameters)
        discrete.build(self)


_SMALL = Config(
    features=24,
    blocks=4,
    first=5,
    outputs=48,
    dropout=0.3,
    optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
)

auto = functools.partial(pixels.auto, _SMALL, "blocks")

PRESETS = {
    "digits": pixels.digits(_SMALL),
    # Black and white.
    "mnist": pixels.preset(
        Config(features=32, blocks=7, outputs=64),
        "mnist",
        training(200_000, 16, every=5000, ema_decay=0.999),
        binarize=128,
    ),
    "cifar10": pixels.preset(
        Config(), "cifar10", training(500_000, 16, every=5000, log_every=500)
    ),
    "tiny": pixels.tiny(
        Config(
            features=3,
            blocks=1,
            first=3,
            outputs=4,
            optimizer=OptimizerConfig(epsilon=1e-6),
        )
    ),
}
