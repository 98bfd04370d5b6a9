"""Times inner attention on a device: a TFLite file, a pair of SNLI's lengths.

The model is that of `snli.py`.

    python -m benchmarks.pair_latency
"""

import pathlib
import statistics
import tempfile
import time

import numpy as np

from benchmarks import pairs
from benchmarks.peers.tfgen_inner_attention import make_model
from export.check.runners import load_tflite
from export.write.saved_model import write_saved_model
from export.write.tflite import Converter
from tfgen import capabilities

LENGTHS = {"premise_ids": 14, "hypothesis_ids": 8}  # SNLI's means
CALLS = 300
WARM_UP = 20


def milliseconds(path: pathlib.Path, num_threads: int) -> list[float]:
    """Returns the time of each call, in order of size."""
    call, _ = load_tflite(path, num_threads)
    random = np.random.default_rng(0)
    times = []
    for _ in range(WARM_UP + CALLS):
        inputs = {
            name: random.integers(2, pairs.WORDS, (1, n), np.int32)
            for name, n in LENGTHS.items()
        }
        before = time.perf_counter()
        call("classify_ids", inputs)
        times.append(1000 * (time.perf_counter() - before))
    return sorted(times[WARM_UP:])


def main() -> None:
    """Prints a Markdown table."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        saved_model = folder / "saved_model"
        model = make_model()
        write_saved_model(
            capabilities.signatures(model), model.spec, saved_model
        )
        with Converter(
            saved_model,
            folder,
            ["classify_ids", "encode_ids"],
            ["float32"],
            folder / "calibration.npz",
        ) as converter:
            if failed := converter.convert():
                raise RuntimeError(failed["float32"])
        print("| threads | median ms | 5 % to 95 % |\n|---:|---:|---:|")
        for threads in (1, 2):
            times = milliseconds(folder / "float32.tflite", threads)
            low, high = times[CALLS // 20], times[-CALLS // 20]
            print(
                f"| {threads} | {statistics.median(times):.2f} |"
                f" {low:.2f} to {high:.2f} |"
            )


if __name__ == "__main__":
    main()
