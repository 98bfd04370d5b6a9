"""The weights that connect a network to images, as images."""

import keras
import numpy as np


def image_filters(
    network: keras.Model, shape: tuple[int, int, int], makes: bool = False
) -> np.ndarray | None:
    """Returns filters to look at, [h, w, C, N], or None.

    Figure 3 of the BiGAN paper (arXiv:1605.09782) has those of convolutions.
    The units of a perceptron see, or make, the whole image.

    Args:
      network: of convolutions or dense layers.
      shape: (H, W, C) of images that it reads; other inputs may follow them.
      makes: it makes images instead: the last layer, not the first.
    """
    kernels = [v for v in network.trainable_variables if v.name == "kernel"]
    size = int(np.prod(shape))
    for kernel in reversed(kernels) if makes else kernels:
        weights = kernel.numpy()
        if weights.ndim == 4 and weights.shape[2] == shape[-1]:
            return weights
        if weights.ndim == 2:
            weights = weights.T if makes else weights
            if weights.shape[0] < size:
                return None  # it sees codes, and not images
            return weights[:size].reshape(*shape, -1)
    return None
