"""Tables of papers that can be trained, row by row; a file a family.

Nothing heavy is imported here: the apps' `--help` lists the names.
"""

from tfgen.tables.papers import (
    codes,
    densities,
    few_labels,
    games,
    sentences,
    translation,
)
from tfgen.tables.table import Row, Table

__all__ = ["TABLES", "Row", "Table"]

TABLES = {
    name: table
    for family in (densities, few_labels, games, codes, translation, sentences)
    for name, table in family.TABLES.items()
}
