"""Real NVP.

Laurent Dinh, Jascha Sohl-Dickstein, Samy Bengio: Density estimation using Real
NVP. ICLR 2017. arXiv:1605.08803.

`f = f_L ∘ ... ∘ f_1` maps data x to a standard Gaussian latent z, and

    log p_X(x) = log p_Z(f(x)) + log |det df(x)/dx|                      (eq. 3)

Images go through the multi-scale architecture of section 3.6, vectors through
couplings of alternating halves (section 3.2): `tfgen/models/real_nvp_flow.py`.

The paper comes first, then its authors' code (tensorflow/models,
research/real_nvp), which trains on ImageNet, CelebA and LSUN. From that code:
rho = 0.9, no lag but for CIFAR-10, gradients clipped at 100 nats, and a
checkerboard that is left where half of the dimensions leaves (`diagonal`).

What deviates, and why:
- Vectors have no batch normalization by default: on 2-D data it costs a third
  of the speed and gains nothing.
- The paper has no `dropout`, which is for small data. Tables have another order
  of their columns after each two couplings (`permute`).
- The learned factor of the tanh is one a channel; the authors have one in all.
- s and t see what stays; the authors' see relu(x), relu(-x) and the mask.
- Batch normalization within s and t has scales, as in its paper, and offsets;
  the authors' has offsets alone. All convolutions have the penalized scale g;
  the authors' only those that no normalization follows.
- As the paper's text has it, and not the authors' code: x exp(s) + t, theirs
  (x + t) exp(s); all dimensions are normalized after a coupling, theirs only
  those it changed; logit ends at 1, theirs at 1 - a.
- `space_to_depth` orders channels by place and then by colour, the authors'
  squeezing by colour first: the masks of colour images differ by that.
- CelebA is cropped to its middle, rows 35 to 183; the authors' from row 40 on.
  Their tanh's factor starts at 0, ours at 1.
- As neither has it: the last convolution of s and t starts at zero, so that f
  starts as a normalization; and a condition is added after the first one. The
  authors normalize what enters s and t too, and penalize the tanh's factor.
"""

import dataclasses
import math

from tfgen.bounds import (
    Count,
    CountOrNone,
    NotNegative,
    PositiveShare,
    Share,
    Sizes,
)
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.model import Model
from tfgen.models import by_size, flow
from tfgen.models import density_presets as presets
from tfgen.models.real_nvp_flow import image_flow, vector_flow
from tfgen.models.settings import training

PAPER = "Dinh et al. 2017, arXiv:1605.08803"

# B batch, H W C image, D = H*W*C data and latent dimensions.

# Section 4.1: "ADAM with default hyperparameters"; the authors' code clips.
_ADAM = OptimizerConfig(epsilon=1e-8, clip_norm=100.0)
# For trainings of minutes.
_SHORT = OptimizerConfig(learning_rate=2e-3, epsilon=1e-8, schedule="cosine")


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of a Real NVP; the defaults are the paper's for 32 x 32."""

    scales: Count = 4  # L, section 3.6; the last one is H / 2^(L-1) pixels wide
    features: Count = 32  # maps of the first scale, doubled at each next
    blocks: CountOrNone = 4  # residual blocks in s and t
    diagonal: bool = False  # of 2 x 2 pixels a diagonal leaves; else a row
    batch_norm: bool = True  # section 3.7, inside and after the couplings
    bn_momentum: Share = 0.9  # rho of the running averages, appendix E
    bn_lag: bool = False  # train with the running averages, appendix E
    scale_l2: NotNegative = 5e-5  # on weight-normalization scales, section 4.1
    dropout: Share = 0.0  # of hidden maps and units; not the paper's
    alpha: PositiveShare = 0.05  # a of logit(a + (1-a) x / levels), section 4.1
    couplings: Count = 8  # vectors: number of couplings
    hidden: Sizes = (128, 128)  # vectors: widths of s and t
    permute: bool = False  # vectors: other halves after two; not the paper's
    conditional: bool = False  # f(x; label, attributes, …), appendix F
    optimizer: OptimizerConfig = _ADAM


