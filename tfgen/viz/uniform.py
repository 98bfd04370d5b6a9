"""Histograms of numbers that should be uniform."""

import math
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from tfgen.files import replacing
from tfgen.viz.panels import make_panels

_BINS = 20


def uniform_histograms(
    path: str | os.PathLike,
    panels: Mapping[str, np.ndarray],
    columns: int = 4,
) -> pathlib.Path:
    """Draws a histogram a panel, and where 95 % of right ones have a bar.

    Args:
      path: of the PNG file; folders are made.
      panels: title -> numbers in [0, 1], [N], or [N, D] where D numbers belong
        to an example.
      columns: panels side by side.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    figure, axes = make_panels(len(panels), columns, 3, 2.4)
    for axis, (title, u) in zip(axes, panels.items()):
        heights, edges = np.histogram(u, _BINS, (0, 1), density=True)
        axis.stairs(heights, edges, fill=True, color="tab:blue", alpha=0.6)
        # Of independent numbers: 2 standard deviations of a bar.
        sure = 2 * math.sqrt((_BINS - 1) / u.size)
        axis.axhspan(1 - sure, 1 + sure, color="0.5", alpha=0.4, linewidth=0)
        axis.axhline(1, color="black", linewidth=0.8)
        axis.set(xlim=(0, 1), ylim=(0, None))
        axis.set_title(title, fontsize="small")
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return pathlib.Path(path)
