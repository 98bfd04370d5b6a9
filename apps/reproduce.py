"""Trains the rows of a paper's table and prints them beside the paper's.

The same command goes on where it was stopped; rows that are done stay.

Example:
  python -m apps.reproduce --table=inner_attention_2
  python -m apps.reproduce --table=inner_attention_3 --seeds=3 --steps=500
"""

import sys

from absl import flags

from apps import flags as common
from tfgen.tables import TABLES

FLAGS = flags.FLAGS
common.define_workdir("runs/reproduce")
common.define_training(model=None)
flags.DEFINE_enum("table", None, list(TABLES), "Which table.", required=True)
flags.DEFINE_integer("seeds", 5, "Runs of each row.", lower_bound=1)
flags.DEFINE_integer(
    "parallel",
    1,
    "Runs at a time, each in a process with about a gigabyte of memory.",
    lower_bound=1,
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table; progress goes to standard error."""
    from tfgen.reproduce import reproduce

    table = reproduce(
        FLAGS.table,
        FLAGS.workdir or "runs/reproduce",
        FLAGS.seeds,
        FLAGS.preset,
        FLAGS.data,
        common.overrides(),
        FLAGS.strategy,
        FLAGS.parallel,
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(table)


if __name__ == "__main__":
    common.run(main)
