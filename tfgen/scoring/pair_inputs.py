"""A file of sentence pairs as inputs, the bad rows in their places."""

import itertools
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from tfgen.nli import rows
from tfgen.nli.pairs import Pair
from tfgen.nli.tally import Tally
from tfgen.scoring import block


class _Noting(Tally):
    """Keeps what is wrong with each row that is left out."""

    def __init__(self, name: str):
        super().__init__(name)
        self.bad: list[str] = []

    def add(self, what: str, first: str, count: int = 1) -> None:
        """See `Tally`."""
        self.bad += [first] * count

    def note(self, what: str, first: str) -> None:
        """Nothing: such a row is good."""

    def check(self, rows: int, left_out: Mapping[str, int]) -> None:
        """Nothing: bad rows have a place of their own."""


def source(path: str, columns: Sequence[str]) -> block.Source:
    """Returns the pairs of a file; see `inputs.sources`."""
    named = dict.fromkeys(columns, "name both by columns=PREMISE,HYPOTHESIS")
    tally = _Noting(block.existing(path))

    def each() -> Iterator[Pair | str]:
        for pair in rows.read_pairs(pathlib.Path(path), named, True, tally):
            yield from tally.bad
            tally.bad.clear()
            yield pair
        yield from tally.bad

    def blocks(start: int) -> Iterator[block.Block]:
        found = itertools.islice(each(), start, None)
        while part := list(itertools.islice(found, block.SIZE)):
            bad = {i: p for i, p in enumerate(part) if isinstance(p, str)}
            pairs = [p[:2] for p in part if not isinstance(p, str)]
            names = [f"{path}#{start + i}" for i in range(len(part))]
            start += len(part)
            yield block.Block(names, bad, {"pairs": pairs})

    return block.Source(block.identity(path, *columns), None, 0, blocks)
