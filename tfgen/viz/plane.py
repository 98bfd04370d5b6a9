"""Figures of densities on the plane."""

import os
import pathlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import matplotlib.figure
import numpy as np

from tfgen.files import replacing

_LINES, _POINTS = 15, 200  # of a mesh each way, and of each line
_LATENT = ((-3.5, -3.5), (3.5, 3.5))  # what is seen of the latent space


class Map(NamedTuple):
    """A flow's way from x to z and back.

    Attributes:
      noise: [M, 2] z that the samples are made of.
      encode: f, [N, 2] -> [N, 2].
      decode: g, its inverse.
    """

    noise: np.ndarray
    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]


def plane_figure(
    path: str | os.PathLike,
    data: np.ndarray,
    samples: np.ndarray,
    map: Map | None = None,
    log_prob: Callable[[np.ndarray], np.ndarray] | None = None,
    title: str = "",
) -> pathlib.Path:
    """Draws data and samples side by side.

    For a flow, this is figure 1 of the Real NVP paper and the density: data
    with the lines of a mesh, both in the latent space; noise with such lines,
    both in the data's.

    Args:
      path: of the PNG file; folders are made.
      data: [N, 2] x from the data.
      samples: [M, 2] from the model.
      map: of a flow.
      log_prob: [K, 2] -> [K], the model's log density, if it has one.
      title: above all panels.

    Returns:
      The path.

    Raises:
      UserError: it could not be written.
    """
    ends = data.min(axis=0) - 0.3, data.max(axis=0) + 0.3
    panels = [_Panel("data x", data, ends), _Panel("samples", samples, ends)]
    if map:
        z, of_x, of_z = map.encode(data), _mesh(*ends), _mesh(*_LATENT)
        f_of_x, g_of_z = map.encode(of_x), map.decode(of_z)
        panels = [
            _Panel("data x", data, ends, of_x, z),
            _Panel("z = f(x)", z, _LATENT, f_of_x, z),
            _Panel("noise z", map.noise, _LATENT, of_z, map.noise),
            _Panel("samples g(z)", samples, ends, g_of_z, map.noise),
        ]
    # A Figure without pyplot: no global state, no display.
    columns = len(panels) + (log_prob is not None)
    figure = matplotlib.figure.Figure(
        figsize=(3.5 * columns, 3.6), layout="constrained"
    )
    if title:
        figure.suptitle(title)
    axes = figure.subplots(1, columns)
    for axis, panel in zip(axes, panels):
        _draw_points(axis, panel)
    if log_prob is not None:
        _draw_density(axes[-1], log_prob, *ends)
    with replacing(path) as partial:
        figure.savefig(partial, dpi=120, format="png")
    return pathlib.Path(path)


class _Panel(NamedTuple):
    """Points in a window; lines of a mesh; latents z, which colour points."""

    title: str
    points: np.ndarray
    ends: tuple[Sequence[float], Sequence[float]]
    lines: np.ndarray | None = None
    z: np.ndarray | None = None


def _draw_points(axis, panel):
    color = {"color": "tab:blue"}
    if panel.z is not None:
        # Which x became which z.
        color = {"c": np.arctan2(panel.z[:, 1], panel.z[:, 0]), "cmap": "hsv"}
        lines = panel.lines.reshape(-1, _POINTS, 2)
        axis.plot(*lines.T, color="0.6", linewidth=0.4, zorder=0)
    axis.scatter(*panel.points.T, s=2, linewidths=0, **color)
    low, high = panel.ends
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), title=panel.title)


def _mesh(low, high) -> np.ndarray:
    """Lines across and down, one after the other, [N, 2] float32."""
    x, y = (np.linspace(*ends, _LINES) for ends in zip(low, high))
    along_x, along_y = (np.linspace(*ends, _POINTS) for ends in zip(low, high))
    across = np.broadcast_arrays(along_x, y[:, None])
    down = np.broadcast_arrays(x[:, None], along_y)
    lines = np.stack([np.concatenate(pair) for pair in zip(across, down)], -1)
    return lines.reshape(-1, 2).astype(np.float32)


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
