"""Convolutions of few pixels as products of matrices.

A convolution of M places costs as much as reading its kernel, if M is small.
TensorFlow's convolutions then copy kernels into another layout and gradients
back, which takes several times as long; here the kernel is read as it lies.
"""

import functools

import numpy as np
import tensorflow as tf


def taken(x: tf.Tensor, places: np.ndarray) -> tf.Tensor:
    """Returns rows of x, [*places.shape, C]; N stands for a row of zeros.

    Args:
      x: [N, C].
      places: integers from 0 to N.
    """

    @tf.custom_gradient
    def take(x):
        rows = tf.gather(_with_zero(x, places), places)
        return rows, lambda dy: added(dy, places, x.shape[0])

    return take(x)


def added(rows: tf.Tensor, places: np.ndarray, count: int) -> tf.Tensor:
    """Returns sums of rows, [N, C]: the gradient of `taken`.

    Args:
      rows: [*places.shape, C].
      places: where each is added; those of N are left out.
      count: N.
    """

    @tf.custom_gradient
    def add(rows):
        flat = tf.reshape(rows, [-1, rows.shape[-1]])
        terms = [
            tf.gather(_with_zero(flat, sources), sources)
            for sources in _sources(places.tobytes(), places.size, count)
        ]
        # Two at a time: such sums have one result.
        while len(terms) > 1:
            pairs = zip(terms[::2], terms[1::2])
            odd = terms[-1:] if len(terms) % 2 else []
            terms = [a + b for a, b in pairs] + odd
        return terms[0], lambda dy: taken(dy, places)

    return add(rows)


def _with_zero(x, places):
    return tf.pad(x, [[0, 1], [0, 0]]) if places.max() == x.shape[0] else x


@functools.lru_cache(maxsize=64)
def _sources(places, size, count):
    """Which rows are added to each of N: [at most so many, N]."""
    places = np.frombuffer(places, np.int32)
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    nth = np.arange(size) - np.searchsorted(ordered, ordered)
    real = ordered < count
    sources = np.full((nth[real].max() + 1, count), size, np.int32)
    sources[nth[real], ordered[real]] = order[real]
    return sources


def convolved(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Returns the convolution with padding "same", [B, H', W', D].

    Args:
      x: [B, H, W, C], of a known shape.
      kernel: [k, k, C, D].
      stride: of both sides.
    """
    places, sides, used = _same(tuple(x.shape[:3]), kernel.shape[0], stride)
    kernel, D = _part(kernel, used), kernel.shape[-1]
    rows = taken(tf.reshape(x, [-1, x.shape[-1]]), places)
    y = _product(
        tf.reshape(rows, [places.shape[0], -1]), tf.reshape(kernel, [-1, D])
    )
    return tf.reshape(y, [x.shape[0], *sides, D])


def transposed(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Returns the transposed convolution, [B, stride H, stride W, D].

    Args:
      x: [B, H, W, C], of a known shape.
      kernel: [k, k, D, C].
      stride: of both sides; the padding is "same".
    """
    B, H, W, C = x.shape
    shape = (B, H * stride, W * stride)
    places, _, used = _same(shape, kernel.shape[0], stride)
    kernel, D = _part(kernel, used), kernel.shape[2]
    rows = _product_of_rows(tf.reshape(x, [-1, C]), tf.reshape(kernel, [-1, C]))
    rows = tf.reshape(rows, [*places.shape, D])
    return tf.reshape(added(rows, places, np.prod(shape)), [*shape, D])


def places_of(
    shape: tuple[int, int, int],
    kernel: tuple[int, int],
    stride: int,
    before: tuple[int, int],
    sides: tuple[int, int],
) -> np.ndarray:
    """Returns which pixel each window has where, [B H' W', k k'] int32.

    Pixels outside of the picture have the number B H W.

    Args:
      shape: (B, H, W).
      kernel: sides of the window.
      stride: of the windows.
      before: rows and columns of padding before the first.
      sides: how many windows, (H', W').
    """
    B, H, W = shape
    row, column = (
        (np.arange(n) * stride - b)[:, None] + np.arange(k)
        for n, b, k in zip(sides, before, kernel)
    )
    b, row, column = np.ix_(np.arange(B), row.ravel(), column.ravel())
    inside = (row >= 0) & (row < H) & (column >= 0) & (column < W)
    place = np.where(inside, (b * H + row) * W + column, B * H * W)
    place = place.reshape(B, sides[0], kernel[0], sides[1], kernel[1])
    place = place.transpose(0, 1, 3, 2, 4)
    return place.reshape(-1, kernel[0] * kernel[1]).astype(np.int32)


@functools.lru_cache(maxsize=64)
def _same(shape, k, stride):
    """Places of padding "same", how many windows, and what they see."""
    sides, used, before = [], [], []
    for side in shape[1:]:
        count = -(-side // stride)
        pad = max((count - 1) * stride + k - side, 0) // 2
        # Of 2 pixels a side, the outer rows of 4 x 4 meet padding alone.
        starts = np.arange(count) * stride - pad
        meets = [
            ((starts + i >= 0) & (starts + i < side)).any() for i in range(k)
        ]
        first = meets.index(True)
        used.append(slice(first, first + sum(meets)))
        sides.append(count)
        before.append(pad - first)
    kernel = tuple(u.stop - u.start for u in used)
    places = places_of(shape, kernel, stride, tuple(before), tuple(sides))
    return places, tuple(sides), tuple(used)


def _part(kernel, used):
    """The rows and columns that are used, without a copy if all are."""
    sizes = [part.stop - part.start for part in used]
    if sizes == list(kernel.shape[:2]):
        return kernel
    # The gradient of a slice is padding, of `kernel[...]` something slower.
    starts = [part.start for part in used]
    return tf.slice(kernel, [*starts, 0, 0], [*sizes, *kernel.shape[2:]])


@tf.custom_gradient
def _product(a, w):
    """A w of few rows A [M, K] and w [K, N]."""

    def gradient(dy):
        return _rows_by_rows(dy, w), tf.matmul(a, dy, transpose_a=True)

    return tf.matmul(a, w), gradient


@tf.custom_gradient
def _product_of_rows(a, w):
    """A w^T of few rows A [M, K] and w [N, K]."""

    def gradient(dy):
        return tf.matmul(dy, w), tf.matmul(dy, a, transpose_a=True)

    return _rows_by_rows(a, w), gradient


def _rows_by_rows(a, w):
    """A w^T; from 16 rows on the other way round is several times as fast."""
    if a.shape[0] < 16:
        return tf.matmul(a, w, transpose_b=True)
    return tf.transpose(tf.matmul(w, a, transpose_b=True))
