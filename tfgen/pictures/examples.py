"""What a model makes of test images, and how it sees them."""

import numpy as np
import tensorflow as tf

from tfgen import projection
from tfgen.evaluate.filters import image_filters
from tfgen.evaluate.nearest import nearest_neighbors
from tfgen.measures.features import data_statistics, features
from tfgen.pictures.drawing import Drawing, Sheets, rows_of
from tfgen.viz import images

_CANDIDATES = 5_000  # training images among which neighbours are looked for
_FILTERS = 100


def reconstructions(drawing: Drawing) -> Sheets:
    """Yields test images beside what the model makes of its code of them."""
    if drawing.model.can("reconstruct"):
        x, given = drawing.examples("test", 32)
        again = drawing.model.reconstruct(x, **given).numpy()
        yield "reconstructions", drawing.pairs(x, again)


def neighbors(drawing: Drawing) -> Sheets:
    """Yields a row for each test image: it, then the nearest ones."""
    model = drawing.model
    if not model.can("features"):
        return
    x = drawing.batch("test", 8)["x"]
    seen = drawing.batch("train", _CANDIDATES)["x"]
    with data_statistics(model, seen, drawing.config.train.batch_size):
        ours, others = (
            next(iter(features(model, some).values())) for some in (x, seen)
        )
    nearest = nearest_neighbors(ours, others, 6, metric="cosine")
    rows = np.concatenate([x[:, None], seen[nearest]], axis=1)
    yield "neighbors", drawing.sheet(rows, rows.shape[1])


def completions(drawing: Drawing) -> Sheets:
    """Yields test images, what is shown of them, and four ways to go on."""
    own, columns = drawing.model.can("complete"), 4
    if not (own or drawing.complete):
        return
    x, given = drawing.examples("test", 8)
    hidden = drawing.complete or "bottom"
    mask = projection.mask_of(hidden, x.shape[1:], len(x), drawing.seed)
    each = np.repeat(np.arange(len(x)), columns)
    again = rows_of({**given, "mask": mask}, each)
    search = None if own else projection.Search()
    noise = drawing.noise(len(each), search)
    complete = _compiled(drawing.model, "complete", search)
    made = complete(x[each], noise=noise, **again).numpy()
    made = made.reshape(len(x), columns, *x.shape[1:])
    rows = np.concatenate([x[:, None], (x * mask)[:, None], made], axis=1)
    yield "completions", drawing.sheet(rows, 2 + columns)


def projections(drawing: Drawing) -> Sheets:
    """Yields test images beside the nearest that the model decodes."""
    model = drawing.model
    if drawing.complete and model.can("decode"):
        (x, given), search = drawing.examples("test", 32), projection.Search()
        project = _compiled(model, "project", search)
        z = model.to_normal(project(x, drawing.noise(len(x), search), **given))
        made = model.decode(*model.prior(z), **given).numpy()
        yield "projections", drawing.pairs(x, made)


def _compiled(model, name, search):
    # Thousands of steps, of some models.
    method = projection.method(model, name, search)
    return tf.function(method, autograph=False)


def receptive_field(drawing: Drawing) -> Sheets:
    """Yields how much of test images the pixel in the middle sees."""
    if drawing.model.can("receptive_field"):
        x, given = drawing.examples("test", 64)
        seen = drawing.model.receptive_field(x, **given)
        yield "receptive_field", images.influence(seen.numpy())


def filters(drawing: Drawing) -> Sheets:
    """Yields the filters of each network that has some next to images."""
    networks, shape = drawing.model.named_networks(), drawing.config.spec.shape
    for name in ("encoder", "discriminator", "critic", "generator"):
        if not (network := networks.get(name)):
            continue
        found = image_filters(network, shape, makes=name == "generator")
        if found is not None:
            found = found[..., :_FILTERS]
            yield f"filters_{name}", images.filter_sheet(found, columns=10)
