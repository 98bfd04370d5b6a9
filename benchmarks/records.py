"""Reads made pictures of 32x32 from records and from PNG files.

Prints examples for a second of processor time, and the process's memory after
each tenth of the way, which should be flat.

Example:
  python -m benchmarks.records --examples=1000000 --folder=/tmp/records
"""

import pathlib
import time
from collections.abc import Sequence
from unittest import mock

import tensorflow as tf
from absl import app, flags

from tfgen.config import DataSpec
from tfgen.data import catalog, pipeline, source
from tfgen.data.prepare import prepare
from tfgen.data.settings import DataConfig

SHAPE = (32, 32, 3)
B, K = 64, 20


def made(examples: int) -> source.RecordSource:
    """Pictures of noise, made one by one; a tenth is held out."""
    sizes = {"train": examples * 8 // 10, "validation": examples // 10}
    sizes["test"] = sizes["validation"]

    def decode(i, place):
        del place
        x = tf.random.stateless_uniform(SHAPE, (0, i), 0, 256, tf.int32)
        return {"x": tf.cast(x, tf.uint8), "label": tf.cast(i % 10, tf.int32)}

    return source.RecordSource(
        DataSpec(SHAPE, 256, 10),
        sizes,
        lambda split: tf.data.Dataset.range(sizes[split]),
        decode,
        "made",
    )


def write_png(data: source.RecordSource, folder: pathlib.Path) -> None:
    """Writes the training examples as files."""
    folder.mkdir()
    for i, example in enumerate(pipeline.in_order(data, "train")):
        png = tf.io.encode_png(example["x"])
        (folder / f"{i}.png").write_bytes(png.numpy())


def memory() -> int:
    """MiB that the process holds."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) >> 10


def read(name: str) -> None:
    """Reads an epoch of batches, and says how fast."""
    with mock.patch.object(source, "MEMORY_BUDGET", 0):
        data = catalog.load(DataConfig(name), 0)
    steps = data.sizes["train"] // B
    batches = pipeline.train_batches(
        data,
        batch_size=B,
        seed=0,
        num_steps=steps,
        steps_per_call=K,
        dequantize=False,
    )
    held, began = [], time.process_time()
    for call, _ in enumerate(batches, 1):
        if call * K * 10 // steps > (call - 1) * K * 10 // steps:
            held.append(f"{memory():,}")
    rate = steps * B / (time.process_time() - began)
    kind = name.partition(":")[0]
    print(f"| {kind} | {steps * B:,} | {rate:,.0f} | {' '.join(held)} |")


def main(argv: Sequence[str]) -> None:
    """Prints a table."""
    del argv
    folder = pathlib.Path(flags.FLAGS.folder)
    records, png = folder / "records", folder / "png"
    data = made(flags.FLAGS.examples)
    began = time.process_time()
    with mock.patch.object(catalog, "load", lambda *_: data):
        prepare(DataConfig("made"), 0, records)
    rate = flags.FLAGS.examples / (time.process_time() - began)
    print(f"made and written: {rate:,.0f} examples a second of processor time")
    if not png.exists():
        write_png(made(flags.FLAGS.files), png)
    print("| data | examples | a second | MiB after each tenth |")
    print("|---|---:|---:|---|")
    read(f"records:{records}")
    read(f"image_folder:{png}")


if __name__ == "__main__":
    flags.DEFINE_integer("examples", 100_000, "To write as records.", 10_000)
    flags.DEFINE_integer("files", 10_000, "To write as PNG files.", 1_000)
    flags.DEFINE_string("folder", "/tmp/records", "For what is written.")
    app.run(main)
