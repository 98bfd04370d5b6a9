"""Times steps of a VAE and an IWAE beside PyTorch, Pythae and plain TensorFlow.

The task is in `autoencoders.py`, each library's answer in `peers/`.

    python -m benchmarks.variational --python=torch=/path/to/python
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import autoencoders, runner

runner.define_flags(autoencoders.LIBRARIES)
_IMAGES = flags.DEFINE_integer(
    "images", 2560, "Images in memory.", lower_bound=autoencoders.BATCH
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    medians = runner.run(autoencoders, _IMAGES.value, check="vae")
    print(runner.limits(medians, autoencoders.gflop()))


if __name__ == "__main__":
    app.run(main)
