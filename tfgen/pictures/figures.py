"""Figures that are no grids of images: points, tables, a flow's latents."""

import pathlib

import numpy as np

from tfgen.data import table_file
from tfgen.measures import pit
from tfgen.pictures.drawing import Drawing, at_most, rows_of
from tfgen.viz import pairs, plane, uniform

_POINTS = 4_000
_CLASSES = 4  # of points, whose densities are drawn


def points(drawing: Drawing, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes samples of the plane, with what a flow makes of both spaces."""
    model, count = drawing.model, drawing.count or _POINTS
    x, given = drawing.examples("test", _POINTS)
    noise = drawing.noise(count) * drawing.temperature

    def write(name, x, given, **flow):
        samples = model.sample(noise, **given).numpy()
        path = folder / f"{name}.png"
        return plane.plane_figure(path, x, samples, **flow)

    if not model.conditions:
        return [write("samples", x, {}, **_flow(model, noise, {}))]
    made = [write("samples", x, drawing.conditions(count))]
    if not model.can("log_prob"):
        return made
    each = _each_condition(drawing.config.spec, given)
    for i, (title, rows) in enumerate(each):
        flow = _flow(model, noise, rows_of(given, rows[:1]))
        again = rows_of(given, np.repeat(rows[:1], count))
        flow["title"] = title
        made.append(write(f"samples_given_{i}", x[rows], again, **flow))
    return made


def _each_condition(spec, given):
    """Names of conditions with a density, and the rows that have each."""
    if [*given] != ["label"]:
        first = {n: np.round(v[0], 2).tolist() for n, v in given.items()}
        title = ", ".join(f"{n} {value}" for n, value in first.items())
        return [(title, np.arange(len(next(iter(given.values())))))]
    label = given["label"]
    classes = np.unique(label)
    most = at_most("samples_given_N.png", "classes", len(classes), _CLASSES)
    names = spec.labels or range(spec.num_classes)
    return [
        (f"label {names[c]}", np.flatnonzero(label == c))
        for c in classes[:most]
    ]


def _flow(model, noise, one):
    """Density of points and, of a flow, its ways, all given one condition."""

    def given(method):
        return lambda x: method(x, **rows_of(one, [0] * len(x))).numpy()

    if not model.can("log_prob"):
        return {}
    flow = {"log_prob": given(model.log_prob)}
    if model.can("encode"):
        ways = given(model.encode), given(model.decode)
        (z,) = model.prior(noise)
        flow["map"] = plane.Map(np.asarray(z), *ways)
    return flow


def table(drawing: Drawing, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes samples as a table, and beside the data.

    The conditions of a conditional model are those of test rows.
    """
    spec, config = drawing.config.spec, drawing.config.data
    model, count = drawing.model, drawing.count or _POINTS
    test, given = drawing.examples("test", max(count, _POINTS))
    given = rows_of(given, np.arange(count) % len(test))
    noise = drawing.noise(count) * drawing.temperature
    x = model.sample(noise, **given).numpy()
    columns = table_file.as_columns(spec, {"x": x, **given}, config)
    path = folder / "samples.csv"
    table_file.write_csv(path, columns)
    names = [column.name for column in spec.columns]
    picture = pairs.pair_figure(folder / "pairs.png", names, test, x)
    return [path, picture]


def pit_of(drawing: Drawing, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes how uniform a flow's latents are of test examples."""
    model, config = drawing.model, drawing.config
    if not pit.applies(model, config.spec):
        return []
    batches = drawing.data.eval_batches("test", config.train)
    panels = pit.panels(pit.Transform(model)(batches))
    return [uniform.uniform_histograms(folder / "pit.png", panels)]
