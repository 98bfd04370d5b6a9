r"""Says what a trained model makes of files: a row of output for each input.

Inputs are image files and folders of them, .npy and .npz files, tables
(csv:PATH), and files of sentence pairs. A killed process goes on by the same
command. Beside the output, NAME.bad.csv lists the inputs that cannot be read,
and why.

Example:
  python -m apps.score --workdir=runs/digits --input=photos --output=scores.csv
  python -m apps.score --workdir=runs/digits --input=mine.npz:x_test \
      --capability=encode --output=z.npz
  python -m apps.score --saved_model=models/flow/1 --input=mine.npz \
      --capability=log_prob --output=scores.csv
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
common.define_workdir("none, with --saved_model")
flags.DEFINE_string(
    "saved_model", None, "Folder of a SavedModel, in place of --workdir."
)
flags.DEFINE_multi_string(
    "input",
    None,
    "File or folder, FILE.npz:NAME, csv:PATH; repeatable.",
    required=True,
)
flags.DEFINE_string("output", None, "CSV file or .npz file.", required=True)
flags.DEFINE_string(
    "capability",
    None,
    "classify, log_prob, energy, elbo, reconstruct or encode; of a SavedModel"
    " any signature. Default: the first of these that the model has.",
)
flags.DEFINE_integer(
    "draws", 10, "Of log_prob and elbo: draws of noise to average.", 1
)
flags.DEFINE_string(
    "label",
    None,
    "Of a conditional model: the class of all inputs, by name or number."
    " Default: label of .npz files, or a table's own column.",
)
flags.DEFINE_list("columns", "premise,hypothesis", "Of sentence pairs.")
common.define_runner()
flags.adopt_module_key_flags(common)


def main() -> None:
    """Writes the rows, and says how many."""
    import sys

    import tfgen

    common.one_flag_of("workdir", "saved_model")
    paths, runner = FLAGS.input, common.runner()
    capability = FLAGS.capability or ""
    if folder := FLAGS.saved_model:
        from export import score

        common.refuse(["draws", "label"], "not with --saved_model.")
        settings = paths, FLAGS.output, capability, FLAGS.columns, runner
        print(score.score(folder, *settings).text(), file=sys.stderr)
        return
    run = tfgen.load(FLAGS.workdir)
    given = {} if FLAGS.label is None else {"label": run.class_of(FLAGS.label)}
    common.refuse(["columns"], "only of pairs.", unless=run.config.spec.words)
    noisy = run.is_noisy and capability in ("", "log_prob")
    bound = run.model.can("elbo") and capability in ("", "elbo")
    why = "nothing is drawn; leave it out."
    common.refuse(["draws"], why, unless=noisy or bound)
    settings = FLAGS.output, capability, FLAGS.draws, FLAGS.columns, runner
    print(run.score(paths, *settings, **given).text(), file=sys.stderr)


if __name__ == "__main__":
    common.run(main)
