import pytest

from tfgen.config import DataSpec, Field
from tfgen.nn.frames import colours_of, frames_of

SIDES = (8, 8)


def of(channels, name="y", size=SIDES):
    return Field(name, (*size, channels), 256)


@pytest.mark.parametrize(
    "channels, one, frames",
    [(6, 3, 2), (4, 1, 4), (2, 1, 2), (3, 3, 1), (1, 1, 1), (6, 1, 6)]
    # Red, green and blue are no frames; nor is a part of a picture one.
    + [(3, 1, 0), (1, 3, 0), (4, 3, 0), (3, 6, 0)],
)
def test_frames(channels, one, frames):
    assert frames_of(of(channels), of(one)) == frames


def test_frames_have_the_size_of_the_picture():
    assert frames_of(of(6), of(3, size=(8, 4))) == 0
    assert frames_of(of(6), Field("y", (3,))) == 0
    assert frames_of(Field("y", (6,)), of(3)) == 0


def test_colours_of_either_domain():
    def colours(x, *others):
        spec = DataSpec((*SIDES, x), 256, fields=others)
        return [colours_of(spec, f) for f in (spec.x, *others)]

    assert colours(6, of(3)) == colours(3, of(6)) == [3, 3]
    assert colours(4, of(1)) == [1, 1]
    assert colours(3, of(1)) == [3, 1]
    assert colours(6) == [6]
    # A mask is not what frames are like.
    assert colours(4, of(1, "mask")) == [4, 1]
