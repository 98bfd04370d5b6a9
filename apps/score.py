r"""Says what a trained model makes of files: a row of output for each input.

Inputs are image files and folders of them, .npy and .npz files, tables
(csv:PATH), and files of sentence pairs. A killed process goes on by the same
command. Beside the output, NAME.bad.csv lists the inputs that cannot be read,
and why.

Example:
  python -m apps.score --workdir=runs/digits --input=photos --output=scores.csv
  python -m apps.score --workdir=runs/digits --input=mine.npz:x_test \
      --capability=encode --output=z.npz
  python -m apps.score --workdir=runs/nli --input=pairs.csv --output=labels.csv
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir()
flags.DEFINE_multi_string(
    "input",
    None,
    "File or folder, FILE.npz:NAME, csv:PATH; repeatable.",
    required=True,
)
flags.DEFINE_string("output", None, "CSV file or .npz file.", required=True)
flags.DEFINE_enum(
    "capability",
    None,
    ["classify", "log_prob", "energy", "elbo", "reconstruct", "encode"],
    "What to say. Default: the first of these that the model has.",
)
flags.DEFINE_integer(
    "draws", 10, "Of log_prob and elbo: draws of noise to average.", 1
)
flags.DEFINE_string(
    "label",
    None,
    "Of a conditional model: the class of all inputs, by name or number."
    " Default: label of .npz files.",
)
flags.DEFINE_list("columns", "premise,hypothesis", "Of sentence pairs.")
common.define_runner()
flags.adopt_module_key_flags(common)


def main() -> None:
    """Writes the rows, and says how many."""
    import sys

    import tfgen

    run = tfgen.load(FLAGS.workdir)
    given = {} if FLAGS.label is None else {"label": run.class_of(FLAGS.label)}
    capability = FLAGS.capability or ""
    common.refuse(["columns"], "only of pairs.", unless=run.config.spec.words)
    common.refuse(
        ["draws"],
        "nothing is drawn; leave it out.",
        unless=(run.is_noisy and capability in ("", "log_prob"))
        or (run.model.can("elbo") and capability in ("", "elbo")),
    )
    found = run.score(
        FLAGS.input,
        FLAGS.output,
        capability,
        FLAGS.draws,
        FLAGS.columns,
        common.runner(),
        **given,
    )
    print(found.text(), file=sys.stderr)


if __name__ == "__main__":
    common.run(main)
