"""Times inner attention on pairs as long as SNLI's, beside PyTorch.

The task is in `pairs.py`, each library's answer in `peers/`.

    python -m benchmarks.snli --python=torch=/path/to/python
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import pairs, runner

runner.define_flags(pairs.LIBRARIES)
_PAIRS = flags.DEFINE_integer(
    "pairs", 4096, "Pairs per call of prediction.", lower_bound=1
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    runner.run(pairs, _PAIRS.value, check="train")


if __name__ == "__main__":
    app.run(main)
