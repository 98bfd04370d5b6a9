"""How much memory log p(x) takes by few and by many draws.

    python -m benchmarks.draws_memory

Importance sampling of 128 images of 28x28 by the VAE of `autoencoders.py`, some
draws at a time. Each number of draws is measured in a process of its own: peaks
of the resident memory (`VmHWM`, Linux), after as many draws as a chunk has were
compiled and made once. Peaks are not to grow with the draws.
"""

import subprocess
import sys
from collections.abc import Sequence

from absl import app, flags

from benchmarks import memory

FLAGS = flags.FLAGS


def measure(draws: int) -> str:
    """Returns a row of the table."""
    import tensorflow as tf

    from benchmarks import autoencoders
    from benchmarks.peers import vae_tfgen
    from tfgen.measures.importance import Estimates

    x = tf.constant(autoencoders.make_data(autoencoders.BATCH))
    estimates = Estimates(vae_tfgen.models()["vae"], draws)
    estimates(x, {}, 0)
    memory.peak()  # of what was compiled
    estimates(x, {}, 1)
    return f"| {draws:,} | {memory.peak():,.0f} |"


def main(argv: Sequence[str]) -> None:
    """Prints a table in MiB, or one row of it."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    if len(FLAGS.draws) == 1:
        print(measure(FLAGS.draws[0]), flush=True)
        return
    print("| draws | MiB at most |\n|---:|---:|", flush=True)
    for draws in FLAGS.draws:
        command = [sys.executable, "-m", "benchmarks.draws_memory"]
        subprocess.run([*command, f"--draws={draws}"], check=True)


if __name__ == "__main__":
    flags.DEFINE_multi_integer("draws", [500, 5000], "Repeat it for more.", 1)
    app.run(main)
