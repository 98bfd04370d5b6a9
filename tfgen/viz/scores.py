"""Histograms of the scores of families of models."""

import os
import pathlib
from collections.abc import Mapping, Sequence

import matplotlib.figure
import numpy as np

from tfgen.files import replacing


def score_histograms(
    path: str | os.PathLike,
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    score: str = "modified inception score I'",
    bins: int = 20,
    columns: int = 3,
) -> pathlib.Path:
    """Draws figures 2 and 3 of the EBGAN paper.

    Zhao et al. 2017, arXiv:1609.03126: which share of each family's models has
    which score. All panels have the same bins.

    Args:
      path: of the PNG file; folders are made.
      panels: title -> family -> score of each of its models, finite. A family
        may be empty, but not all in all panels.
      score: what the axis says.
      bins: how many, from the lowest score of all to the highest.
      columns: panels side by side.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    every = [s for families in panels.values() for s in families.values()]
    edges = np.histogram_bin_edges(np.concatenate(every), bins)
    # A Figure without pyplot: no global state, no display.
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = matplotlib.figure.Figure(
        figsize=(4.5 * columns, 3.6 * rows), layout="constrained"
    )
    places = figure.subplots(rows, columns, sharey=True, squeeze=False)
    axes = list(places.flat)
    for axis in axes[len(panels) :]:
        axis.remove()
    for axis, (title, families) in zip(axes, panels.items()):
        axis.hist(
            list(families.values()),
            edges,
            weights=[
                np.full(len(s), 100 / max(len(s), 1)) for s in families.values()
            ],
            label=[f"{name} ({len(s)})" for name, s in families.items()],
        )
        axis.set(title=title, xlabel=score)
        axis.legend(loc="upper right")  # "best" searches
    for axis in places[:, 0]:
        axis.set_ylabel("models, %")
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return pathlib.Path(path)
