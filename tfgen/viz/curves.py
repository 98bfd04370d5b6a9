"""Curves of several trainings beside each other."""

import os
import pathlib
from collections.abc import Mapping, Sequence

from tfgen.files import replacing
from tfgen.viz.panels import make_panels

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
    figure, axes = make_panels(len(panels), columns, 4.5, 3.6)
    for axis, (title, runs) in zip(axes, panels.items()):
        for name, points in runs.items():
            axis.plot(*zip(*points), label=name, linewidth=1)
        axis.set(title=title, xlabel="step")
        axis.legend(loc="upper right", fontsize="small")
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return pathlib.Path(path)
