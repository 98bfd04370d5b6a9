"""Which sentence pairs, and how they are prepared; imports nothing heavy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from tfgen.data.catalog import TWO_FOLDERS
from tfgen.data.settings import DataConfig, TwoDomainDataConfig
from tfgen.errors import UserError
from tfgen.nli import catalog

if TYPE_CHECKING:
    from tfgen.config import DataSpec
    from tfgen.data.loaded import Data
    from tfgen.data.source import Source


@dataclasses.dataclass(frozen=True)
class NliDataConfig:
    """Sentence pairs; see `tfgen.data.settings.DataConfig`."""

    name: str = catalog.GRAMMAR
    num_pairs: int = 20_000  # nli_grammar: training; a tenth each to evaluate
    tokens: Literal["parse", "text"] = "parse"  # SNLI files: whose tokens
    premise_column: str = "premise"  # of a table
    hypothesis_column: str = "hypothesis"
    label_column: str = "label"
    no_label: tuple[str, ...] = ("-",)  # what stands for none, as "" does
    data_dir: str = ""  # where TFDS data sets are prepared; "" = TFDS default
    download: bool = False  # let TFDS download and prepare what is missing
    skip_bad_records: bool = False  # skip and count malformed rows
    lower: bool = True  # A to Z in lower case
    min_count: int = 1  # rarer words of the training split are unknown
    max_length: int = 0  # words; longer sentences lose their ends; 0 = keep
    glove: str = ""  # text file of word vectors to start from; "" = random

    @property
    def drawn(self) -> bool:
        """Whether the pairs are drawn and not collected."""
        return self.name == catalog.GRAMMAR

    @property
    def built_in(self) -> bool:
        """Whether every machine has the pairs."""
        return self.drawn

    @property
    def read(self) -> tuple[str, ...]:
        """See `DataConfig`."""
        every = "name", "lower", "min_count", "max_length", "glove"
        return (*every, *catalog.READ.get(self.name.partition(":")[0], ()))

    @property
    def implied(self) -> tuple[str, ...]:
        """Settings of a model that follow from the data, `name=value`.

        Raises:
          UserError: a bad file.
        """
        if not self.glove:
            return ()
        from tfgen.nli.glove import width

        return (f"network.embedding={width(self.glove)}",)

    def source(self, seed: int) -> Source:
        """Returns the text of all pairs, as `apps.prepare` writes it.

        Args:
          seed: of the grammar.

        Raises:
          UserError: see `load`.
        """
        from tfgen.nli.records import texts

        return texts(self, seed)

    def load(
        self, seed: int, spec: DataSpec | None = None, source: None = None
    ) -> Data:
        """Returns the pairs.

        Args:
          seed: of the grammar, and of words without a vector.
          spec: what a model was built with, if there is one; its vocabulary is
            used.
          source: there are no arrays of pairs.

        Raises:
          UserError: an unknown name, or a bad setting or file.
        """
        if source:
            raise UserError(
                "data: the model reads sentence pairs; expected a name, such"
                " as pairs:PATH."
            )
        from tfgen.nli.loaded import Pairs

        return Pairs(self, seed, spec)


def settings_of(name: str) -> DataConfig | NliDataConfig:
    """Returns settings of data without a model that says which kind it reads.

    Args:
      name: of the data.
    """
    if name.startswith(TWO_FOLDERS):
        return TwoDomainDataConfig(name)
    if name in catalog.DATA or name.startswith(("snli:", "pairs:")):
        return NliDataConfig(name)
    return DataConfig(name)
