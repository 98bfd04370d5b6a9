"""How long a CSV file takes to read, and how much memory, next to pandas.

tfgen's time is that of loading the data: reading, splitting, means and
deviations; pandas's is that of `read_csv`. Its memory is the peak of what the
process holds above what it held before, as a multiple of the array's bytes
(float32). The file is in the page cache: it was just written. Each read is of a
process of its own; they take turns. pandas is not required by tfgen: name
another environment's Python.

Example:
  python -m benchmarks.csv_file --python=/path/to/another/bin/python
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from absl import app, flags

# Prints seconds and bytes of memory; the file is its argument.
_MEASURE = """
import json, sys, time
def held(what):
    with open("/proc/self/status") as status:
        lines = dict(line.split(":") for line in status)
    return 1024 * int(lines[what].split()[0])
{setup}
before, start = held("VmRSS"), time.perf_counter()
data = {read}
seconds = time.perf_counter() - start
print(json.dumps([seconds, held("VmHWM") - before]))
"""
_OURS = _MEASURE.format(
    setup="""
import tensorflow as tf
import pyarrow.csv, pyarrow.parquet
from tfgen.data import catalog, table_source
from tfgen.data.settings import DataConfig
tf.fingerprint([[0.0]])  # starts TensorFlow
""",
    read="catalog.load(DataConfig('csv:' + sys.argv[1]), seed=0)",
)
_PANDAS = _MEASURE.format(
    setup="import pandas", read="pandas.read_csv(sys.argv[1])"
)


def write(path: pathlib.Path, rows: int, columns: int) -> None:
    """Writes normal numbers in full precision."""
    random = np.random.default_rng(0)
    with open(path, "w") as file:
        print(*(f"c{j}" for j in range(columns)), sep=",", file=file)
        for _ in range(0, rows, 10_000):
            x = random.normal(size=(min(rows, 10_000), columns))
            file.writelines(
                ",".join(map(repr, row)) + "\n" for row in x.tolist()
            )


def measured(python: str, program: str, path: str) -> tuple[float, float]:
    """Returns seconds, and bytes of memory at most."""
    done = subprocess.run(
        [python, "-c", program, path],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return tuple(json.loads(done.stdout))


def main(argv: list[str]) -> None:
    """Prints a line a read, and the ratio of the medians."""
    del argv
    rows, columns = flags.FLAGS.rows, flags.FLAGS.columns
    readers = {"tfgen": (sys.executable, _OURS)}
    if flags.FLAGS.python:
        readers["pandas"] = flags.FLAGS.python, _PANDAS
    seconds = {name: [] for name in readers}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "numbers.csv")
        write(path, rows, columns)
        for _ in range(flags.FLAGS.repeats):
            for name, reader in readers.items():
                took, memory = measured(*reader, str(path))
                seconds[name].append(took)
                times = memory / (4 * rows * columns)
                print(
                    f"{name:6} {took:5.2f} s, at most {times:.2f} times the"
                    " array's bytes",
                    flush=True,
                )
    if len(seconds) == 2:
        tfgen, peer = (statistics.median(values) for values in seconds.values())
        print(f"tfgen takes {tfgen / peer:.2f} of pandas's time")


if __name__ == "__main__":
    flags.DEFINE_integer("rows", 1_000_000, "Of the file, in 10,000s.", 10_000)
    flags.DEFINE_integer("columns", 10, "Of the file.", 1)
    flags.DEFINE_integer("repeats", 3, "Of each.", 1)
    flags.DEFINE_string("python", None, "With pandas; without, tfgen alone.")
    app.run(main)
