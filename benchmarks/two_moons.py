"""Times Real NVP on two moons in several libraries, side by side.

The task is in `bench.py`, each library's answer in `peers/`.

    python -m benchmarks.two_moons --python=distrax=/path/to/python
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import bench, runner

runner.define_flags(bench.LIBRARIES)
_POINTS = flags.DEFINE_integer(
    "points", 100_000, "Points per call of sample and log_prob.", lower_bound=1
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    try:
        bench.chunks(_POINTS.value)
    except ValueError as error:
        raise app.UsageError(f"--points: {error}") from error
    runner.run(bench, _POINTS.value, check="log_prob")


if __name__ == "__main__":
    app.run(main)
