"""Computes and writes a row for each input, here or on other machines."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tqdm

from tfgen.errors import UserError
from tfgen.scoring import inputs
from tfgen.scoring.outputs import Columns, Output

# Good inputs, and which rows of the output they are.
Compute = Callable[[Mapping[str, Any], np.ndarray], Columns]


class Scoring(NamedTuple):
    """What is computed of which inputs.

    Attributes:
      sources: of the inputs.
      compute: good inputs and their rows -> columns.
      template: columns of one row, by whose making `compute` has been compiled;
        in each process in the same way, so that its numbers are the same.
      identity: what decides on the rows.
    """

    sources: list[inputs.Source]
    compute: Compute
    template: Columns
    identity: dict[str, Any]


class Job(NamedTuple):
    """A block that another process computes.

    Attributes:
      source: number of the source.
      first: number of its first input.
      row: of the output, of that input.
      path: of the file that gets the columns.
    """

    source: int
    first: int
    row: int
    path: pathlib.Path

    def read(
        self, sources: Sequence[inputs.Source]
    ) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
        """Yields the good inputs and their rows, if there are any."""
        block = next(sources[self.source].blocks(self.first))
        if len(block.places):
            yield block.good, self.row + block.places


def write_rows(
    scoring: Scoring,
    path: str | os.PathLike,
    labels: Sequence[str] = (),
    elsewhere: Callable[[list[Job]], None] | None = None,
) -> Output:
    """Writes a row for each input, in order.

    Args:
      scoring: what is computed.
      path: of the output.
      labels: what `probabilities` are of.
      elsewhere: computes blocks on other machines; None for this process.

    Raises:
      UserError: see `Output`; or there are no inputs, or too many to know.
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


def _jobs(sources, output) -> list[Job]:
    """Blocks that nobody has computed: source, first input, row and file."""
    jobs, row = [], 0
    for number, source in enumerate(sources):
        if source.count is None:
            raise UserError(
                "runner: expected inputs whose number is known without reading"
                " them: images and arrays."
            )
        for first in range(0, source.count, inputs.BLOCK):
            path = output.part_path(row + first)
            if row + first >= output.done and not path.exists():
                jobs.append(Job(number, first, row + first, path))
        row += source.count
    return jobs


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
