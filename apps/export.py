"""Writes a trained model as SavedModel and TFLite files, and checks them.

--publish puts the SavedModel into a folder that TensorFlow Serving is started
on, as the next version; --rollback goes back to the one before.

Example:
  python -m apps.export --workdir=runs/digits
  python -m apps.export --workdir=runs/digits --quantize=float16
  python -m apps.export --workdir=runs/digits --publish=serving
  python -m apps.export --publish=serving --rollback=real_nvp
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir(default="none; only --rollback needs none")
common.define_quantize()
flags.DEFINE_string("publish", None, "Folder for TensorFlow Serving.")
flags.DEFINE_string(
    "publish_as", None, "Name to serve under. Default: the model's."
)
flags.DEFINE_integer("keep", 3, "Published versions to keep on disk.", 1)
flags.DEFINE_string("rollback", None, "Model whose newest version to withdraw.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table of artefacts, and what is published."""
    from export import export_model, format_table
    from export.publish import publish_export, rollback
    from tfgen import experiment
    from tfgen.errors import UserError

    if FLAGS.rollback:
        if not FLAGS.publish:
            raise UserError("--rollback: name the folder with --publish=DIR.")
        version = rollback(FLAGS.publish, FLAGS.rollback)
        print(f"{FLAGS.publish}: {FLAGS.rollback}, version {version} again")
        return
    if not FLAGS.workdir:
        raise UserError("--workdir: name the folder that holds the run.")
    run = experiment.resume(FLAGS.workdir)
    directory, name = run.workdir / "export", run.config.model
    rows = export_model(run.model, directory, name, FLAGS.quantize)
    print(format_table(rows))
    print(directory)
    if FLAGS.publish:
        served = FLAGS.publish_as or name
        version = publish_export(
            directory, name, FLAGS.publish, served, FLAGS.keep
        )
        print(f"{FLAGS.publish}: {served}, version {version}")


if __name__ == "__main__":
    common.run(main)
