"""The table of sentence pairs, from names to ids.

This module imports nothing heavy: the apps' `--help` lists the names. What a
name needs is imported when it is loaded.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tfgen.errors import UserError, one_of
from tfgen.nli.source import PairSource

if TYPE_CHECKING:
    from tfgen.nli.settings import NliDataConfig

GRAMMAR = "nli_grammar"
MAX_PAIRS = 1_000_000  # of the grammar

# Name -> what it is, for people.
DATA = {
    GRAMMAR: "English pairs written by a grammar, any number of them",
    "snli:FOLDER": "SNLI's or MultiNLI's files, as published",
    "tfds:snli": "SNLI from TensorFlow Datasets",
    "pairs:PATH": (
        "CSV, TSV or JSON lines with columns premise, hypothesis, label: a"
        " file, or a folder with train, validation and test"
    ),
}


def pair_source(config: NliDataConfig, seed: int) -> PairSource:
    """Returns the pairs that `config` names, as text.

    Args:
      config: name and settings.
      seed: of the grammar; every other source has fixed pairs.

    Raises:
      UserError: an unknown name, or a bad setting or file.
    """
    match config.name.partition(":"):
        case "snli", ":", folder:
            from tfgen.nli.snli import published_pairs

            return published_pairs(folder, config)
        case "pairs", ":", path:
            from tfgen.nli.table import table_pairs

            return table_pairs(path, config)
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
    return PairSource(lambda split: pairs(split, sizes[split], seed))


def prepare(config: NliDataConfig, seed: int, split: str, vocabulary=None):
    """Reads, tokenizes and encodes a split.

    Args:
      config: name and settings.
      seed: of the grammar.
      split: which.
      vocabulary: a `Vocabulary` to use; None makes one of this split.

    Returns:
      `EncodedPairs` and the vocabulary.

    Raises:
      UserError: see `pair_source`; or the split has no pairs, or a setting is
        bad.
    """
    from tfgen.nli.encode import encode

    if config.max_length < 0:
        raise UserError(
            f"data.max_length={config.max_length}: expected a number of"
            " words, or 0 to keep all."
        )
    source = pair_source(config, seed)
    words_of = functools.partial(source.tokenize, lower=config.lower)
    encoded, vocabulary = encode(
        source.read(split),
        words_of,
        vocabulary,
        config.max_length,
        config.min_count,
    )
    if not len(encoded):
        raise UserError(
            f"data={config.name}: no labelled pairs in the split {split!r};"
            " expected at least one."
        )
    return encoded, vocabulary
