"""Ways between latents, and images that differ in one of them.

The latents are those of test images, if the model encodes, or of samples.
"""

import math

import numpy as np

from tfgen.evaluate import latent
from tfgen.pictures.drawing import Drawing, Given, Sheets, at_most, rows_of

_WAY = 10  # steps
_STEPS, _LATENTS = 11, 32  # columns of a traversal, and its rows at most


def ways(drawing: Drawing) -> Sheets:
    """Yields ways between pairs, a surface through four, and other changes."""
    model, columns = drawing.model, drawing.columns
    if not model.latents:
        return
    z, given = ends(drawing)
    path = latent.interpolate(z[:8], z[8:16], _WAY)
    yield "interpolation", _rows(drawing, path, given)
    surface = latent.manifold(z[:4], _WAY)
    yield "manifold", _rows(drawing, surface, rows_of(given, [0] * _WAY))
    if model.conditions and model.encodes_all:
        # Appendix F: encode with the true condition, decode with each.
        own = drawing.conditions(len(z) * columns)
        x = model.sample(np.repeat(z, columns, axis=0), **own).numpy()
        yield "relabelled", drawing.by_condition(x)
    if model.can("latents_of_scales"):
        # Appendix D: 100 %, 50 %, … of the latents are kept.
        sizes = model.latents_of_scales()
        kept = latent.resampled(z[:8], drawing.noise(8), sizes)
        yield "resampled", _rows(drawing, kept, given)


def traversal(drawing: Drawing) -> Sheets:
    """Yields a latent a row, in deviations of its prior; the others stay."""
    if drawing.traverse:
        size = drawing.model.latent_size
        rows = at_most("traverse", "latents", size, _LATENTS)
        z, given = ends(drawing)
        path = latent.traversal(z[0], rows, _STEPS)
        yield "traversal", _rows(drawing, path, rows_of(given, [0] * rows))


def _rows(drawing, z, given):
    """Samples of latents [R, S, Z]; a row has one condition."""
    R, S, Z = z.shape
    own = rows_of(given, np.repeat(np.arange(R), S))
    x = drawing.model.sample(z.reshape(-1, Z), **own).numpy()
    return drawing.sheet(x, S)


def ends(drawing: Drawing) -> tuple[np.ndarray, Given]:
    """Returns 16 latents as normal numbers, [16, N], and their conditions."""
    model = drawing.model
    if not model.encodes_all:
        return drawing.noise(16), drawing.first_condition(16)
    x, given = data_ends(drawing)
    return _encoded(drawing, x, given), given


def _encoded(drawing, x, given):
    """What `sample` makes x of again, [N, sample_noise]."""
    model = drawing.model
    z = model.to_normal(model.encode(x, **given))
    # A decoder that draws has numbers beside the latents'.
    rest = drawing.noise(len(x))[:, model.latent_size :]
    return np.concatenate([z, rest], axis=1)


def data_ends(drawing: Drawing) -> tuple[np.ndarray, Given]:
    """Returns 16 test examples and their conditions.

    The ends i and i + 8 of a way, and the first four, which a manifold goes
    through, are of one class if the model is conditional.
    """
    batches = drawing.data.eval_batches("test", drawing.config.train)
    batch = next(iter(batches.as_numpy_iterator()))
    rows = np.arange(16)
    if "label" in drawing.model.conditions:
        label = batch["label"]
        classes = [np.flatnonzero(label == c) for c in np.unique(label)]
        eight = np.resize(classes[0], 8)
        twos = [np.resize(c, 2) for c in (classes[1:] * 4 or classes * 4)[:4]]
        left, right = np.transpose(twos)
        rows = np.concatenate([eight[:4], left, eight[4:], right])
    return batch["x"][rows], rows_of(drawing.model.given(batch), rows)


def categories(drawing: Drawing) -> Sheets:
    """A column a category: Makhzani & Frey 2017, arXiv:1706.00531."""
    latents = [*drawing.model.latents.values()]
    priors = [z.prior for z in latents]
    if "categorical" not in priors:
        return
    i = priors.index("categorical")
    first, K = sum(z.shape[0] for z in latents[:i]), latents[i].shape[0]
    columns = at_most("categories.png", "categories", K, _LATENTS)
    noise = drawing.noise(8 * columns) * drawing.temperature
    noise[:, first : first + K] = np.tile(np.eye(K)[:columns], (8, 1))
    given = drawing.first_condition(len(noise))
    x = drawing.model.sample(noise, **given).numpy()
    yield "categories", drawing.sheet(x, columns)


def codes(drawing: Drawing) -> Sheets:
    """Draws the effect of codes that `encode` reads, and of other noise."""
    model, count = drawing.model, 4
    if not model.unread or not model.can("decode"):
        return
    latents = model.prior(drawing.noise(count))
    latents = [np.repeat(z, _STEPS, axis=0) for z in latents]
    path = np.tile(np.linspace(-2, 2, _STEPS), count)
    given = drawing.first_condition(len(path))
    rows = []
    for i, (name, code) in enumerate(model.latents.items()):
        if name in model.unread or code.prior == "categorical":
            continue
        for n in range(code.shape[0]):
            moved = [z.copy() for z in latents]
            moved[i][:, n] = path
            rows.append(model.decode(*moved, **given).numpy())
    if rows:
        yield "codes", drawing.sheet(np.concatenate(rows), _STEPS)


def swaps(drawing: Drawing) -> Sheets:
    """Yields images made of the codes of two."""
    model = drawing.model
    if len(model.latents) < 2 or not model.encodes_all:
        return
    x, given = data_ends(drawing)
    z = _encoded(drawing, x, given)
    first = math.prod(next(iter(model.latents.values())).shape)
    left, above = np.indices((8, 8)).reshape(2, -1)
    z = np.concatenate([z[left, :first], z[8 + above, first:]], axis=1)
    made = model.sample(z, **rows_of(given, left)).numpy()
    made = made.reshape(8, 8, *x.shape[1:])
    rows = np.concatenate([x[:8, None], made], axis=1)
    top = np.concatenate([np.zeros_like(x[:1]), x[8:]])
    yield "swaps", drawing.sheet(np.concatenate([top[None], rows]), 9)
