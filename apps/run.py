"""Trains, evaluates, samples, exports and checks a model, in one go.

Without flags: a Real NVP on the 8x8 handwritten digits of scikit-learn. The
same command resumes where it was stopped.

Example:
  python -m apps.run
  python -m apps.run --data=moons --workdir=runs/moons
"""

import time

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir("runs/<model>-<data>")
common.define_training()
common.define_cache_dir()
flags.adopt_module_key_flags(common)


def main() -> None:
    """Says before each part what it does, and at the end where things are."""
    from export.report import format_table
    from export.run import export_run
    from tfgen.measures import shown
    from tfgen.run import Run
    from tfgen.train.strategy import is_chief

    def say(text):
        seconds = time.monotonic() - common.BEGAN
        print(f"[{seconds:4.0f} s] {text}", flush=True)

    strategy = common.strategy()
    run = Run.start(*common.run_settings())
    common.use_cache_dir(run, evaluated=True)
    if run.chosen:
        say(run.chosen)
    config = run.config
    with run.locked(strategy):
        say(f"training {config.model} ({config.preset}) on {config.data.name}")
        end = run.train(strategy)
        say(end.found)
        if not is_chief(strategy):
            return  # the chief does the rest
        say("evaluating")
        for name, value in shown(run.evaluate()).items():
            print(f"  test {name:30} {value}")
        if run.model.can("sample", "translate"):
            say("drawing")
            for path in run.draw():
                print(f"  {path}")
        say("exporting")
        print(format_table(export_run(run)))
    say(f"done; everything is in {run.workdir}")


if __name__ == "__main__":
    common.run(main)
