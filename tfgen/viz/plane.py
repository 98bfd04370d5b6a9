"""Figures of densities on the plane."""

import os
import pathlib
from collections.abc import Callable

import matplotlib.figure
import numpy as np

from tfgen.files import replacing


def plane_figure(
    path: str | os.PathLike,
    data: np.ndarray,
    samples: np.ndarray,
    latents: np.ndarray | None = None,
    log_prob: Callable[[np.ndarray], np.ndarray] | None = None,
) -> pathlib.Path:
    """Draws data and samples side by side.

    For a flow, this is figure 1 of the Real NVP paper and the density.

    Args:
      path: of the PNG file; folders are made.
      data: [N, 2] x from the data.
      samples: [N, 2] from the model.
      latents: [N, 2] z = f(x) of the data, if the model has latents.
      log_prob: [M, 2] -> [M], the model's log density, if it has one.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    # A Figure without pyplot: no global state, no display.
    panels = {"data x": data, "z = f(x)": latents, "samples g(z)": samples}
    panels = {k: v for k, v in panels.items() if v is not None}
    columns = len(panels) + (log_prob is not None)
    figure = matplotlib.figure.Figure(
        figsize=(3.5 * columns, 3.6), layout="constrained"
    )
    axes = figure.subplots(1, columns)
    low, high = data.min(axis=0) - 0.3, data.max(axis=0) + 0.3
    for axis, (title, points) in zip(axes, panels.items()):
        color = {"color": "tab:blue"}
        if latents is not None and points is not samples:
            # A point has the same colour as x and as z.
            hue = np.arctan2(latents[:, 1], latents[:, 0])
            color = {"c": hue, "cmap": "hsv"}
        axis.scatter(*points.T, s=2, linewidths=0, **color)
        axis.set_title(title)
        if points is not latents:
            axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    if log_prob is not None:
        _draw_density(axes[-1], log_prob, low, high)
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return pathlib.Path(path)


def _draw_density(axis, log_prob, low, high):
    side = 200
    x, y = np.meshgrid(
        np.linspace(low[0], high[0], side), np.linspace(low[1], high[1], side)
    )
    points = np.stack([x.ravel(), y.ravel()], axis=-1).astype(np.float32)
    density = np.exp(log_prob(points)).reshape(side, side)
    axis.pcolormesh(x, y, density, cmap="viridis")
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axis.set_title("density p(x)")
