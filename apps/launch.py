"""Trains with several workers on this machine: to try what a cluster does.

Takes the flags of apps.train, and starts it once for each worker, with a
TF_CONFIG of its own. They share this machine's CPU, so nothing gets faster. On
several machines each worker is an apps.train of its own: see docs/scale.md.

Example:
  python -m apps.launch --workers=2 --data=moons --workdir=runs/moons
"""

import sys

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
common.define_training()
common.define_cache_dir()
FLAGS.set_default("strategy", "multi_worker")
flags.DEFINE_integer("workers", 2, "How many.", 1)
flags.DEFINE_float(
    "grace", 60, "Seconds to save in, when one fails or at a signal.", 0
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Ends with the exit code of the first worker that failed."""
    from tfgen.train.launch import launch

    common.refuse(["strategy"], "it is multi_worker.")
    own = flags.FlagValues()
    for name in ("workers", "grace"):
        own[name] = FLAGS[name]
    _, *arguments = own(sys.argv, known_only=True)
    arguments.append("--strategy=multi_worker")
    code = launch("apps.train", arguments, FLAGS.workers, FLAGS.grace)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    common.run(main, tensorflow=False)
