"""A discriminator of patches (Isola et al. 2017, arXiv:1611.07004, 3.2.2)."""

from collections.abc import Sequence

import keras

from tfgen.errors import UserError
from tfgen.nn.conv import Conv2D
from tfgen.nn.instance_norm import instance_norm
from tfgen.nn.strided_conv import initializer

# Side of a patch in pixels -> how many convolutions have stride 2. Those of the
# paper (appendix 6.1.2) are 1, 16, 70 and 286.
PATCHES = {1: 0, 7: 0, 16: 1, 34: 2, 70: 3, 142: 4, 286: 5}


def patch_gan(
    shape: Sequence[int], patch: int = 70, maps: int = 64, norm: bool = True
) -> keras.Model:
    """Returns a network to a logit for each patch: [B, *shape] -> [B, P].

    C64-C128-C256-C512 of 70 pixels: 4 x 4 filters, stride 2 but for the last of
    these and the logit; instance norm but for the first; leaky rectifiers of
    slope 0.2. A patch of 1 pixel has 1 x 1 filters: C64-C128. Places beyond the
    picture are 0, and a logit is float32 or wider.

    Args:
      shape: (H, W, C).
      patch: side of what a logit sees, in pixels, one of `PATCHES`.
      maps: of the first layer; they double up to eight times as many.
      norm: see above. It scales what differs in colour to 1, however much that
        is, so that few things on a plain ground get no gradient of theirs.

    Raises:
      UserError: another patch, or one whose convolutions halve the picture to
        less than a pixel.
    """
    if patch not in PATCHES:
        raise UserError(
            f"network.patch={patch}: expected one of"
            f" {', '.join(map(str, PATCHES))}."
        )
    layers, halvings = keras.layers, PATCHES[patch]
    if 2**halvings > min(shape[:2]):
        raise UserError(
            f"network.patch={patch}: {halvings} convolutions of stride 2 need"
            f" {2**halvings} pixels a side, not {shape[0]} x {shape[1]}."
        )
    kernel, hidden = (1, 2) if patch == 1 else (4, halvings + 1)
    x = h = layers.Input(tuple(shape))
    for i in range(hidden):
        h = Conv2D(
            min(maps << i, 8 * maps),
            kernel,
            2 if i < halvings else 1,
            "same",
            kernel_initializer=initializer(),
            use_bias=i == 0 or not norm,
        )(h)
        h = layers.LeakyReLU(0.2)(instance_norm(h) if norm and i else h)
    dtype = keras.config.dtype_policy().variable_dtype
    logits = Conv2D(
        1,
        kernel,
        padding="same",
        kernel_initializer=initializer(),
        dtype=dtype,
    )(h)
    return keras.Model(x, layers.Flatten(dtype=dtype)(logits))
