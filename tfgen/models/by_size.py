"""Settings by shape and number of examples, for data without a preset.

Each scales what papers print, and what was measured on the digits and on points
of the plane. A model's `auto` is made of them.
"""

import math

from tfgen.config import DataSpec, TrainConfig
from tfgen.models import settings


def halvings(shape: tuple[int, ...], smallest: int = 4) -> int:
    """Returns how often both sides of images can be halved.

    Args:
      shape: of one example; vectors cannot be halved.
      smallest: pixels a side that are left at least.
    """
    count, sides = 0, shape[:2] if len(shape) == 3 else (1,)
    while all(n % 2 == 0 and n // 2 >= smallest for n in sides):
        count, sides = count + 1, [n // 2 for n in sides]
    return count


def maps(shape: tuple[int, ...], first: int = 64) -> tuple[int, ...]:
    """Returns feature maps of convolutions that halve an image, one or more.

    They double from layer to layer, as DCGAN's do, down to 4 pixels a side (2
    of small images).

    Args:
      shape: of one example.
      first: maps of the largest image.
    """
    smallest = 4 if min(shape[:2]) >= 16 else 2
    count = max(1, halvings(shape, smallest))
    return tuple(min(first << i, 1024) for i in range(count))


def units(size: int) -> int:
    """Returns the width of perceptrons for so many dimensions.

    128 for points of the plane, 256 for 8 x 8 pixels, 512 from 16 x 16 on, 1024
    from 64 x 64 on.
    """
    return min(1024, 128 << int(math.log2(size) / 4))


def masked_units(size: int) -> int:
    """Returns the width of masked perceptrons for so many dimensions.

    That of others, and as many units as dimensions at least, up to 1024: with
    fewer, some numbers do not see all before them.
    """
    return min(1024, max(units(size), size))


def latent(size: int, most: int = 100) -> int:
    """Returns how many latent dimensions: half of the data's, at least 2."""
    return min(most, max(2, size // 2))


def side(spec: DataSpec) -> float:
    """Returns the side of images in pixels, as if they were squares."""
    if len(spec.shape) == 3:
        return math.sqrt(spec.shape[0] * spec.shape[1])
    return math.sqrt(spec.size)


def training(
    examples: int,
    epochs: int,
    batch_size: int,
    least: int,
    most: int,
    **options,
) -> TrainConfig:
    """Returns a training of so many epochs, within bounds.

    Args:
      examples: to train on.
      epochs: how often each is seen.
      batch_size: at most; there are no more than the examples.
      least: steps.
      most: steps.
      **options: other fields of `TrainConfig`.
    """
    batch_size = min(batch_size, examples)
    steps = min(max(least, epochs * examples / batch_size), most)
    steps = 100 * math.ceil(steps / 100)
    return settings.training(
        steps, batch_size, every=max(100, steps // 10), **options
    )
