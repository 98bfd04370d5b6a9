"""Times steps of pix2pix and CycleGAN beside PyTorch.

The task is in `translators.py`, each library's answer in `peers/`.

    python -m benchmarks.translation --python=torch=/path/to/python
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import runner, translators

runner.define_flags(translators.LIBRARIES)
_PICTURES = flags.DEFINE_integer(
    "pictures", 100, "Of each domain, in memory.", lower_bound=1
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    runner.run(translators, _PICTURES.value, check="pix2pix")


if __name__ == "__main__":
    app.run(main)
