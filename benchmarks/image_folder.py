"""How long a folder of small PNG files takes, next to Keras.

Keras's time is that of `image_dataset_from_directory`, which lists, and of one
pass over what it returns, which decodes; tfgen's is that of loading the data,
which does both. The files are in the page cache: they were just written. Runs
take turns.

Example:
  python -m benchmarks.image_folder
  python -m benchmarks.image_folder --files=5000 --repeats=2
"""

import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
from absl import app, flags
from PIL import Image

from tfgen.data import catalog
from tfgen.data.settings import DataConfig
from tfgen.processes import start_tensorflow

CLASSES = 10


def write(folder: pathlib.Path, count: int, side: int) -> None:
    """Writes gray pictures of a bright disk each, one folder a class."""
    for c in range(CLASSES):
        (folder / f"class_{c}").mkdir()
    random = np.random.default_rng(0)
    row, column = np.mgrid[:side, :side]
    for i in range(count):
        y, x, radius = side * random.uniform((0.3, 0.3, 0.1), (0.7, 0.7, 0.3))
        distance = np.hypot(row - y, column - x)
        pixels = 255 * np.clip(radius - distance + 0.5, 0, 1)
        path = folder / f"class_{i % CLASSES}" / f"{i:06}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)


def ours(folder: pathlib.Path, side: int) -> int:
    """Returns the number of images read."""
    config = DataConfig(name=f"image_folder:{folder}", image_size=side)
    return sum(catalog.load(config, seed=0).sizes.values())


def keras(folder: pathlib.Path, side: int) -> int:
    """Returns the number of images read."""
    from keras.utils import image_dataset_from_directory

    dataset = image_dataset_from_directory(
        folder,
        color_mode="grayscale",
        image_size=(side, side),
        batch_size=256,
        shuffle=False,
        verbose=False,
    )
    return sum(len(x) for x, _ in dataset)


def timed(
    read: Callable[[pathlib.Path, int], int], folder: pathlib.Path, side: int
) -> tuple[float, float, int]:
    """Returns seconds, seconds of the processor, and the number of images."""
    start, used = time.perf_counter(), os.times()
    count = read(folder, side)
    seconds, now = time.perf_counter() - start, os.times()
    # With those of processes that were started and have ended.
    return seconds, sum(now[:4]) - sum(used[:4]), count


def main(argv: list[str]) -> None:
    """Prints a line a run, and the ratio of the medians."""
    del argv
    start_tensorflow(debug=False)
    seconds = {ours: [], keras: []}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder, flags.FLAGS.files, flags.FLAGS.side)
        for _ in range(flags.FLAGS.repeats):
            for read in seconds:
                took, used, count = timed(read, folder, flags.FLAGS.side)
                assert count == flags.FLAGS.files
                seconds[read].append(took)
                print(
                    f"{read.__name__:5} {took:6.2f} s, {used:6.2f} s of the"
                    f" processor, {1e6 * took / count:5.1f} us an image",
                    flush=True,
                )
    tfgen, peer = (statistics.median(values) for values in seconds.values())
    print(f"tfgen takes {tfgen / peer:.2f} of Keras's time")


if __name__ == "__main__":
    flags.DEFINE_integer("files", 100_000, "How many.", 100)
    flags.DEFINE_integer("side", 28, "Of an image, in pixels.", 1)
    flags.DEFINE_integer("repeats", 3, "Of each.", 1)
    app.run(main)
