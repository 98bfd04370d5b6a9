"""Times steps of GAN, BiGAN and DCGAN beside PyTorch.

The task is in `adversaries.py`, each library's answer in `peers/`.

    python -m benchmarks.games --python=torch=/path/to/python
"""

from collections.abc import Mapping, Sequence

from absl import app, flags

from benchmarks import adversaries, runner

runner.define_flags(adversaries.LIBRARIES)
_IMAGES = flags.DEFINE_integer(
    "images", 2560, "Images in memory.", lower_bound=adversaries.BATCH
)


def limits(medians: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table: steps beside what the products of matrices allow.

    Those of the library's own process, and plain TensorFlow's in a process of
    their own.

    Args:
      medians: figure -> library -> median rate of its best variant.
    """
    matrix = medians.get("matrix", {})
    lines = [
        "| game | library | GFLOP a step | steps/s | GFLOP/s | of its products"
        " | of plain ones |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for game, gflop in adversaries.gflop().items():
        for library, steps in medians.get(game, {}).items():
            rate = gflop * steps
            shares = (
                f"{rate / matrix[name]:.0%}" if name in matrix else "not run"
                for name in (library, adversaries.PRODUCTS)
            )
            lines.append(
                f"| {game} | {library} | {gflop:.2f} | {steps:.1f} | {rate:.0f}"
                f" | {' | '.join(shares)} |"
            )
    return "\n".join(lines)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    print(limits(runner.run(adversaries, _IMAGES.value, check="gan")))


if __name__ == "__main__":
    app.run(main)
