"""The mean log p(x) of variational models, by importance sampling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
import tqdm

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

OPTIONS = ("importance",)

# Numbers of an example's x that a chunk of draws has: memory does not grow with
# K.
_MOST = 2**14


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model has densities of an encoder and of a decoder."""
    del spec
    return model.can("log_weights")


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns log p(x) in nats, by K draws an example (`importance`).

    `log (1/K) sum_k p(x, z_k) / q(z_k|x)` is a lower bound of log p(x), on
    average, which K makes tight (Burda et al. 2016, arXiv:1509.00519).

    Returns:
      `log_prob_k<K>`, the mean over examples; `…_std_error`, what the draws
      leave unsure of it; and `…_two_std_errors`, the examples.

    Raises:
      UserError: no draws.
    """
    K = options.importance
    if K < 1:
        raise UserError(f"importance={K}: expected at least 1.")
    if not applies(model, run.config.spec):
        return {}
    estimates = run.once(
        "importance", (model, K), lambda _: Estimates(model, K)
    )
    batches = [
        estimates(batch["x"], model.given(batch), place)
        for place, batch in enumerate(run.held_out(model, split))
    ]
    values, variances = np.concatenate(batches, axis=1)
    N, name = len(values), f"log_prob_k{K}"
    error = values.std() / math.sqrt(max(1, N - 1))
    return {
        name: float(values.mean()),
        f"{name}_std_error": float(np.sqrt(variances.sum()) / N),
        f"{name}_two_std_errors": 2 * float(error),
    }


class Estimates:
    """Estimates of log p(x) by K draws, some at a time."""

    def __init__(self, model: Model, K: int):
        """Compiles nothing yet.

        Args:
          model: can `log_weights`.
          K: draws an example.
        """
        self._model, self._K = model, K
        self._chunk = tf.function(
            self._sums, autograph=False, reduce_retracing=True
        )

    def _sums(self, x, given, seed, count):
        """Logs of the sums of w and of w^2 over `count` draws, [B] each."""
        noise = self._model.noise["epsilon"]
        draws = {
            "normal": tf.random.stateless_normal,
            "uniform": tf.random.stateless_uniform,
        }[noise.kind]
        shape = [tf.shape(x)[0], count, noise.shape[-1]]
        epsilon = draws(shape, seed, alg="philox")
        log_w = self._model.log_weights(x, epsilon, **given)
        return [tf.reduce_logsumexp(n * log_w, axis=1) for n in (1, 2)]

    def __call__(self, x, given, place: int) -> np.ndarray:
        """Returns log p(x) in nats, and its variance by the draws, [2, B].

        Args:
          x: [B, ...].
          given: conditions, name -> [B, ...].
          place: number of the batch, of which the draws are a function.
        """
        K = self._K
        most = max(1, min(K, _MOST // self._model.spec.size))
        counts = [most] * (K // most) + ([K % most] if K % most else [])
        sums = [
            self._chunk(x, given, tf.constant([place, i]), count)
            for i, count in enumerate(
                tqdm.tqdm(counts, "Draws", delay=5, leave=False, disable=None)
            )
        ]
        first, second = np.logaddexp.reduce(np.float64(sums))
        # Of the mean of w: by the delta method, of its logarithm.
        variance = np.maximum(K * np.exp(second - 2 * first) - 1, 0) / K
        return np.stack([first - math.log(K), variance])
