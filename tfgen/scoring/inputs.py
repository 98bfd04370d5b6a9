"""A user's files as sources of inputs; each kind has a module of its own."""

import itertools
from collections.abc import Callable, Iterable, Sequence

from tfgen.config import DataSpec
from tfgen.scoring import array_inputs, image_inputs, pair_inputs, table_inputs
from tfgen.scoring.block import Source


def sources(
    paths: Iterable[str],
    spec: DataSpec,
    *,
    whole: bool = False,
    conditions: Sequence[str] = (),
    background: str = "white",
    columns: Sequence[str] = ("premise", "hypothesis"),
    label_column: str = "",
    own_size: bool = False,
    say: Callable[[str], None] = print,
) -> list[Source]:
    """Returns what these paths hold.

    Args:
      paths: image files and folders of them, at any depth; `.npy`; `.npz`, of
        which `x` is read or, after the path, `:NAME`; `csv:PATH` of tables;
        files of sentence pairs.
      spec: of the model.
      whole: gray levels must be whole.
      conditions: fields to read from `.npz` files and tables, too.
      background: colour behind transparent pixels.
      columns: of premise and hypothesis.
      label_column: of a table, the model's classes.
      own_size: leave image files the height and width that they have.
      say: gets a line about what is left out or changed.

    Raises:
      UserError: no such file, or nothing that the model takes.
    """

    def is_image(path: str) -> bool:
        other = spec.words or path.startswith("csv:")
        return not (other or array_inputs.named(path))

    def source(path: str) -> Source:
        if spec.words:
            return pair_inputs.source(path, columns)
        if path.startswith("csv:"):
            return table_inputs.source(path, spec, conditions, label_column)
        return array_inputs.source(path, spec, whole, conditions)

    found = []
    for images, group in itertools.groupby(paths, is_image):
        if images:
            settings = spec, background, say, own_size
            found.append(image_inputs.source([*group], *settings))
        else:
            found += map(source, group)
    return found
