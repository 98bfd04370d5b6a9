"""Writes a trained model as SavedModel and TFLite files, and checks them.

--publish puts the SavedModel into a folder that TensorFlow Serving is started
on, as the next version; --rollback goes back to the one before.

Example:
  python -m apps.export --workdir=runs/digits
  python -m apps.export --workdir=runs/digits --quantize=auto --target=size
  python -m apps.export --workdir=runs/digits --publish=serving
  python -m apps.export --publish=serving --rollback=real_nvp
  python -m apps.export --all
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir(default="none; only --rollback and --all need none")
common.define_quantize()
flags.DEFINE_string("publish", None, "Folder for TensorFlow Serving.")
flags.DEFINE_string(
    "publish_as", None, "Name to serve under. Default: the model's."
)
flags.DEFINE_integer("keep", 3, "Published versions to keep on disk.", 1)
flags.DEFINE_string("rollback", None, "Model whose newest version to withdraw.")
flags.DEFINE_bool(
    "all", False, "Convert small presets of all models, and write --page."
)
flags.DEFINE_bool("all_presets", False, "With --all: all; needs their data.")
flags.DEFINE_string("page", "docs/exports.md", "What --all writes.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table of artefacts, and what is published."""
    from export import export_run, export_zoo, format_table
    from export.publish import publish_export, rollback
    from tfgen import experiment
    from tfgen.errors import UserError

    if FLAGS.all:
        export_zoo(FLAGS.page, FLAGS.all_presets)
        print(FLAGS.page)
        return
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
    rows = export_run(run, FLAGS.quantize, FLAGS.target, FLAGS.max_error)
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
