"""Pictures x beside their translations and y."""

import numpy as np
import tensorflow as tf

from tfgen.measures.translations import WAYS, inputs_of, target
from tfgen.nn.frames import colours_of
from tfgen.pictures.drawing import Drawing, Sheets
from tfgen.viz import images

_TRANSLATED = 32


def translations(drawing: Drawing) -> Sheets:
    """Yields a sheet a way; back, it begins with y."""
    model, spec = drawing.model, drawing.config.spec
    for way, (read, other, end) in WAYS.items():
        if not model.can(way):
            continue
        batch = drawing.batch("test", _TRANSLATED)
        made = model.capability(way)(*inputs_of(model, way, batch[read]))
        sets = (batch[read], read), (made, other), (batch[other], other)
        panels = [_in_colour(x, name, spec) for x, name in sets]
        # x may be smaller than y.
        size = np.max([panel.shape[1:3] for panel in panels], axis=0)
        panels = [tf.image.resize(p, size, "nearest") for p in panels]
        names = (read, "translated", other) * 4
        picture = images.sheet(np.stack(panels, axis=1), len(names), 256)
        yield f"translations{end}", images.with_headings(picture, names)


def _in_colour(x, name, spec):
    """Pictures as uint8 in three colours, the last frame of several."""
    field = {"x": spec.x, "y": target(spec)}[name]
    colours = colours_of(spec, field)
    shades = images.shades(np.rint(x), field.levels)[..., -colours:]
    frame = shades[..., -3:] if colours % 3 == 0 else shades[..., -1:]
    return np.broadcast_to(frame, (*frame.shape[:3], 3))
