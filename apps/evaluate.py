"""Measures a trained model on the test split.

Example:
  python -m apps.evaluate --workdir=runs/digits --draws=20
  python -m apps.evaluate --workdir=runs/bigan-digits --measure=transfer
  python -m apps.evaluate --workdir=runs/dcgan --inception=FILE --samples=50000
"""

from absl import flags

from apps import flags as common
from tfgen.measures import MEASURES, chosen, described, options_of, shown

FLAGS = flags.FLAGS
OPTIONS = ("draws", "samples", "importance", "cache_dir")  # of measures
common.define_workdir()
common.define_cache_dir()
flags.DEFINE_integer("draws", 10, "Draws of dequantization noise to average.")
flags.DEFINE_multi_enum(
    "measure",
    [],
    MEASURES,
    "What to measure; repeat for more. Default: what applies to the model. "
    + " ".join(f"{name}: {text}" for name, text in described().items()),
)
flags.DEFINE_string(
    "inception",
    None,
    "File of Keras's InceptionV3 weights: also FID and KID by its features.",
)
flags.DEFINE_integer(
    "samples",
    None,
    "Samples to measure. Default: as many as the test split has examples, at"
    " most 5,000.",
)
flags.DEFINE_integer(
    "importance",
    5_000,
    "Draws of latents an example, of log p(x) by importance sampling.",
)
flags.adopt_module_key_flags(common)


def main() -> None:
    """Prints one figure a line."""
    from tfgen.run import Run

    run = Run.resume(FLAGS.workdir)
    run.cache_dir = FLAGS.cache_dir
    spec = run.config.spec
    names = chosen(FLAGS.measure, run.model, spec, FLAGS.inception)
    read = {option for name in names for option in options_of(name)}
    if len(spec.shape) != 3:
        read.discard("cache_dir")  # no classifier measures points
    given = [option for option in OPTIONS if FLAGS[option].present]
    why = f"not read by {', '.join(names)}; leave it out."
    common.refuse([option for option in given if option not in read], why)
    if "draws" in given:
        drawn = run.data.noisy or run.model.noise
        common.refuse(["draws"], "nothing is drawn; leave it out.", drawn)
    values = run.evaluate(
        FLAGS.measure,
        FLAGS.draws,
        FLAGS.inception or "",
        FLAGS.samples,
        FLAGS.importance,
    )
    for name, value in shown(values).items():
        print(f"{name:32} {value}")


if __name__ == "__main__":
    common.run(main)
