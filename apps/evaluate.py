"""Measures a trained model on the test split.

Example:
  python -m apps.evaluate --workdir=runs/digits --draws=20
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
flags.DEFINE_integer("draws", 10, "Draws of dequantization noise to average.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints one figure a line."""
    from tfgen import experiment

    values = experiment.resume(FLAGS.workdir).evaluate(FLAGS.draws)
    for name, value in values.items():
        print(f"{name:32} {value:.6g}")


if __name__ == "__main__":
    common.run(main)
