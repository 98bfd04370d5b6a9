"""Trains the rows of a paper's table and prints them beside the paper's.

The same command goes on where it was stopped; rows that are done stay. The
table ebgan_grid is EBGAN's grid search, of which a part is drawn at random.
Experiments (`tfgen/experiments/`) also say which claims are reproduced.

Example:
  python -m apps.reproduce --table=inner_attention_2
  python -m apps.reproduce --table=bigan_1 --seeds=3 --parallel=2
  python -m apps.reproduce --table=ebgan_grid --budget=96
  python -m apps.reproduce --table=mathieu --seeds=3
"""

import functools
import sys

from absl import flags

from apps import flags as common
from tfgen import experiments
from tfgen.tables import grid
from tfgen.tables.papers import TABLES

FLAGS = flags.FLAGS
common.define_workdir("runs/reproduce")
common.define_training(model=None)
common.define_cache_dir()
_NAMES = [*TABLES, *experiments.NAMES, grid.NAME]
flags.DEFINE_enum("table", None, _NAMES, "Which table.", required=True)
flags.DEFINE_integer("seeds", 5, "Runs of each row.", lower_bound=1)
flags.DEFINE_string("rows", "", "Only rows that match: a regular expression.")
flags.DEFINE_integer("parallel", 1, "Runs at a time, of a gigabyte each.", 1)
flags.DEFINE_integer("budget", None, "Models of each family, of the grid.", 1)
flags.DEFINE_float(
    "fraction", None, "Share of each family, instead of --budget.", 0.0, 1.0
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table; progress goes to standard error."""
    from tfgen.experiments.reproduce import reproduce_claims
    from tfgen.tables.grid_search import search
    from tfgen.tables.reproduce import reproduce

    if FLAGS.strategy == "multi_worker":
        why = "a table's runs are processes of one machine; use --parallel."
        common.refuse(("strategy",), why)
    workdir = FLAGS.workdir or "runs/reproduce"
    say = functools.partial(print, file=sys.stderr, flush=True)
    common_arguments = (
        FLAGS.data,
        common.overrides(),
        FLAGS.strategy,
        FLAGS.parallel,
        say,
        FLAGS.cache_dir,
    )
    if FLAGS.table == grid.NAME:
        why = f"--table={grid.NAME} takes --budget or --fraction instead."
        common.refuse(("preset", "seeds", "rows"), why)
        counts = grid.counts(FLAGS.budget, FLAGS.fraction)
        text = search(workdir, counts, FLAGS.seed or 0, *common_arguments)
    elif FLAGS.table in experiments.NAMES:
        why = f"--table={FLAGS.table} takes --seeds and --parallel alone."
        common.refuse(["budget", "fraction", "cache_dir", "rows"], why)
        common.refuse_training(why)
        sizes = FLAGS.seeds, FLAGS.parallel
        text = reproduce_claims(FLAGS.table, workdir, *sizes, say)
    else:
        why = f"--table={FLAGS.table} takes --seeds instead."
        common.refuse(("budget", "fraction"), why)
        what = FLAGS.table, workdir, FLAGS.seeds, FLAGS.preset
        text = reproduce(*what, *common_arguments, rows=FLAGS.rows)
    print(text)


if __name__ == "__main__":
    common.run(main)
