"""Times steps of pix2pix and CycleGAN beside PyTorch.

The task is in `translators.py`, each library's answer in `peers/`.

    python -m benchmarks.translation --python=torch=/path/to/python
    python -m benchmarks.translation --picture=256

The second line times one picture on one thread: the SavedModel and the TFLite
file, float32, of fresh weights in the papers' sizes.
"""

from collections.abc import Sequence

from absl import app, flags

from benchmarks import runner, translators

runner.define_flags(translators.LIBRARIES)
_PICTURES = flags.DEFINE_integer(
    "pictures", 100, "Of each domain, in memory.", lower_bound=1
)
_PICTURE = flags.DEFINE_integer(
    "picture", None, "Side of a picture to translate, instead.", lower_bound=64
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    if _PICTURE.value:
        from benchmarks import picture

        picture.main(_PICTURE.value, flags.FLAGS.repeats)
        return
    runner.run(translators, _PICTURES.value, check="pix2pix")


if __name__ == "__main__":
    app.run(main)
