r"""Translates pictures into the other domain of a trained model.

Inputs are image files and folders of them, .npy and .npz files. Each gets a PNG
file in the output folder, in the size that the model was trained on, or in its
own. Inputs that cannot be read are left out, and listed in OUTPUT/bad.csv.

Example:
  python -m apps.translate --workdir=runs/maps --input=photos --output=maps
  python -m apps.translate --workdir=runs/horses --input=zebra.jpg \
      --output=horses --direction=back
  python -m apps.translate --workdir=runs/shoes --input=outlines \
      --output=others --seed=2
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
flags.DEFINE_multi_string(
    "input",
    None,
    "File or folder, or FILE.npz:NAME; repeatable.",
    required=True,
)
flags.DEFINE_string("output", None, "Folder of PNG files.", required=True)
flags.DEFINE_enum(
    "direction",
    "forward",
    ["forward", "back"],
    "From the first domain into the second, or back.",
)
flags.DEFINE_enum(
    "size",
    "trained",
    ["trained", "own"],
    "Resize and crop image files to that of the training pictures, or leave"
    " each its own.",
)
flags.DEFINE_integer(
    "seed", None, "Of the model's noise. Default: without noise."
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Writes the pictures, and says how many."""
    import sys

    import tfgen

    run = tfgen.load(FLAGS.workdir)
    found = run.write_translations(
        FLAGS.input, FLAGS.output, FLAGS.direction, FLAGS.size, FLAGS.seed
    )
    print(found.text(), file=sys.stderr)


if __name__ == "__main__":
    common.run(main)
