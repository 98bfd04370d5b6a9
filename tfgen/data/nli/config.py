"""Which sentence pairs, and how they are prepared."""

from __future__ import annotations

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class NliDataConfig:
    """Settings of sentence pairs; names are in `catalog.DATA`."""

    name: str = "nli_grammar"
    num_pairs: int = 20_000  # nli_grammar: training; a tenth each to evaluate
    tokens: Literal["parse", "text"] = "parse"  # SNLI files: whose tokens
    premise_column: str = "premise"  # of a table
    hypothesis_column: str = "hypothesis"
    label_column: str = "label"
    data_dir: str = ""  # where TFDS data sets are prepared; "" = TFDS default
    download: bool = False  # let TFDS download and prepare what is missing
    skip_bad_records: bool = False  # skip and count malformed rows
    lower: bool = True  # A to Z in lower case
    min_count: int = 1  # rarer words of the training split are unknown
    max_length: int = 0  # words; longer sentences lose their ends; 0 = keep
