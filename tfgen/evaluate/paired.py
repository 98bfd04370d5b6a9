"""Distances of pictures from the right ones.

Pictures are [N, H, W, C] in [0, 1].
"""

import numpy as np
import tensorflow as tf

_HUES = 16  # bins of the circle; red is the middle of the first
_COLOURED = 0.25  # least difference of channels of a pixel that has a hue
_FINEST = 1e-10  # of squared errors: 100 dB
_WINDOW = 11  # pixels of SSIM's Gaussian, which smaller pictures cut
_BLOCK = 500  # pictures at a time


def l1(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the mean absolute difference."""
    return float(np.abs(np.asarray(a, np.float64) - b).mean())


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Returns `-10 log10` of the mean squared difference of all, at most 100.

    Not the mean of each picture's, which one exact picture makes infinite.
    """
    error = np.square(np.asarray(a, np.float64) - b).mean()
    return float(-10 * np.log10(max(error, _FINEST)))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the mean structural similarity, 1 of equal pictures.

    Wang et al. 2004, "Image quality assessment: from error visibility to
    structural similarity". The window is as large as a smaller picture.
    """
    window = min(_WINDOW, *a.shape[1:3])
    values = [
        tf.image.ssim(
            tf.constant(a[i : i + _BLOCK], tf.float32),
            tf.constant(b[i : i + _BLOCK], tf.float32),
            max_val=1.0,
            filter_size=window,
        )
        for i in range(0, len(a), _BLOCK)
    ]
    return float(np.concatenate(values).mean())


def hue_histogram(pictures: np.ndarray) -> np.ndarray:
    """Returns the shares of hues among the pixels that have one, [16].

    Args:
      pictures: of three channels; gray ones have no hue, and all shares are 0.
    """
    pixels = np.asarray(pictures, np.float32).reshape(-1, 3)
    pixels = pixels[np.ptp(pixels, axis=1) >= _COLOURED].clip(0, 1)
    hue = tf.image.rgb_to_hsv(pixels)[:, 0].numpy()
    bins = np.floor(hue * _HUES + 0.5).astype(int) % _HUES
    return np.bincount(bins, minlength=_HUES) / max(len(bins), 1)


def hue_intersection(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the intersection of the sets' hue histograms, in [0, 1].

    Isola et al. 2017, arXiv:1611.07004, table 5, have one for each channel of
    the Lab colours.
    """
    return float(np.minimum(hue_histogram(a), hue_histogram(b)).sum())
