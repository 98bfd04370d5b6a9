"""Rows to check an export with."""

from __future__ import annotations

import numpy as np

from tfgen.capabilities import uniforms
from tfgen.config import Field
from tfgen.model import Model
from tfgen.nli.text import signatures as text
from tfgen.nn import cells


def example_inputs(model: Model, n: int, seed: int) -> dict[str, np.ndarray]:
    """Returns n valid rows of each input of the signatures.

    Images are the model's own samples, if it makes some: likely ones, seen by
    nobody.

    Args:
      model: whose signatures.
      n: number of rows.
      seed: of all numbers.
    """
    if model.spec.words:
        return text.example_inputs(model.spec, n, seed)
    random, spec = np.random.default_rng(seed), model.spec
    noise = random.standard_normal((n, model.sample_noise), np.float32)
    label = random.integers(0, spec.num_classes or 1, n, np.int32)
    rows = {
        "label": label,
        "seed": random.integers(0, 2**31 - 1, n, np.int32),
        "temperature": random.uniform(0.5, 1, n).astype(np.float32),
        "uniforms": random.random((n, uniforms(model)), np.float32),
        "mask": random.integers(0, 2, (n, *spec.shape)).astype(np.float32),
    }
    for field in spec.fields:
        shape = (n, *field.shape)
        rows[field.name] = _rows_of(field, random, shape)
    latents = model.prior(noise[:, : model.latent_size])
    for name, z in zip(model.latents, latents):
        rows[name] = np.asarray(z)
    if model.can("elbo"):
        draw = {"normal": random.standard_normal, "uniform": random.random}
        epsilon = model.noise["epsilon"]
        shape = (n, *epsilon.shape)
        rows["epsilon"] = draw[epsilon.kind](shape, np.float32)
    if model.can("translate_with_noise"):
        shape = (n, *model.noise["dropout"].shape)
        rows["dropout"] = random.random(shape, np.float32)
    if model.can("sample"):
        x = model.sample(noise[::-1], **model.given(rows))
    else:
        x = _rows_of(spec.x, random, (n, *spec.shape))
    x = np.asarray(x, np.float32)
    if model.dequantized:
        x = cells.whole(x, spec.x).numpy()
        rows["noise"] = random.random(x.shape, np.float32)
    rows["x"] = x
    if model.other_sides:  # wider ones: mirror images beside them
        edges = [(0, 0), (0, 0), (0, model.other_sides.multiple), (0, 0)]
        rows |= {
            f"any_{name}": np.pad(rows[name], edges, "symmetric")
            for name in ("x", "y")
        }
    return rows


def _rows_of(field: Field, random, shape: tuple[int, ...]) -> np.ndarray:
    if field.levels:
        return random.integers(0, field.levels, shape).astype(np.float32)
    x = random.standard_normal(shape)
    if field.standard:
        mean, stddev = np.array([(c.mean, c.stddev) for c in field.standard]).T
        x = mean + stddev * x
    return x.astype(np.float32)
