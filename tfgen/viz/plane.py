"""Figures of densities on the plane."""

import os
import pathlib
from collections.abc import Callable

import matplotlib.figure
import numpy as np


def flow_figure(
    path: str | os.PathLike,
    data: np.ndarray,
    latents: np.ndarray,
    samples: np.ndarray,
    log_prob: Callable[[np.ndarray], np.ndarray],
) -> pathlib.Path:
    """Draws what figure 1 of the Real NVP paper draws, and the density.

    Args:
      path: of the PNG file; folders are made.
      data: [N, 2] x from the data.
      latents: [N, 2] z = f(x) of the same.
      samples: [N, 2] g(z) of standard normal z.
      log_prob: [M, 2] -> [M], the model's log density.

    Returns:
      The path.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A Figure without pyplot: no global state, no display.
    figure = matplotlib.figure.Figure(figsize=(14, 3.6), layout="constrained")
    axes = figure.subplots(1, 4)
    low, high = data.min(axis=0) - 0.3, data.max(axis=0) + 0.3
    hue = np.arctan2(latents[:, 1], latents[:, 0])
    panels = [
        ("data x", data),
        ("z = f(x)", latents),
        ("samples g(z)", samples),
    ]
    for axis, (title, points) in zip(axes, panels):
        color = {"color": "tab:blue"}
        if points is not samples:  # which x became which z
            color = {"c": hue, "cmap": "hsv"}
        axis.scatter(*points.T, s=2, linewidths=0, **color)
        axis.set_title(title)
    for axis in (axes[0], axes[2], axes[3]):
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    side = 200
    x, y = np.meshgrid(
        np.linspace(low[0], high[0], side), np.linspace(low[1], high[1], side)
    )
    points = np.stack([x.ravel(), y.ravel()], axis=-1).astype(np.float32)
    density = np.exp(log_prob(points)).reshape(side, side)
    axes[3].pcolormesh(x, y, density, cmap="viridis")
    axes[3].set_title("density p(x)")
    figure.savefig(path, dpi=120)
    return path
