"""Collects runs into one static page: pictures, curves, figures, commands.

A run that has not changed since is not drawn again.

Example:
  python -m apps.gallery
  python -m apps.gallery --folder=runs/a --folder=runs/b --output=gallery
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_multi_string(
    "folder", ["runs"], "A run, or a folder of runs; repeat for more."
)
flags.DEFINE_string("output", "gallery", "Folder of the page.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Says what was drawn, and where the page is."""
    from tfgen.tables import gallery, overview

    drawn, kept, gone = gallery.write(overview.find(FLAGS.folder), FLAGS.output)
    print(f"drawn {len(drawn)}, kept {len(kept)}, removed {len(gone)}")
    print(f"{FLAGS.output}/index.html")


if __name__ == "__main__":
    common.run(main)