class RealNVP(flow.Flow, Model):
    """A Real NVP for images [B, H, W, C] or vectors [B, D]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        make = image_flow if len(spec.shape) == 3 else vector_flow
        flow.build(self, make(config, spec.shape, self.networks))

    # Equations 2 and 3.

    def enlarged(self, times: int) -> "RealNVP":
        """Returns a flow of images so many times as large (appendix C).

        Its weights are the same: of a convolution they know no size.
        """
        height, width, channels = self.spec.shape
        shape = (times * height, times * width, channels)
        spec = dataclasses.replace(self.spec, shape=shape)
        model = RealNVP(self.config, spec)
        model.set_weights(self.get_weights())
        return model

    def latents_of_scales(self) -> list[int]:
        """Returns how many numbers of z each scale holds, the finest first."""
        shapes = self.flow.bijectors[-1].latent_shapes
        return [math.prod(shape) for shape in shapes]


def _paper(name: str, flip: bool = False, **network) -> Preset:
    """The settings of section 4.1; the paper does not print the steps."""
    train = training(500_000, 64, every=5000, log_every=500)
    config = Config(diagonal=True, **network)
    return Preset(config, DataConfig(name, flip=flip), train)


def _small(name: str, steps: int) -> Preset:
    """Narrow networks, down to 8 pixels a side."""
    network = Config(
        scales=3,
        features=16,
        blocks=1,
        bn_momentum=0.95,
        optimizer=_SHORT,
    )
    train = training(steps, 64, every=250, ema_decay=0.99)
    return Preset(network, DataConfig(name), train)


def auto(spec: DataSpec, examples: int, data: DataConfig) -> Preset:
    """Returns settings for other data than the presets'.

    Scales down to 4 pixels a side and blocks by size, as in section 4.1; few
    images get what the digits have besides. Vectors get the toys' networks.
    """
    toy = PRESETS["toy"].network
    if spec.columns:
        toy = dataclasses.replace(toy, permute=spec.size > 2)
        few = {"hidden": (64, 64), "dropout": 0.2}
        return presets.table(toy, spec, examples, data, **few)
    if len(spec.shape) == 1:
        train = by_size.training(examples, 100, 256, 2000, 100_000)
        return Preset(toy, data, train)
    side = by_size.side(spec)
    few = examples < 10_000
    network = dataclasses.replace(
        PRESETS["digits"].network if few else Config(),
        scales=1 + by_size.halvings(spec.shape),
        features=32 if side >= 16 else 16,
        blocks=1 if side < 16 else 2 if few or side >= 64 else 4,
        optimizer=_SHORT if few else _ADAM,
    )
    ema = 0.99 if few else 0.0
    train = by_size.training(examples, 100, 64, 1500, 200_000, ema_decay=ema)
    return Preset(network, data, train)


PRESETS = {
    # Test 1.97 bits/dim: python -m apps.run. 1,437 images are few: small
    # networks and dropout. With the lag of appendix E (rho = 0.9) it is 2.15,
    # with `diagonal` 1.98.
    "digits": Preset(
        Config(
            scales=2,
            features=16,
            blocks=1,
            bn_momentum=0.95,
            scale_l2=0.0,
            dropout=0.1,
            # 1e-7 where the loss is divided by 64 dimensions.
            optimizer=OptimizerConfig(
                learning_rate=2e-3, epsilon=6.4e-6, schedule="cosine"
            ),
        ),
        DataConfig("digits"),
        training(1500, 64, every=100, checkpoint_every=500, ema_decay=0.99),
    ),
    # Colours and larger digits, in about 15 minutes on 2 cores. MNIST from a
    # file: --preset=mnist --data=npz:mnist.npz.
    "photographs": _small("photographs", 2000),
    "mnist": _small("mnist", 2500),
    # Density of 2-D points.
    "toy": Preset(
        Config(
            batch_norm=False,
            optimizer=OptimizerConfig(epsilon=2e-7, schedule="cosine"),
        ),
        DataConfig("moons"),
        training(10_000, 256, 1000, log_every=1000, jit_compile=True),
    ),
    # Table 1, bits per dimension (training in parentheses).
    # CIFAR-10, test: 3.49. "8 residual blocks, 64 feature maps, and downscale
    # only once".
    "cifar10": _paper(
        "cifar10", flip=True, scales=2, features=64, blocks=8, bn_lag=True
    ),
    # ImageNet 32 x 32, validation: 4.28 (4.26).
    "imagenet32": _paper("downsampled_imagenet/32x32"),
    # ImageNet 64 x 64, validation: 3.98 (3.75). "Only 2 residual blocks are
    # used for images of size 64 x 64"; down to 4 x 4 takes 5 scales.
    "imagenet64": _paper("downsampled_imagenet/64x64", scales=5, blocks=2),
    # LSUN, validation: bedroom 2.72 (2.70); tower 2.81 (2.78) and church
    # outdoor 3.08 (2.94) with --data=lsun/tower and --data=lsun/church_outdoor.
    "lsun": _paper("lsun/bedroom", flip=True, scales=5, blocks=2),
    # CelebA, validation: 3.02 (2.97).
    "celeb_a": _paper("celeb_a", flip=True, scales=5, blocks=2),
    # Its 40 attributes as the condition, appendix F.
    "celeb_a_attributes": _paper(
        "celeb_a", flip=True, scales=5, blocks=2, conditional=True
    ),
    "tiny": Preset(
        Config(
            scales=2,
            features=4,
            blocks=0,
            couplings=2,
            hidden=(8,),
            # Rounding is no gradient: tests compare weights.
            optimizer=OptimizerConfig(epsilon=1e-6),
        ),
        DataConfig("digits"),
        TINY_TRAIN,
    ),
}
