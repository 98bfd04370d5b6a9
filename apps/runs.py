"""Lists runs as a table; --compare draws their curves and their settings.

Example:
  python -m apps.runs
  python -m apps.runs --compare --folder=runs/a --folder=runs/b
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_debug()
flags.DEFINE_multi_string(
    "folder", ["runs"], "A run, or a folder of runs; repeat for more."
)
flags.DEFINE_bool(
    "compare", False, "Draw curves, and print the settings that differ."
)
flags.DEFINE_multi_string(
    "curve",
    [],
    "Figure of metrics.jsonl to draw; repeat for more. Default: losses, and the"
    " validation that selects.",
)
flags.DEFINE_string("output", "runs/compare.png", "The picture of --compare.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints a line for each run."""
    from tfgen.tables import overview

    common.refuse_without(compare="curve output")
    rows = overview.find(FLAGS.folder)
    print(overview.format_runs(rows))
    if FLAGS.compare:
        print(f"\n{overview.format_differences(rows)}")
        print(overview.compare(rows, FLAGS.output, FLAGS.curve))


if __name__ == "__main__":
    common.run(main)
