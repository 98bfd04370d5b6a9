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
import functools

from tfgen.bounds import Count, Share
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.model import Model
from tfgen.models import discrete, pixels
from tfgen.models.pixel_cnn_pp_network import Network
from tfgen.models.settings import training
from tfgen.nn import levels

PAPER = "Salimans et al. 2017, arXiv:1701.05517"


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are those of the paper's code for CIFAR-10."""

    features: Count = 160  # maps
    blocks: Count = 5  # residual units of each way and stack
    components: Count = 10  # K of the mixture
    dropout: Share = 0.5  # section 2.5
    conditional: bool = False  # p(x | label or attributes)
    # The code's rate is 1e-3 * .999995^step; its training here ends at a fifth.
    optimizer: OptimizerConfig = OptimizerConfig(
        learning_rate=1e-3,
        schedule="exponential",
        final_learning_rate=2e-4,
    )


class PixelCNNPP(pixels.Pixels, discrete.Discrete, Model):
    """A PixelCNN++ for images [B, H, W, C] of gray levels, or vectors."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        self.density = levels.LogisticMixture(spec.levels, config.components)
        shape = pixels.shape(spec)
        self.network = Network(config, shape, self.density)
        discrete.build(self)


_SMALL = Config(
    features=24,
    blocks=2,
    components=5,
    dropout=0.3,
    optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
)

auto = functools.partial(pixels.auto, _SMALL, "blocks")

PRESETS = {
    "digits": pixels.digits(_SMALL),
    "mnist": pixels.preset(
        Config(features=32, blocks=3, components=5),
        "mnist",
        training(100_000, 64, every=5000, ema_decay=0.9995),
    ),
    "cifar10": pixels.preset(
        Config(),
        "cifar10",
        training(320_000, 128, every=5000, log_every=500, ema_decay=0.9995),
    ),
    "tiny": pixels.tiny(
        Config(
            features=3,
            blocks=1,
            components=2,
            dropout=0.0,
            optimizer=OptimizerConfig(epsilon=1e-6),
        )
    ),
}
