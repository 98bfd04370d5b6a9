"""Computes and writes a row for each input, here or on other machines."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tqdm

from tfgen.errors import UserError
from tfgen.scoring.block import Block, Source
from tfgen.scoring.outputs import Columns, Output, write_columns

# Good inputs, and which rows of the output they are.
Compute = Callable[[Mapping[str, Any], np.ndarray], Columns]


class Scoring(NamedTuple):
    """Inputs and what is computed from them.

    Attributes:
      sources: of the inputs.
      compute: good inputs and their rows -> columns.
      template: columns of one row, by whose making `compute` has been compiled;
        in each process in the same way, so that its numbers are the same.
      identity: what decides on the rows.
    """

    sources: list[Source]
    compute: Compute
    template: Columns
    identity: dict[str, Any]


class ScoringJob(NamedTuple):
    """A block that another process computes.

    Attributes:
      source: number of the source.
      first: number of its first input.
      row: of the output, of that input.
      path: of the file that gets the columns.
      kept: of a file with the good inputs and their rows, where finding the
        first one in the source would be to read all before it.
    """

    source: int
    first: int
    row: int
    path: pathlib.Path
    kept: pathlib.Path | None = None

    def read(
        self, sources: Sequence[Source]
    ) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
        """Yields the good inputs and their rows, if there are any."""
        if self.kept:
            good, places = _taken_out(self.kept)
        else:
            block = next(sources[self.source].blocks(self.first))
            good, places = block.good, self.row + block.places
        if len(places):
            yield good, places


def write_rows(
    scoring: Scoring,
    path: str | os.PathLike,
    labels: Sequence[str] = (),
    elsewhere: Callable[[list[ScoringJob]], None] | None = None,
) -> Output:
    """Writes a row for each input, in order.

    Args:
      scoring: what is computed.
      path: of the output.
      labels: what `probabilities` are of.
      elsewhere: computes blocks on other machines; None for this process.

    Raises:
      UserError: see `Output`; or there are no inputs.
    """
    sources, compute, template, identity = scoring
    output = Output(path, template, {"probabilities": labels}, identity)
    nothing = {name: values[:0] for name, values in template.items()}
    with output, _progress(sources, output.done) as progress:
        if elsewhere:
            elsewhere(_jobs(sources, output))
        for number, first in _left(sources, output.position):
            for block in sources[number].blocks(first):
                first += len(block.names)
                places = output.done + block.places
                found = output.part(output.done) or nothing
                if found is nothing and len(places):
                    found = compute(block.good, places)
                output.add(block, found, (number, first))
                progress.update(len(block.names))
        if not output.done:
            raise UserError("input: nothing in it.")
        output.finish()
    return output


def _jobs(sources, output) -> list[ScoringJob]:
    """Blocks that nobody has computed."""
    jobs, row = [], 0
    for number, source in enumerate(sources):
        first = 0
        for size, block in _blocks(source):
            path, kept = output.part_path(row), None
            if row >= output.done and not path.exists():
                if block:
                    kept = path.with_name(f"in-{path.name}")
                    _keep(kept, block.good, row + block.places)
                jobs.append(ScoringJob(number, first, row, path, kept))
            first, row = first + size, row + size
    return jobs


def _blocks(source) -> Iterator[tuple[int, Block | None]]:
    """Sizes of a source's blocks, which are read if only that tells."""
    if source.count is None:
        for block in source.blocks(0):
            yield len(block.names), block
    else:
        for first in range(0, source.count, source.size):
            yield min(source.size, source.count - first), None


def _keep(path, good, places):
    """Writes arrays; pairs of sentences as JSON, for NumPy cuts zeros off."""
    if "pairs" in good:
        text = json.dumps(good["pairs"]).encode()
        good = {"pairs": np.frombuffer(text, np.uint8)}
    write_columns(path, {**good, "places": places})


def _taken_out(path):
    """What `_keep` was given."""
    with np.load(path) as found:
        good = dict(found)
    places = good.pop("places")
    if "pairs" in good:
        good["pairs"] = [*map(tuple, json.loads(good["pairs"].tobytes()))]
    return good, places


def _left(sources, position):
    """Number of a source, and of the first input of it that is left."""
    number, first = position
    yield number, first
    for other in range(number + 1, len(sources)):
        yield other, 0


def _progress(sources, done):
    counts = [source.count for source in sources]
    total = None if None in counts else sum(counts)
    return tqdm.tqdm(
        desc="scoring",
        unit="row",
        total=total,
        initial=done,
        delay=5,
        disable=None,  # unless stderr is a terminal
    )
