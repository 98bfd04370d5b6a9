"""Columns of a table against each other."""

import os
import pathlib
from collections.abc import Sequence

import matplotlib.figure
import numpy as np

from tfgen.files import replacing

MOST = 8  # columns that a picture has room for
_POINTS = 2_000
_BINS = 40


def pair_figure(
    path: str | os.PathLike,
    names: Sequence[str],
    data: np.ndarray,
    samples: np.ndarray,
) -> pathlib.Path:
    """Draws data below the diagonal and samples above it.

    The diagonal has the histograms of both, within the data's range.

    Args:
      path: of the PNG file; folders are made.
      names: of D columns, of which the first `MOST` are drawn.
      data: [N, D].
      samples: [M, D] from the model.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    D = min(len(names), MOST)
    data, samples = data[:, :D], samples[:, :D]
    low, high = data.min(axis=0), data.max(axis=0)
    margin = 0.05 * (high - low)
    ends = np.transpose([low - margin, high + margin])
    # A Figure without pyplot: no global state, no display.
    figure = matplotlib.figure.Figure(
        figsize=(1.5 * D + 0.7, 1.5 * D + 0.7), layout="constrained"
    )
    axes = figure.subplots(D, D, squeeze=False)
    for (i, j), axis in np.ndenumerate(axes):
        if i == j:
            for values, color in ((data, "tab:blue"), (samples, "tab:orange")):
                axis.hist(
                    values[:, i],
                    np.linspace(*ends[i], _BINS),
                    weights=np.full(len(values), 1 / len(values)),
                    histtype="step",
                    color=color,
                )
        else:
            some = (data if i > j else samples)[:_POINTS]
            color = "tab:blue" if i > j else "tab:orange"
            axis.scatter(some[:, j], some[:, i], s=2, linewidths=0, color=color)
            axis.set_ylim(*ends[i])
        axis.set_xlim(*ends[j])
        axis.tick_params(labelsize=6)
        axis.label_outer()
        if i == D - 1:
            axis.set_xlabel(names[j])
        if j == 0:
            axis.set_ylabel(names[i])
    figure.suptitle("data (blue, below) and samples (orange, above)")
    with replacing(path) as partial:
        figure.savefig(partial, dpi=100, format="png")
    return pathlib.Path(path)
