"""A flow's errors in float32 and float64: its inverse, its log-determinant.

It is measured if asked for. A flow that is right, but badly conditioned, has
errors in float32 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from absl import logging

from tfgen.config import DataSpec
from tfgen.measures import Options, inverse
from tfgen.model import Model
from tfgen.nn.precision import computing_in

if TYPE_CHECKING:
    from tfgen.run import Run

EXAMPLES = 8  # a determinant each
MOST = 128  # numbers an example, whose Jacobian takes as many gradients
DTYPES = ("float32", "float64")


def applies(model: Model, spec: DataSpec) -> bool:
    """Never by itself: it builds the model again."""
    del model, spec
    return False


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns the largest errors of the split, by type of numbers.

    `reconstruction_error_<type>` is of g(f(x)), in units of x;
    `log_det_error_<type>`, in nats, of log |det df/dx| of the first 8 examples
    against the determinant of a Jacobian by autodiff in float64. Examples of
    more than 128 numbers have none, which is said.
    """
    del options
    if not inverse.applies(model, run.config.spec):
        return {}
    models = {"float32": model, "float64": in_float64(run, model)}
    found = {}
    for dtype, same in models.items():
        error = inverse.make_reconstruction_error(same)
        batches = _cast(run.held_out(model, split), dtype)
        with computing_in(dtype):
            found[f"reconstruction_error_{dtype}"] = error(batches)
    if (D := run.config.spec.size) > MOST:
        logging.warning(
            "log_det_error: left out of examples of %d numbers; at most %d.",
            D,
            MOST,
        )
        return found
    batch = next(iter(run.held_out(model, split)))
    batch = {name: value[:EXAMPLES] for name, value in batch.items()}
    right = None
    for dtype in reversed(DTYPES):  # both against the same Jacobians
        (given,) = _cast([batch], dtype)
        with computing_in(dtype):
            if right is None:
                right = log_det_of_jacobian(models[dtype], given)
            values = log_det(models[dtype], given).numpy()
        found[f"log_det_error_{dtype}"] = float(np.max(np.abs(values - right)))
    return found


def in_float64(run: Run, model: Model) -> Model:
    """Returns the same model with the same weights, in double precision."""
    with computing_in("float64"):
        double = run.build_model()
    pairs = zip(double.variables, model.variables, strict=True)
    for variable, value in pairs:
        variable.assign(tf.cast(value, variable.dtype))
    return double


def log_det(model: Model, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns log |det df/dx| [B] as `log_prob` has it."""
    given = model.given(batch)
    codes = model.encode(batch["x"], **given)
    codes = codes.values() if isinstance(codes, Mapping) else [codes]
    latents = zip(model.latents.values(), codes, strict=True)
    prior = sum(latent.log_prob(z) for latent, z in latents)
    return model.log_prob(batch["x"], **given) - prior


def log_det_of_jacobian(
    model: Model, batch: Mapping[str, tf.Tensor]
) -> np.ndarray:
    """Returns log |det df/dx| [B] of Jacobians [B, D, D] by autodiff."""

    @tf.function(autograph=False)
    def jacobians(x, given):
        with tf.GradientTape() as tape:
            tape.watch(x)
            codes = model.encode(x, **given)
            codes = codes.values() if isinstance(codes, Mapping) else [codes]
            flat = [tf.reshape(z, [tf.shape(z)[0], -1]) for z in codes]
            z = tf.concat(flat, axis=1)
        # Some inverses are loops, which `pfor` cannot have.
        return tape.batch_jacobian(z, x, experimental_use_pfor=False)

    found = jacobians(batch["x"], model.given(batch)).numpy()
    D = found.shape[1]
    return np.linalg.slogdet(found.reshape(-1, D, D))[1]


def _cast(
    batches: Iterable[Mapping[str, tf.Tensor]], dtype: str
) -> Iterable[dict[str, tf.Tensor]]:
    for batch in batches:
        yield {
            name: tf.cast(value, dtype) if value.dtype.is_floating else value
            for name, value in batch.items()
        }
