"""How many rows a second `run.score` writes, and whether its memory grows.

    python -m benchmarks.score --workdir=runs/digits --rows=1000000
    python -m benchmarks.score --workdir=runs/digits --draws=1

The rows are random gray levels, in an `.npy` file. Next to it stands what one
call of `run.log_prob` for each row would do. Memory is the most that the
process had resident in each tenth of the rows (`VmHWM`, Linux). A line of each:
rows a second by the clock, and by the processor time of all threads.
"""

import pathlib
import tempfile
import time
from unittest import mock

import numpy as np
from absl import app, flags

from benchmarks.memory import peak

FLAGS = flags.FLAGS


def timed(rows: int, what) -> str:
    """Returns a row of the table."""
    clock, processor = time.perf_counter(), time.process_time()
    what()
    clock = time.perf_counter() - clock
    processor = time.process_time() - processor
    return f"{rows / clock:,.0f} | {rows / processor:,.0f}"


def write_rows(path: pathlib.Path, rows: int, shape, levels: int) -> None:
    """Writes [rows, *shape] uint8 piece by piece."""
    random = np.random.default_rng(0)
    size = rows, *shape
    x = np.lib.format.open_memmap(path, "w+", np.uint8, size)
    for first in range(0, rows, 10_000):
        part = x[first : first + 10_000]
        part[:] = random.integers(0, levels, part.shape, np.uint8)


def main(_) -> None:
    """Prints a table, and the peaks of memory."""
    import tfgen
    from tfgen.scoring.outputs import Output

    run = tfgen.load(FLAGS.workdir)
    spec, rows, draws = run.config.spec, FLAGS.rows, FLAGS.draws
    peaks, add = [], Output.add

    def noted(self, *arguments):
        add(self, *arguments)
        if self.done * 10 >= (len(peaks) + 1) * rows:
            peaks.append(f"{peak():.0f}")

    with tempfile.TemporaryDirectory() as folder:
        x, output = (pathlib.Path(folder, n) for n in ("x.npy", "s.csv"))
        write_rows(x, rows, spec.shape, spec.levels)
        some = np.load(x, mmap_mode="r")[: FLAGS.calls]

        def one_by_one():
            for i in range(len(some)):
                run.log_prob(some[i : i + 1], draws)

        run.log_prob(some[:1], draws)  # compiles
        with mock.patch.object(Output, "add", noted):
            scored = timed(rows, lambda: run.score(x, output, draws=draws))
        called = timed(len(some), one_by_one)
    print("| | rows/s | rows/s of one processor |\n|---|---:|---:|")
    print(f"| `run.score`, {rows:,} rows, {draws} draws | {scored} |")
    print(f"| one call a row | {called} |")
    print(f"MiB in each tenth: {', '.join(peaks)}")


if __name__ == "__main__":
    flags.DEFINE_string("workdir", None, "Of a trained flow.", required=True)
    flags.DEFINE_integer("rows", 100_000, "To score.", 10)
    flags.DEFINE_integer("calls", 200, "Of one row.", 1)
    flags.DEFINE_integer("draws", 1, "Of noise.", 1)
    app.run(main)
