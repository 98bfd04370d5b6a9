"""A table of a paper: rows, most of them trainings."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from typing import NamedTuple

from tfgen.errors import UserError


class Row(NamedTuple):
    """One row.

    Attributes:
      name: as in the paper.
      paper: the figure there, in the unit of the table's first one: percent
        of a share; None if it is a picture, or if the row is ours.
      model: name in the registry; empty if the row trains nothing.
      overrides: settings that make the row, `name=value`.
      presets: the user's preset, "" if none is named -> the row's own; of
        others, the user's.
      runs_of: name of the row whose runs are also this one's.
      figures: what goes into the table's columns, if it is not the same as in
        other rows; may be less.
      seeds: at most so many; 0: as many as the user asks for.
    """

    name: str
    paper: float | None
    model: str = ""
    overrides: tuple[str, ...] = ()
    presets: Mapping[str, str] = types.MappingProxyType({})
    runs_of: str = ""
    figures: tuple[str, ...] = ()
    seeds: int = 0


class Table(NamedTuple):
    """A table.

    Attributes:
      rows: as in the paper.
      paper: title of the column of the paper's figures.
      figures: name of a figure, a share in [0, 1] -> title of our column.
      units: name of a figure that is no share -> its unit, "" if it has none.
      checkpoint: which is measured, "best" or "last".
      samples: whether samples of the models that make some are drawn side by
        side.
      measures: what is measured beside what applies to a model by itself.
    """

    rows: tuple[Row, ...]
    paper: str
    figures: Mapping[str, str]
    checkpoint: str = "best"
    samples: bool = False
    units: Mapping[str, str] = types.MappingProxyType({})
    measures: tuple[str, ...] = ()

    def shown(self, figure: str, value: float) -> str:
        """Returns a value of a figure in its unit."""
        if figure in self.units:
            return f"{value:.2f} {self.units[figure]}".rstrip()
        return f"{100 * value:.2f} %"

    @property
    def trained(self) -> tuple[Row, ...]:
        """The rows that have runs of their own."""
        return tuple(row for row in self.rows if row.model)

    def only(self, pattern: str) -> Table:
        """Returns the rows whose names match; and with a row, its views.

        Args:
          pattern: a regular expression, found anywhere in a name.

        Raises:
          UserError: no such expression, or no row matches it.
        """
        try:
            found = re.compile(pattern).search
        except re.error as error:
            raise UserError(
                f"rows={pattern}: no regular expression ({error})."
            ) from error
        kept = [row.name for row in self.rows if found(row.name)]
        trained = [row.name for row in self.trained]
        if not {*kept} & {*trained}:
            raise UserError(
                f"rows={pattern}: expected to match one of"
                f" {'; '.join(trained)}."
            )
        rows = (r for r in self.rows if (r.runs_of or r.name) in kept)
        return self._replace(rows=tuple(rows))

    def figures_of(self, row: Row) -> tuple[str, ...]:
        """Returns the figures that a row's runs must give, its own first."""
        views = (row, *(r for r in self.rows if r.runs_of == row.name))
        return tuple(f for view in views for f in view.figures or self.figures)
