"""Draws samples of a trained model, and what its latent space looks like.

Without --output it draws pictures below the workdir.

Example:
  python -m apps.sample --workdir=runs/digits --count=100 --temperature=0.8
  python -m apps.sample --workdir=runs/digits --enlarge=2 --enlarge=10
  python -m apps.sample --workdir=runs/vae-digits --traverse
  python -m apps.sample --workdir=runs/digits --complete=center
  python -m apps.sample --workdir=runs/faces --label=3 --output=x.npz
  python -m apps.sample --workdir=runs/m --caption="small red disc, top left"
  python -m apps.sample --workdir=runs/digits --from=a.png --to=b.png
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
flags.DEFINE_integer(
    "count", None, "Samples. Default: 64; 4,000 points or rows.", 1
)
flags.DEFINE_float("temperature", 1.0, "Factor on the latent noise.")
flags.DEFINE_integer("seed", 0, "Seed of the noise.")
flags.DEFINE_string(
    "output", None, "Write samples alone: folder of PNG files, .npz, .csv."
)
flags.DEFINE_string(
    "label", None, "Class of --output or --from, by name or number."
)
flags.DEFINE_string("from", None, "Image file where a way begins.")
flags.DEFINE_string("to", None, "Image file where it ends.")
flags.DEFINE_multi_integer(
    "enlarge", [], "Also draw so many times as large, of a flow; repeatable.", 2
)
flags.DEFINE_bool("traverse", False, "Also draw each latent from -3 to 3.")
flags.DEFINE_string(
    "complete", "", "Also complete images without center, left, top, …, or 0.3."
)
flags.DEFINE_list(
    "attributes", None, "Of samples (Smiling,Young), not those of test images."
)
flags.DEFINE_string("caption", None, "A sentence that says --attributes.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Writes the files and prints their paths."""
    import tfgen

    one_way = FLAGS["from"].value or FLAGS.to
    common.refuse_without(**{"from": "to", "to": "from"})
    alone = FLAGS.output or one_way
    common.refuse(["label"], "only with --output or --from.", unless=alone)
    names = "enlarge", "traverse", "complete"
    common.refuse(names, "not with --output or --from.", unless=not alone)
    common.refuse_with("caption", "attributes")
    run = tfgen.load(FLAGS.workdir)
    given = {} if FLAGS.label is None else {"label": run.class_of(FLAGS.label)}
    said = FLAGS.attributes if FLAGS.caption is None else FLAGS.caption
    if alone and said is not None:
        given["attributes"] = run.attributes_of(said)
    noise = {"temperature": FLAGS.temperature, "seed": FLAGS.seed}
    if one_way:
        common.refuse(noise, "not with --from.")
        ends = FLAGS["from"].value, FLAGS.to
        print(run.draw_way(*ends, FLAGS.count or 10, FLAGS.output, **given))
    elif FLAGS.output:
        run.write_samples(FLAGS.output, FLAGS.count or 64, **noise, **given)
        print(FLAGS.output)
    else:
        options = {name: FLAGS[name].value for name in names}
        for path in run.draw(FLAGS.count, **noise, **options, attributes=said):
            print(path)


if __name__ == "__main__":
    common.run(main)
