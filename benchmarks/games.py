"""Times steps of GAN, BiGAN and DCGAN beside PyTorch.

The task is in `adversaries.py`, each library's answer in `peers/`.

    python -m benchmarks.games --python=torch=/path/to/python
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import adversaries, runner

runner.define_flags(adversaries.LIBRARIES)
_IMAGES = flags.DEFINE_integer(
    "images", 2560, "Images in memory.", lower_bound=adversaries.BATCH
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    medians = runner.run(adversaries, _IMAGES.value, check="gan")
    print(runner.limits(medians, adversaries.gflop()))


if __name__ == "__main__":
    app.run(main)
