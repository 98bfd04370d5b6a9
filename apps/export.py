"""Writes a trained model as SavedModel and TFLite files, and checks them.

--publish puts the SavedModel into a folder for TensorFlow Serving, as the next
version, --promote gives it the label canary, --rollback goes back one.

Example:
  python -m apps.export --workdir=runs/digits --quantize=auto --target=size
  python -m apps.export --workdir=runs/digits --format=web
  python -m apps.export --workdir=runs/digits --publish=serving
  python -m apps.export --publish=serving --promote=real_nvp
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir(default="none, for what needs no run")
common.define_export()
flags.DEFINE_string("publish", None, "Folder for TensorFlow Serving.")
flags.DEFINE_string("publish_as", None, "Name there. Default: the model's.")
flags.DEFINE_integer("keep", 3, "Published versions to keep and to serve.", 1)
flags.DEFINE_string("promote", None, "Model whose newest version gets canary.")
flags.DEFINE_list("server", "http://localhost:8501", "Must have loaded it.")
flags.DEFINE_float("wait", 60, "Seconds to wait for a --server.", 0)
flags.DEFINE_string("rollback", None, "Model whose newest version to withdraw.")
flags.mark_flags_as_mutual_exclusive(["workdir", "promote", "rollback"])
flags.DEFINE_bool("all", False, "Convert all models' small presets: --page.")
flags.DEFINE_bool("all_presets", False, "With --all: all; needs their data.")
flags.DEFINE_string("page", "exports.md", "What --all writes.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table of artefacts, and what is published."""
    from export.report import format_table
    from export.run import export_run
    from export.versions import newest_export, versions
    from export.zoo import export_zoo
    from serving.folder import publish
    from serving.promotion import promote_when_loaded
    from tfgen.run import Run

    common.refuse_without(workdir="quantize target max_error publish_as keep")
    common.refuse_without(publish="promote rollback publish_as keep")
    common.refuse_without(workdir="complete format", format="litert")
    common.refuse_without(promote="server wait", all="all_presets page")
    if FLAGS.all:
        common.refuse(["workdir", "publish"], "not with --all.")
        export_zoo(FLAGS.page, FLAGS.all_presets)
        print(FLAGS.page)
        return
    folder = FLAGS.publish
    if name := FLAGS.promote or FLAGS.rollback:
        if FLAGS.promote:
            promote_when_loaded(folder, name, FLAGS.server, FLAGS.wait)
        else:
            publish.rollback(folder, name)
        print(f"{folder}: {publish.summary(folder, name)}")
        return
    run = Run.resume(FLAGS.workdir or "")
    model, exported = run.config.model, run.workdir / "export"
    name = FLAGS.publish_as or model
    if folder:  # rather now than after the export
        publish.check_publishing(folder, name, FLAGS.keep)
    more = FLAGS.max_error, FLAGS.complete, bool(FLAGS.format), FLAGS.litert
    rows = export_run(run, FLAGS.quantize, FLAGS.target, *more)
    print(f"{format_table(rows)}\n{exported}")
    if FLAGS.format:
        page = exported / "web" / model
        page /= str(versions(page)[-1])
        print(f"{page}: python -m http.server --directory {page}")
    if folder:
        saved_model, calls = newest_export(exported, model)
        publish.publish(saved_model, folder, name, calls, FLAGS.keep)
        print(f"{folder}: {publish.summary(folder, name)}")


if __name__ == "__main__":
    common.run(main)
