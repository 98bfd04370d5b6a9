"""Which channels of a field are frames: pictures one after another."""

from tfgen.config import DataSpec, Field


def frames_of(field: Field, one: Field) -> int:
    """Returns how many frames a field holds in its channels; 0: it holds none.

    A frame has the size and the channels of the other field. A picture is one
    frame of its own kind. Three channels beside a gray picture are colours, and
    no frames.

    Args:
      field: may hold frames.
      one: what a frame is like.
    """
    if not len(field.shape) == len(one.shape) == 3:
        return 0
    (*size, channels), (*size_of_one, colours) = field.shape, one.shape
    in_colour = (channels, colours) == (3, 1)
    if size != size_of_one or channels % colours or in_colour:
        return 0
    return channels // colours


def colours_of(spec: DataSpec, field: Field) -> int:
    """Returns the channels of one picture of `x` or `y`.

    All that it has, or those of the other one, if it holds frames like that.

    Args:
      spec: of the data.
      field: of its fields, a picture.
    """
    pictures = [f for f in (spec.x, *spec.fields) if f.name in ("x", "y")]
    if field not in pictures:
        return field.shape[-1]
    return min(f.shape[-1] for f in pictures if frames_of(field, f))
