import numpy as np
import pytest

from tfgen.evaluate.paired import (
    hue_histogram,
    hue_intersection,
    l1,
    psnr,
    ssim,
)

RANDOM = np.random.default_rng(0)


def test_by_hand():
    a, b = np.zeros((2, 1, 1, 1)), np.array([0.1, 0.3]).reshape(2, 1, 1, 1)
    assert l1(a, b) == pytest.approx(0.2)
    assert psnr(a, b) == pytest.approx(-10 * np.log10(0.05))
    assert psnr(a, a) == 100


def windowed(a, b):
    """SSIM of one picture, by its definition, in float64."""
    side = 11
    place = np.arange(side) - 5
    weight = np.exp(-(place**2 + place[:, None] ** 2) / (2 * 1.5**2))
    weight /= weight.sum()
    views = [
        np.lib.stride_tricks.sliding_window_view(p, (side, side))
        for p in (a, b)
    ]
    x, y = ((v * weight).sum((2, 3)) for v in views)
    xx, yy, xy = (
        (p * q * weight).sum((2, 3))
        for p, q in (views[:1] * 2, views[1:] * 2, views)
    )
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * x * y + c1) / (x**2 + y**2 + c1)
    structure = (2 * (xy - x * y) + c2) / (xx - x**2 + yy - y**2 + c2)
    return (luminance * structure).mean()


def test_ssim_by_its_definition():
    a = RANDOM.random((3, 16, 16, 1))
    b = np.clip(a + 0.2 * RANDOM.normal(size=a.shape), 0, 1)
    expected = [windowed(x, y) for x, y in zip(a[..., 0], b[..., 0])]
    assert ssim(a, b) == pytest.approx(np.mean(expected), abs=1e-4)
    assert ssim(a, a) == pytest.approx(1)
    assert ssim(a[:, :8, :8], a[:, :8, :8]) == pytest.approx(1)


def test_hues():
    red, blue, gray = [1, 0, 0], [0, 0, 1], [0.5, 0.5, 0.5]
    some = np.array([red, red, blue, gray]).reshape(1, 2, 2, 3)
    histogram = hue_histogram(some)
    assert histogram[0] == pytest.approx(2 / 3)  # around red, both ways
    assert histogram[round(16 * 2 / 3)] == pytest.approx(1 / 3)
    other = np.array([[1, 0, 0.05], red, red, gray]).reshape(1, 2, 2, 3)
    assert hue_intersection(some, other) == pytest.approx(2 / 3)
    assert hue_intersection(some, some) == pytest.approx(1)
    purple = np.full((1, 2, 2, 3), [0.5, 0, 0.5])
    assert hue_intersection(some, purple) == 0
    assert hue_intersection(some, np.full((1, 2, 2, 3), 0.5)) == 0
