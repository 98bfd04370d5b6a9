"""Draws samples of a trained model, and what its latent space looks like.

Example:
  python -m apps.sample --workdir=runs/digits --count=100 --temperature=0.8
  python -m apps.sample --workdir=runs/digits --enlarge=2 --enlarge=10
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
flags.DEFINE_integer(
    "count", None, "Samples. Default: 64; 4,000 points or rows."
)
flags.DEFINE_float("temperature", 1.0, "Factor on the latent noise.")
flags.DEFINE_integer("seed", 0, "Seed of the noise.")
flags.DEFINE_multi_integer(
    "enlarge",
    [],
    "Also draw samples so many times as large, of a flow; repeatable.",
    lower_bound=2,
)
flags.DEFINE_list(
    "attributes",
    None,
    "Of a model with attributes: those that samples have (Smiling,Young);"
    " without it, those of test images.",
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Writes the pictures and prints their paths."""
    from tfgen.run import Run

    run = Run.resume(FLAGS.workdir)
    for path in run.draw(
        FLAGS.count,
        FLAGS.temperature,
        FLAGS.seed,
        enlarge=FLAGS.enlarge,
        attributes=FLAGS.attributes,
    ):
        print(path)


if __name__ == "__main__":
    common.run(main)
