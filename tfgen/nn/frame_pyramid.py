"""Networks of several scales for frames (Mathieu et al. 2016, tables 1 and 2).

The side of a scale is twice that of the one before it: scale 0 is the coarsest.
"""

from collections.abc import Sequence

import keras

from tfgen.nn.doubling import Doubling2D
from tfgen.nn.logit import Logit
from tfgen.nn.strided_conv import base_size

# Of each scale: width of the first and last filters, and of those between.
_KERNELS = ((3, 3), (5, 3), (5, 3), (7, 5))
# Of the discriminator's, and its maps in halves of the width.
_SEEN = ((3,), (3, 3, 3), (5, 5, 5), (7, 7, 5, 5))
_HALVES = ((1,), (1, 2, 2), (2, 4, 4), (2, 4, 8, 2))
MOST_SCALES = len(_KERNELS)


def pyramid(picture: keras.KerasTensor, scales: int) -> list:
    """Returns a picture of each size, the smallest first.

    Args:
      picture: [B, H, W, C].
      scales: how many; the last is the picture.
    """
    sizes = [2**i for i in reversed(range(1, scales))]
    # No layers, which would make bfloat16 of data under mixed precision.
    small = [keras.ops.average_pool(picture, n) for n in sizes]
    return [*small, picture]


def frame_generator(
    shape: Sequence[int], outputs: int, scales: int, width: int
) -> keras.Model:
    """Returns a network from frames [B, *shape] to a frame of each scale.

        G_k(X) = tanh(u(G_{k-1}(X)) + G'_k(X_k, u(G_{k-1}(X))))        (eq. 2)

    u doubles. Frames that come out are in (-1, 1), the coarsest first.

    Args:
      shape: (H, W, C) of all frames before, in their channels.
      outputs: channels of the frame.
      scales: how many.
      width: maps of the first and the last layers.

    Raises:
      UserError: sides that cannot be halved so often.
    """
    base_size(shape, scales - 1, "scales")
    layers, w = keras.layers, width
    x, made = layers.Input((None, None, shape[-1])), []
    for k, frames in enumerate(pyramid(x, scales)):
        guess = Doubling2D()(made[-1]) if made else None
        h = frames if guess is None else layers.Concatenate()([frames, guess])
        maps = (w, 2 * w, w) if k < 2 else (w, 2 * w, 4 * w, 2 * w, w)
        outer, inner = _KERNELS[k]
        for i, C in enumerate(maps):
            kernel = outer if i == 0 else inner
            h = layers.Conv2D(C, kernel, padding="same", activation="relu")(h)
        h = layers.Conv2D(outputs, outer, padding="same")(h)
        h = h if guess is None else layers.Add()([h, guess])
        made.append(layers.Activation("tanh")(h))
    return keras.Model(x, made)


def frame_discriminator(
    shape: Sequence[int], outputs: int, scales: int, width: int
) -> keras.Model:
    """Returns a network of frames, and a frame of each scale, to logits.

    `[B, *shape]` and a list of [B, H_k, W_k, outputs] to a list of [B].
    Convolutions lose the edges; two dense layers follow.

    Args:
      shape: see `frame_generator`.
      outputs: likewise.
      scales: likewise.
      width: of the generator.
    """
    layers = keras.layers
    x = layers.Input(tuple(shape))
    frames, nexts, logits = pyramid(x, scales), [], []
    for k, before in enumerate(frames):
        nexts.append(layers.Input((*before.shape[1:3], outputs)))
        h = layers.Concatenate()([before, nexts[-1]])
        for kernel, halves in zip(_SEEN[k], _HALVES[k]):
            fits = min(kernel, *h.shape[1:3])
            C = max(1, halves * width // 2)
            h = layers.Conv2D(C, fits, activation="relu")(h)
        if min(h.shape[1:3]) >= 8:
            h = layers.MaxPooling2D()(h)
        h = layers.Flatten()(h)
        units = (4 * width, 2 * width) if k == 0 else (8 * width, 4 * width)
        for n in units:
            h = layers.Dense(n, activation="relu")(h)
        logits.append(Logit()(h))
    return keras.Model([x, nexts], logits)
