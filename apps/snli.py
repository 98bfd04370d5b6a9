"""Trains and uses a classifier of sentence pairs; --mode says what.

Without flags: inner attention on pairs that a grammar writes. Others are
--data=snli:FOLDER, the files of SNLI or MultiNLI, and --data=pairs:PATH, CSV,
TSV or JSONL with columns premise, hypothesis and label.

Example:
  python -m apps.snli
  python -m apps.snli --mode=attention --premise="It rains." --hypothesis=Wet.
  python -m apps.snli --mode=predict --input=pairs.csv --output=labels.csv
"""

import itertools
import sys

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


def main() -> None:
    """Does what --mode says."""
    from export.report import format_table
    from export.run import export_run
    from tfgen.nli import attention, pair_classifier, predictions
    from tfgen.train.strategy import is_chief

    named = FLAGS.premise, FLAGS.hypothesis, FLAGS.input, FLAGS.output
    predictions.check(FLAGS.mode, *named)
    new = FLAGS.mode in ("all", "train")
    classifier = pair_classifier.open_run(*common.run_settings(), new=new)
    run = classifier.run
    if run.chosen:
        print(run.chosen)
    skip_bad = run.config.data.skip_bad_records
    pairs = predictions.given(*named[:3], FLAGS.columns, skip_bad)
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
        pairs = itertools.islice(pairs or classifier.test_pairs(), FLAGS.count)
        heat_maps, paths = classifier.draw(pairs)
        attention.show(heat_maps, sys.stdout)
        print(*paths, sep="\n")
    if FLAGS.mode == "predict" and (FLAGS.input or FLAGS.output):
        predicted = classifier.predict(pairs or predictions.typed(sys.stdin))
        predictions.write((p.row() for p in predicted), FLAGS.output)
    elif FLAGS.mode == "predict":
        for pair in pairs or predictions.typed(sys.stdin):
            print(*(p.text() for p in classifier.predict([pair])), flush=True)


if __name__ == "__main__":
    common.run(main)
