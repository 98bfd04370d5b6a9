"""Processor time of one picture on one thread: TFLite and SavedModel."""

import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from benchmarks.runner import say
from export.check.runners import Runner, load_saved_model, load_tflite
from export.write.saved_model import write_saved_model
from tfgen.capabilities import signatures
from tfgen.config import DataSpec, Field
from tfgen.model import Model
from tfgen.models.translation import cycle_gan, pix2pix


def models(side: int) -> Iterator[tuple[str, Model]]:
    """Yields names with maps and blocks, and fresh models of the papers' sizes.

    Args:
      side: of pictures in pixels.
    """
    shape = (side, side, 3)
    spec = DataSpec(shape, 256, fields=(Field("y", shape, 256),))
    halvings = (side & -side).bit_length() - 1
    keras.utils.set_random_seed(0)
    unet = pix2pix.Config(pix2pix.Config().maps[:halvings])
    yield f"pix2pix, {_named(unet.maps)}", pix2pix.Pix2Pix(unet, spec)
    config = cycle_gan.Config(blocks=9 if side >= 256 else 6)
    name = f"CycleGAN, {_named(config.maps)}, {config.blocks} blocks"
    yield name, cycle_gan.CycleGAN(config, spec)


def _named(maps):
    return "-".join(map(str, maps)) + " maps"


def runners(model: Model, folder: pathlib.Path) -> dict[str, Callable]:
    """Writes and loads what translates with this model, [B, H, W, C].

    Args:
      model: its weights may be any.
      folder: for the files.
    """
    names = {"translate": "x", "translate_any_size": "any_x"}
    kept = {name: signatures(model)[name] for name in names}
    write_saved_model(kept, model.spec, folder / "saved_model")
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder / "saved_model"), signature_keys=list(kept)
    )
    path = folder / "float32.tflite"
    path.write_bytes(converter.convert())

    def call(runner: Runner, name: str) -> Callable:
        return lambda x: runner(name, {names[name]: x})["y"]

    saved_model = load_saved_model(folder / "saved_model")[0]
    tflite = load_tflite(path)[0]
    return {
        "SavedModel": call(saved_model, "translate"),
        "TFLite": call(tflite, "translate"),
        "TFLite, any size": call(tflite, "translate_any_size"),
    }


def measure(
    runs: Mapping[str, Callable], side: int, repeats: int
) -> tuple[dict[str, float], float]:
    """Returns name -> median processor seconds, and the largest difference.

    The runners take turns, after one call that is not counted.

    Args:
      runs: the SavedModel's first.
      side: of the picture in pixels.
      repeats: calls of each.
    """
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (1, side, side, 3)).astype(np.float32)
    seconds = {name: [] for name in runs}
    first, *others = (run(x) for run in runs.values())
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.process_time()
            run(x)
            seconds[name].append(time.process_time() - start)
    medians = {name: statistics.median(s) for name, s in seconds.items()}
    return medians, max(float(np.abs(first - y).max()) for y in others)


def main(side: int, repeats: int) -> None:
    """Prints a table of one row a model.

    Args:
      side: of the picture in pixels.
      repeats: calls of each.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    print(
        f"| one picture of {side} x {side}, one thread | SavedModel, CPU ms"
        " | TFLite, CPU ms | ratio | of any size | ratio | largest difference,"
        " levels |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, model in models(side):
        say(f"{name}: writing")
        with tempfile.TemporaryDirectory() as folder:
            runs = runners(model, pathlib.Path(folder))
            seconds, off = measure(runs, side, repeats)
        slow, *fast = (1000 * s for s in seconds.values())
        ratios = " | ".join(f"{ms:,.0f} | {ms / slow:.2f}" for ms in fast)
        print(f"| {name} | {slow:,.0f} | {ratios} | {off:.1e} |")
