import numpy as np
import pytest

from tfgen.data import shapes
from tfgen.measures.scene_judge import judge


def drawn(side, outlined=False):
    """Every shape in every colour, or black."""
    numbers = np.arange(len(shapes.every().kind))
    colour = numbers % len(shapes.COLOURS)
    levels = shapes.colours(colour) * (not outlined)
    return numbers, colour, shapes.paint(numbers, levels, side, outlined)


@pytest.mark.parametrize("outlined", [False, True])
@pytest.mark.parametrize("side", [16, 32])
@pytest.mark.parametrize("noise", [0, 25])
def test_all_that_is_drawn_is_read(side, noise, outlined):
    numbers, colour, pictures = drawn(side, outlined)
    random = np.random.default_rng(0)
    seen = judge(
        np.clip(pictures + noise * random.normal(size=pictures.shape), 0, 255),
        outlined,
    )
    np.testing.assert_array_equal(seen.shape, numbers)
    if not outlined:
        np.testing.assert_array_equal(seen.colour, colour)
    if not noise:
        np.testing.assert_array_equal(seen.overlap, 1)


def test_attributes():
    number = shapes.every().number[1, 7, 2, 5]
    seen = judge(shapes.paint([number], [shapes.COLOURS["blue"]], 16))
    names = ("kind", "size", "top", "left")
    assert [seen.attribute(name)[0] for name in names] == [1, 7, 2, 5]
    assert seen.colour[0] == 2


def test_what_shows_no_shape():
    numbers, _, pictures = drawn(16)
    random = np.random.default_rng(1)
    wrong = {
        "white": np.full((5, 16, 16, 3), 255),
        "black": np.zeros((5, 16, 16, 3)),
        "noise": random.uniform(0, 255, (5, 16, 16, 3)),
        "inverted": 255 - pictures[::200],
        "outlines": drawn(16, outlined=True)[2][300::200],
    }
    for name, some in wrong.items():
        seen = judge(some)
        assert (seen.colour == -1).all(), name
        if name not in ("outlines",):
            assert (seen.shape == -1).all(), name
            assert (seen.attribute("kind") == -1).all(), name


def test_what_lies_between_two_colours_is_none():
    numbers, _, _ = drawn(16)
    red, blue = (np.array(shapes.COLOURS[c]) for c in ("red", "blue"))
    purple = shapes.paint(numbers, (red + blue)[None] / 2, 16)
    seen = judge(purple)
    np.testing.assert_array_equal(seen.shape, numbers)
    np.testing.assert_array_equal(seen.colour, -1)


def test_two_ghosts_are_no_shape():
    """The mean of two futures: half as dark, at two places."""
    number = shapes.every().number
    numbers = [number[0, 5, 2, 2], number[0, 5, 2, 9]]
    a, b = shapes.paint(np.array(numbers), [shapes.COLOURS["red"]] * 2, 16)
    seen = judge((a / 2 + b / 2)[None])
    assert seen.shape[0] == seen.colour[0] == -1
