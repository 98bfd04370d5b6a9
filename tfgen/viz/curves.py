"""Curves of several trainings beside each other."""

import os
import pathlib
from collections.abc import Mapping, Sequence

import matplotlib.figure

from tfgen.files import replacing

Curve = Sequence[tuple[float, float]]


def draw_curves(
    path: str | os.PathLike,
    panels: Mapping[str, Mapping[str, Curve]],
    columns: int = 3,
) -> pathlib.Path:
    """Draws a panel for each figure, a line for each run.

    Args:
      path: of the PNG file; folders are made.
      panels: title -> name of a run -> its points (step, value); at least one.
      columns: panels side by side.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = matplotlib.figure.Figure(
        figsize=(4.5 * columns, 3.6 * rows), layout="constrained"
    )
    grid = figure.subplots(rows, columns, squeeze=False)
    for axis in grid.flat[len(panels) :]:
        axis.remove()
    for axis, (title, runs) in zip(grid.flat, panels.items()):
        for name, points in runs.items():
            axis.plot(*zip(*points), label=name, linewidth=1)
        axis.set(title=title, xlabel="step")
        axis.legend(loc="upper right", fontsize="small")
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return pathlib.Path(path)
