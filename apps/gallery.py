"""Collects runs into one static page: pictures, curves, figures, commands.

A run that has not changed since is not drawn again. --zoo first trains each
model that has no run in zoo/, briefly. --pictures also copies README's pictures
from runs of their presets, and says which have none.

Example:
  python -m apps.gallery
  python -m apps.gallery --zoo --steps=300
  python -m apps.gallery --pictures=docs/images
  python -m apps.gallery --folder=runs/a --folder=runs/b --output=gallery
"""

from absl import flags

from apps import flags as common
from tfgen.errors import UserError

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_multi_string(
    "folder", ["runs"], "A run, or a folder of runs; repeat for more."
)
flags.DEFINE_string("output", "gallery", "Folder of the page.")
flags.DEFINE_bool("zoo", False, "Also a brief run of each model, in zoo/.")
flags.DEFINE_integer("steps", 300, "Of each run of --zoo, at most.", 1)
flags.DEFINE_list("model", [], "Only these models of --zoo.")
flags.DEFINE_integer("parallel", 1, "Trainings at a time, of --zoo.", 1)
flags.DEFINE_string("pictures", None, "README's pictures, docs/images.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Says what was drawn, and where the page is."""
    from tfgen.tables import gallery, overview, readme_pictures, zoo_runs

    common.refuse_without(zoo="steps model parallel")
    folders, failed = [*FLAGS.folder], []
    if FLAGS.zoo:
        work = zoo_runs.jobs("zoo", FLAGS.steps, FLAGS.model)
        ended = zoo_runs.train(work, FLAGS.parallel)
        for n, (job, why) in enumerate(ended, start=1):
            end = f" failed: {why:.300}" if why else ""
            print(f"[{n}/{len(work)}] {job[0]}{end}", flush=True)
            failed += [job[0]] * bool(why)
        if not FLAGS.model:
            names = ", ".join(zoo_runs.classifiers_of_pairs())
            print(f"left out {names}: python -m apps.snli trains them")
        folders = [f for f in folders if FLAGS["folder"].present] + ["zoo"]
    rows = overview.find(folders)
    drawn, kept, gone = gallery.write(rows, FLAGS.output)
    print(f"drawn {len(drawn)}, kept {len(kept)}, removed {len(gone)}")
    print(f"{FLAGS.output}/index.html")
    if FLAGS.pictures:
        lines = readme_pictures.copy(rows, folders, FLAGS.pictures)
        print("\n".join([*lines[0], *lines[1]]))
    if failed:
        raise UserError(f"zoo: {', '.join(failed)} failed, see above.")


if __name__ == "__main__":
    common.run(main)
