"""Writes a trained model as SavedModel and TFLite files, and checks them.

Example:
  python -m apps.export --workdir=runs/digits
  python -m apps.export --workdir=runs/digits --quantize=float16
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
common.define_quantize()
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table of artefacts."""
    from export import export_model, format_table
    from tfgen import experiment

    run = experiment.resume(FLAGS.workdir)
    directory = run.workdir / "export"
    rows = export_model(run.model, directory, run.config.model, FLAGS.quantize)
    print(format_table(rows))
    print(directory)


if __name__ == "__main__":
    common.run(main)
