"""PixelCNN++.

Tim Salimans, Andrej Karpathy, Xi Chen, Diederik P. Kingma: PixelCNN++:
Improving the PixelCNN with Discretized Logistic Mixture Likelihood and Other
Modifications. ICLR 2017. arXiv:1701.05517.

A pixel is a mixture of logistic distributions in the cells of the gray levels
(eqs. 1 and 2), which its colours share; in component k the means of G and B
depend on the colours before (section 2.2):

    m_G + a x_R        m_B + b x_R + c x_G

The network sees whole pixels. As in the gated PixelCNN there is a stack of the
rows above and one of what is above and on the left. Residual units

    x + f . sigmoid(g),   (f, g) = conv(act(conv(act(x)) + links)) + V h

go a way up and a way down; each on the way down sees the output of one on the
way up (section 2.4). act(x) is elu(x, -x).

The paper comes first, then its authors' code (openai/pixel-cnn), of which the
order of layers and the settings are.

What deviates, and why:
- All maps have the images' size, where the paper has two scales more (section
  2.3): maps that are computed at every other pixel alone would need loops of
  their own when images are made.
- Any number of gray levels, where constants of the code are those of 256.
- Weight normalization starts at g = 1, without data: what convolutions see has
  about unit size.
- The first convolution also reads the pixel above.
"""

import dataclasses

import tensorflow as tf

from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import discrete, pixels
from tfgen.models.settings import check, training
from tfgen.nn import PixelNetwork, levels

PAPER = "Salimans et al. 2017, arXiv:1701.05517"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of the paper's code for CIFAR-10."""

    features: int = 160  # maps
    blocks: int = 5  # residual units of each way and stack
    components: int = 10  # K of the mixture
    dropout: float = 0.5  # section 2.5
    conditional: bool = False  # p(x | label or attributes)
    # The code's rate is 1e-3 * .999995^step; its training here ends at a fifth.
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-3,
        schedule="exponential",
        final_learning_rate=2e-4,
    )


class _Network(PixelNetwork):
    """The network of the paper's code, at one scale."""

    def __init__(self, c: Config, shape, density, conditional):
        biases = 4 * c.blocks * conditional
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
        # Ones tell a pixel from what is beyond the edge.
        return tf.concat([2 * x - 1, tf.ones_like(x[..., :1])], axis=-1)

    def vertical(self, above, conv, biases, training):
        biases = iter(biases)
        ups = [conv(self.first[1], above)]
        rows = [conv(self.first[2], above)]
        for unit, link in self.rows_up:
            bias = next(biases)
            ups.append(self._unit(unit, ups[-1], 0, conv, bias, training))
            rows.append(conv(link, _act(ups[-1])))
        h = ups.pop()
        for unit, skip, link in self.rows_down:
            links, bias = conv(skip, _act(ups.pop())), next(biases)
            h = self._unit(unit, h, links, conv, bias, training)
            rows.append(conv(link, _act(h)))
        return rows

    def horizontal(self, x, rows, conv, biases, training):
        biases = iter(biases[2 * len(self.up) :])
        rows = iter(rows)
        ups = [conv(self.first[0], x) + next(rows)]
        for unit in self.up:
            links, bias = next(rows), next(biases)
            ups.append(self._unit(unit, ups[-1], links, conv, bias, training))
        h = ups.pop()
        for unit, skip in self.down:
            links = next(rows) + conv(skip, _act(ups.pop()))
            h = self._unit(unit, h, links, conv, next(biases), training)
        return conv(self.out, tf.nn.elu(h))

    def _unit(self, unit, x, links, conv, bias, training):
        h = conv(unit[0], _act(x)) + links
        h = conv(unit[1], self.dropout(_act(h), training=training)) + bias
        f, g = tf.split(h, 2, axis=-1)
        return x + f * tf.sigmoid(g)

    def parameters(self, h, x, colour):
        """Of a colour, given those before it.

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


def _act(x):
    return tf.nn.elu(tf.concat([x, -x], axis=-1))


class PixelCNNPP(Model):
    """A PixelCNN++ for images [B, H, W, C] of gray levels, or vectors."""

    player = "pixel_cnn_pp"

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        check(config, at_least_1="features blocks components", share="dropout")
        discrete.begin(self)
        self.density = levels.LogisticMixture(spec.levels, config.components)
        shape = pixels.shape(spec)
        self.network = _Network(config, shape, self.density, config.conditional)
        discrete.build(self)

    log_prob = call = pixels.log_prob
    per_example_losses = discrete.per_example_losses
    per_example_metrics = discrete.per_example_metrics
    draw = discrete.draw
    complete = discrete.complete
    receptive_field = pixels.receptive_field


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'."""
    return pixels.auto(_SMALL, "blocks", spec, examples, data)


_SMALL = Config(
    features=24,
    blocks=2,
    components=5,
    dropout=0.3,
    optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
)

PRESETS = {
    "digits": Preset(
        _SMALL,
        DataConfig("digits", dequantize=False),
        training(2000, 64, every=200, ema_decay=0.99),
    ),
    "mnist": Preset(
        Config(features=32, blocks=3, components=5),
        DataConfig("mnist", dequantize=False),
        training(100_000, 64, every=5000, ema_decay=0.9995),
    ),
    "cifar10": Preset(
        Config(),
        DataConfig("cifar10", dequantize=False),
        training(320_000, 128, every=5000, log_every=500, ema_decay=0.9995),
    ),
    "tiny": Preset(
        Config(
            features=3,
            blocks=1,
            components=2,
            dropout=0.0,
            optimizer=OptimizerConfig(epsilon=1e-6),
        ),
        DataConfig("digits", binarize=8, dequantize=False),
        TINY_TRAIN,
    ),
}
