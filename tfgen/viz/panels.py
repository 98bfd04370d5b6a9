"""A picture of several panels."""

import matplotlib.axes
import matplotlib.figure


def make_panels(
    count: int, columns: int, width: float, height: float
) -> tuple[matplotlib.figure.Figure, list[matplotlib.axes.Axes]]:
    """Returns a figure, and the axes of its panels, line by line.

    A Figure without pyplot: no global state, no display.

    Args:
      count: of panels.
      columns: panels side by side, at most.
      width: of a panel, in inches.
      height: likewise.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = matplotlib.figure.Figure(
        figsize=(width * columns, height * rows), layout="constrained"
    )
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes[count:]:
        axis.remove()
    return figure, axes[:count]
