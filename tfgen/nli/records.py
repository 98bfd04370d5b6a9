"""Sentence pairs as records: text and the label's name; see `data.records`.

Fields say what the text is: `premise` and `hypothesis` as they were written, or
`premise_tokens` and `hypothesis_tokens`, tokens joined by single spaces. So a
folder gives the pairs of its source, in order, and a model the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data import records
from tfgen.data.loaded import damage_in_words
from tfgen.data.source import SPLITS, ArraySource
from tfgen.errors import UserError
from tfgen.nli import catalog
from tfgen.nli.pairs import Pair, in_order
from tfgen.nli.source import PairSource
from tfgen.nli.tally import Tally
from tfgen.nli.text import tokenizer

if TYPE_CHECKING:
    from tfgen.nli.settings import NliDataConfig

_TOKENIZERS = {
    ("premise", "hypothesis", "label"): tokenizer.tokenize,
    ("premise_tokens", "hypothesis_tokens", "label"): tokenizer.split_tokens,
}
_AT_ONCE = 256  # records


def texts(config: NliDataConfig, seed: int) -> ArraySource:
    """Returns the pairs of all splits, in memory, as text.

    Args:
      config: name, and how they are read.
      seed: of the grammar.

    Raises:
      UserError: see `catalog.pair_source`; or a split has no pairs.
    """
    source = catalog.pair_source(config, seed)
    (fields,) = (f for f, t in _TOKENIZERS.items() if t is source.tokenize)
    splits = {}
    for split in SPLITS:
        tally = Tally(f"data={config.name}, {split}")
        pairs = list(source.read(split, tally))
        tally.read = len(pairs)
        tally.say()
        splits[split] = {
            name: np.array(column, object)
            for name, column in zip(fields, zip(*pairs))
        }
    labels = source.labels or in_order(source.seen)
    return ArraySource(DataSpec(num_classes=len(labels), labels=labels), splits)


def stored_pairs(folder: str, config: NliDataConfig) -> PairSource:
    """Opens a folder of records.

    Args:
      folder: that `apps.prepare` wrote.
      config: without `skip_bad_records`.

    Raises:
      UserError: see `records.opened`; or it holds no pairs. While reading: a
        file is damaged.
    """
    name = f"records:{folder}"
    root, contents = records.opened(folder, config.skip_bad_records)
    if contents.fields not in _TOKENIZERS:
        raise UserError(
            f"data={name}: holds {', '.join(contents.fields):.80}, of"
            f" {contents.data}; expected sentence pairs."
        )
    wanted = {
        field: tf.io.FixedLenFeature([], tf.string) for field in contents.fields
    }

    def read(split: str, tally: Tally) -> Iterator[Pair]:
        del tally  # bad rows were left out when the records were written
        paths = [
            str(root / s.name) for s in contents.shards if s.split == split
        ]
        with damage_in_words(name):
            for batch in tf.data.TFRecordDataset(paths).batch(_AT_ONCE):
                found = tf.io.parse_example(batch, wanted)
                columns = (found[f].numpy().tolist() for f in contents.fields)
                for texts_ in zip(*columns):
                    yield Pair(
                        *(t.decode(errors="surrogatepass") for t in texts_)
                    )

    tokenize = _TOKENIZERS[contents.fields]
    return PairSource(read, tokenize, contents.spec.labels)
