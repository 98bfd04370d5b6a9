r"""Trains a model; the same command resumes.

Example:
  python -m apps.train --data=moons --workdir=runs/moons
  python -m apps.train --preset=digits --set train.steps=5000 \
      --workdir=runs/digits
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
common.define_training()
common.define_cache_dir()
flags.DEFINE_bool(
    "summary", None, "Print the model's parameters instead of training."
)
flags.DEFINE_bool("tune", None, "Try jit_compile and mixed_precision first.")
flags.adopt_module_key_flags(common)


def main() -> None:
    """Trains and prints how it ended."""
    from tfgen.run import Run
    from tfgen.saved_config import tuned

    if FLAGS.summary:
        named = ["strategy", "tune", "cache_dir"]
        common.refuse(named, "not with --summary.")
    *what, overrides = common.run_settings()
    if FLAGS.tune:
        common.refuse(["jit_compile", "mixed_precision"], "--tune chooses it.")
        overrides += tuned(FLAGS.workdir)
    strategy = common.strategy()
    run = Run.start(*what, overrides)
    common.use_cache_dir(run)
    if run.chosen:
        print(run.chosen)
    if FLAGS.summary:
        from tfgen.evaluate.parameters import parameter_table

        print(parameter_table(run.build_model()))
        return
    if FLAGS.tune:
        print(run.tune(strategy))
    end = run.train(strategy)
    print(f"{end.step} steps; {end.found}; see {FLAGS.workdir}")


if __name__ == "__main__":
    common.run(main)
