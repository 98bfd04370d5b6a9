"""Trains and uses a classifier of sentence pairs; --mode says what.

Without flags: inner attention on pairs that a grammar writes. Others are SNLI's
or MultiNLI's files, --data=snli:FOLDER, and yours, --data=pairs:PATH.

Example:
  python -m apps.snli --mode=attention --premise="It rains." --hypothesis=Wet.
  python -m apps.snli --mode=predict --input=pairs.csv --output=labels.csv
  python -m apps.snli --mode=evaluate --workdir=RUN --data=pairs:mine.csv
"""

from absl import flags

from apps import flags as common

FLAGS = flags.FLAGS
MODES = ("all", "train", "evaluate", "predict", "attention", "export")
common.define_workdir("runs/<model>-<data>")
common.define_training("inner_attention")
common.define_quantize()
flags.DEFINE_enum("mode", "all", MODES, "all: train, evaluate and export.")
flags.DEFINE_string("premise", None, "Text to predict or draw.")
flags.DEFINE_string("hypothesis", None, "Text that goes with --premise.")
flags.DEFINE_string("input", None, "CSV, TSV or JSONL file to predict or draw.")
flags.DEFINE_list("columns", "premise,hypothesis", "Of --input.")
flags.DEFINE_string("output", None, "File of predictions: CSV, TSV or JSONL.")
flags.DEFINE_integer("count", 10, "Most pairs to draw.", lower_bound=1)
flags.adopt_module_key_flags(common)
# Mode or modes -> flags that are refused in others.
_ONLY = {
    "predict or attention": "premise hypothesis input columns",
    "predict": "output",
    "attention": "count",
    "all or export": "quantize target max_error",
    "all or train": " ".join(common.NEW),
}


def main() -> None:
    """Does what --mode says."""
    from export.report import format_table
    from export.run import export_run
    from tfgen.nli import attention, pair_classifier, predictions
    from tfgen.nli.tally import Tally
    from tfgen.train.strategy import is_chief

    common.refuse_in_other_modes(_ONLY)
    given = FLAGS.mode == "predict" or bool(FLAGS.premise or FLAGS.input)
    common.refuse_without(input="columns" + given * " skip_bad_records")
    named = FLAGS.premise, FLAGS.hypothesis, FLAGS.input, FLAGS.output
    predictions.check(*named)
    new = FLAGS.mode in ("all", "train")
    reads = "none" if given else "own" if FLAGS.mode != "evaluate" else "named"
    settings = common.run_settings(default_model=False)
    classifier = pair_classifier.open_run(*settings, new=new, reads=reads)
    run, tally = classifier.run, Tally("the test split")
    if run.chosen:
        print(run.chosen)
    skip_bad = run.config.data.skip_bad_records
    pairs = predictions.given(*named[:3], FLAGS.columns, skip_bad, tally)
    if new:
        print(run.train(strategy := common.strategy()).found)
        if not is_chief(strategy):
            return  # the chief does the rest
    if FLAGS.mode in ("all", "evaluate"):
        print(pair_classifier.format_evaluation(classifier.evaluate()))
    if FLAGS.mode in ("all", "export"):
        rows = export_run(run, FLAGS.quantize, FLAGS.target, FLAGS.max_error)
        print(f"{format_table(rows)}\n{run.workdir / 'export'}")
    if FLAGS.mode == "attention":
        heat_maps, paths = classifier.draw(pairs, FLAGS.count, tally)
        attention.show(heat_maps)
        print(*paths, sep="\n")
    if FLAGS.mode == "predict":
        table = FLAGS.output or (FLAGS.input and predictions.STANDARD_OUTPUT)
        predictions.answer(classifier.predict, pairs, tally, table)


if __name__ == "__main__":
    common.run(main)
