"""The table of sentence pairs, from names to ids.

This module imports nothing heavy: the apps' `--help` lists the names. What a
name needs is imported when it is loaded.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from tfgen.errors import UserError, one_of
from tfgen.nli.pairs import LABELS
from tfgen.nli.source import PairSource
from tfgen.nli.tally import Tally

if TYPE_CHECKING:
    from tfgen.nli.encode import EncodedPairs
    from tfgen.nli.settings import NliDataConfig
    from tfgen.nli.text.vocabulary import Vocabulary

GRAMMAR = "nli_grammar"
MAX_PAIRS = 1_000_000  # of the grammar
# Of so many labels, most must be there twice: else they are of another column.
_MANY = 10

# What programs write where there is no label.
_MAY_BE_NONE = ("NA", "N/A", "nan", "NaN", "null", "NULL", "None")

# Name -> what it is, for people.
DATA = {
    GRAMMAR: "English pairs written by a grammar, any number of them",
    "snli:FOLDER": "SNLI's or MultiNLI's files, as published",
    "tfds:snli": "SNLI from TensorFlow Datasets",
    "pairs:PATH": (
        "CSV, TSV or JSON lines with columns premise, hypothesis, label (of any"
        " names): a file, or a folder with train, validation and test"
    ),
    "records:PATH": "a folder of prepared data",
}


# Kind of pairs -> settings that are read for it.
READ = {
    GRAMMAR: ("num_pairs",),
    "snli": ("tokens", "no_label", "skip_bad_records"),
    "pairs": (
        "premise_column",
        "hypothesis_column",
        "label_column",
        "no_label",
        "skip_bad_records",
    ),
    "tfds": ("data_dir", "download"),
    "records": ("skip_bad_records",),
}


def pair_source(
    config: NliDataConfig, seed: int, labels: tuple[str, ...] = ()
) -> PairSource:
    """Returns the pairs that `config` names, as text.

    Args:
      config: name and settings.
      seed: of the grammar; every other source has fixed pairs.
      labels: that pairs may have; without any, all that there are.

    Raises:
      UserError: an unknown name, or a bad setting or file.
    """
    match config.name.partition(":"):
        case "snli", ":", folder:
            from tfgen.nli.snli import published_pairs

            return published_pairs(folder, config)
        case "pairs", ":", path:
            from tfgen.nli.table import table_pairs

            return table_pairs(path, config, labels)
        case "records", ":", folder:
            from tfgen.nli.records import stored_pairs

            return stored_pairs(folder, config)
        case "tfds", ":", name:
            from tfgen.nli.tfds_snli import tfds_pairs

            return tfds_pairs(name, config)
    one_of("data", config.name, DATA, "sentence pairs")
    return _grammar(config.num_pairs, seed)


def _grammar(num_pairs: int, seed: int) -> PairSource:
    from tfgen.nli.grammar.generate import pairs

    if not 3 <= num_pairs <= MAX_PAIRS:
        raise UserError(
            f"data.num_pairs={num_pairs}: expected 3 to {MAX_PAIRS}."
        )
    held_out = max(3, num_pairs // 10)
    sizes = {"train": num_pairs, "validation": held_out, "test": held_out}
    return PairSource(
        lambda split, tally: pairs(split, sizes[split], seed), labels=LABELS
    )


def prepare(
    config: NliDataConfig,
    seed: int,
    split: str,
    vocabulary: Vocabulary | None = None,
    labels: tuple[str, ...] = (),
    more: Collection[str] = (),
):
    """Reads, tokenizes and encodes a split, and says how much there was.

    Args:
      config: name and settings.
      seed: of the grammar.
      split: which.
      vocabulary: to use; None makes one of this split.
      labels: in order; without any, those of the split, or of a single file.
      more: words that a new vocabulary has besides.

    Returns:
      `EncodedPairs` and the vocabulary.

    Raises:
      UserError: see `pair_source`; or the split has no pairs, they have fewer
        than two labels or as good as none twice, or a setting is bad.
    """
    from tfgen.nli.encode import encode

    if config.max_length < 0:
        raise UserError(
            f"data.max_length={config.max_length}: expected a number of"
            " words, or 0 to keep all."
        )
    source = pair_source(config, seed, labels)
    tally = Tally(f"data={config.name}, {split}")
    words_of = functools.partial(source.tokenize, lower=config.lower)
    encoded, vocabulary = encode(
        source.read(split, tally),
        words_of,
        vocabulary,
        config.max_length,
        config.min_count,
        labels or source.labels,
        tally,
        source.seen,
        more,
    )
    if not len(encoded):
        _no_pairs(config, source, split)
    if not (labels or source.labels):
        _check_labels(config, encoded)
    if not config.drawn:
        tally.say(*_shares(encoded, split))
    return encoded, vocabulary


def words(config: NliDataConfig, seed: int, split: str) -> set[str]:
    """Returns all words of a split.

    Args:
      config: name and settings.
      seed: of the grammar.
      split: which.

    Raises:
      UserError: see `pair_source`.
    """
    source = pair_source(config, seed)
    found = set()
    for pair in source.read(split):
        for sentence in (pair.premise, pair.hypothesis):
            found.update(source.tokenize(sentence, lower=config.lower))
    return found


def _no_pairs(config, source, split):
    why = "expected at least one"
    if source.whole == "all":
        premises = {pair.premise for pair in source.read("all")}
        why = (
            "of a single file the splits get 80, 10 and 10 % of the premises,"
            f" and it has {len(premises)}; give a folder with train, validation"
            " and test instead"
        )
    raise UserError(
        f"data={config.name}: no labelled pairs in the split {split!r}: {why}."
    )


def _check_labels(config: NliDataConfig, encoded: EncodedPairs) -> None:
    """Holds labels that were found against what labels may be."""
    there = {*encoded.label.tolist()}
    found = [name for i, name in enumerate(encoded.labels) if i in there]
    count = len(found)
    few, many = count < 2, count > _MANY and 2 * count > len(encoded)
    taken = {"premise", "hypothesis", "label"} & {*encoded.labels}
    if few or many or taken:
        expected = "at least two"
        if many:
            expected = "labels that several pairs have"
        if taken:
            expected = "none of premise, hypothesis and label"
        raise UserError(
            f"data.label_column={config.label_column}: {count} labels in"
            f" {len(encoded)} pairs: {', '.join(found):.200}; expected"
            f" {expected}."
        )


def _shares(encoded: EncodedPairs, split: str) -> Iterator[str]:
    """How often there is each label, and which may be none."""
    counts = collections.Counter(encoded.label.tolist())
    shown = [f"{n} {counts[i]:,}" for i, n in enumerate(encoded.labels)][:20]
    text = f"labels: {', '.join(shown)}"
    none = [name for name in encoded.labels if name in _MAY_BE_NONE]
    if {"-1", "0"} <= {*encoded.labels}:
        none.append("-1")
    if none:
        stand = "stands" if len(none) == 1 else "stand"
        text += (
            f" (if {' and '.join(none)} {stand} for none, add"
            f" data.no_label={','.join(none)})"
        )
    yield text
    absent = [n for i, n in enumerate(encoded.labels) if not counts[i]]
    if absent and split == "train":
        yield (
            f"never learnt, of no training pair: {', '.join(absent):.200}; give"
            " them more premises, or a folder with train, validation and test"
        )
