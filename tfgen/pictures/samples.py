"""Samples: alone, beside data, enlarged, and the chains that end in them."""

import dataclasses

import tensorflow as tf

from tfgen.pictures.drawing import Drawing, Sheets, sized
from tfgen.viz import images

_IMAGES = 64
_STATES = 11  # of a chain, columns at most


def samples(drawing: Drawing) -> Sheets:
    """Yields samples; if there are conditions, each column has one."""
    model, count = drawing.model, drawing.count or _IMAGES
    noise = drawing.noise(count) * drawing.temperature
    x = model.sample(noise, **drawing.conditions(count)).numpy()
    if model.conditions:
        # Several columns a condition where there would be many more rows.
        repeats = max(1, int(count**0.5 / drawing.columns))
        yield "samples", drawing.by_condition(x, repeats)
    else:
        yield "samples", drawing.sheet(x, max(1, round(count**0.5)))


def enlarged(drawing: Drawing) -> Sheets:
    """Yields samples of other sizes, as many as have the area of the others."""
    for times in drawing.enlarge:
        larger = dataclasses.replace(
            drawing,
            model=drawing.model.enlarged(times),
            count=max(1, (drawing.count or _IMAGES) // times**2),
        )
        for _, picture in samples(larger):
            yield f"enlarged_x{times}", picture


def beside_data(drawing: Drawing) -> Sheets:
    """Yields data beside samples, as figure 5 of Dinh et al. 2017 does."""
    x, given = drawing.examples("test", _IMAGES)
    noise = drawing.noise(len(x)) * drawing.temperature
    made = drawing.model.sample(noise, **given).numpy()
    columns = max(1, round(len(x) ** 0.5))
    pair = (drawing.sheet(each, columns) for each in (sized(x, made), made))
    yield "beside_data", images.beside(*pair)


def chain(drawing: Drawing) -> Sheets:
    """Yields a row a chain; states apart, where they are too many."""
    model = drawing.model
    if model.can("chain"):
        noise = tf.constant(drawing.noise(8) * drawing.temperature)
        x = model.chain(model.uniforms(noise)).numpy()
        x = x[:, :: max(1, -(-(x.shape[1] - 1) // (_STATES - 1)))]
        yield "chain", drawing.sheet(x, x.shape[1])
