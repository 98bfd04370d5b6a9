"""Draws samples of a trained model, and what its latent space looks like.

Example:
  python -m apps.sample --workdir=runs/digits --count=100 --temperature=0.8
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
flags.DEFINE_integer("count", None, "Samples. Default: 64, or 4,000 points.")
flags.DEFINE_float("temperature", 1.0, "Factor on the latent noise.")
flags.DEFINE_integer("seed", 0, "Seed of the noise.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Writes the pictures and prints their paths."""
    from tfgen.run import Run

    run = Run.resume(FLAGS.workdir)
    for path in run.draw(FLAGS.count, FLAGS.temperature, FLAGS.seed):
        print(path)


if __name__ == "__main__":
    common.run(main)
