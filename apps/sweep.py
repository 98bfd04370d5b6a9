"""Searches settings: a training for each, ranked by validation.

The same command goes on where it was stopped; trials that are done stay.

Example:
  python -m apps.sweep --data=moons --steps=2000 --trials=8 \
      --search=*.learning_rate=1e-4..1e-2 --search=network.layers=4,8
"""

import sys

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir("runs/sweep")
common.define_training()
common.define_cache_dir()
flags.DEFINE_multi_string(
    "search",
    None,
    "name=a,b,c (name=a|b|c where values have commas) or name=low..high; repeat"
    " for more settings.",
    required=True,
)
flags.DEFINE_enum(
    "sampler",
    "random",
    ["random", "grid", "tpe"],
    "How to search; tpe learns from the trials so far (pip install optuna).",
)
flags.DEFINE_integer("trials", 16, "Trainings, at most.", lower_bound=1)
flags.DEFINE_integer(
    "parallel",
    None,
    "Trainings at a time. Default: as memory and cores allow.",
    lower_bound=1,
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints the table; progress goes to standard error."""
    from tfgen.tables.sweep import sweep

    if FLAGS.strategy == "multi_worker":
        why = "trials are processes of one machine; use --parallel."
        common.refuse(("strategy",), why)
    workdir, *named = common.run_settings()
    request = dict(zip(("model", "preset", "data", "overrides"), named))
    text = sweep(
        workdir or "runs/sweep",
        request,
        FLAGS.search,
        FLAGS.trials,
        FLAGS.sampler,
        FLAGS.seed or 0,
        FLAGS.strategy,
        FLAGS.parallel,
        lambda line: print(line, file=sys.stderr, flush=True),
        FLAGS.cache_dir,
    )
    print(text)


if __name__ == "__main__":
    common.run(main)
