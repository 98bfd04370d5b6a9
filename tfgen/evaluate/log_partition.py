"""log Z of Boltzmann machines with two sides, by counting or by annealing.

    p(v, h) = exp(b v + c h + v W h) / Z,  v in {0, 1}^E,  h in {0, 1}^O

Every figure is in nats. All arrays are float64.
"""

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tfgen.errors import UserError

MOST_COUNTED = 20  # units of a side whose states are counted
_BLOCK = 1 << 12  # states at a time


class Machine(NamedTuple):
    """A machine's parameters, float64.

    Attributes:
      W: [E, O].
      b: [E].
      c: [O].
    """

    W: np.ndarray
    b: np.ndarray
    c: np.ndarray

    def free_energy(self, v: np.ndarray) -> np.ndarray:
        """Returns `-log sum_h exp(b v + c h + v W h)` [N] of v [N, E]."""
        return -(v @ self.b) - _softplus(self.c + v @ self.W).sum(1)

    @property
    def countable(self) -> bool:
        """Whether the states of the smaller side are few."""
        return min(self.W.shape) <= MOST_COUNTED


class Estimate(NamedTuple):
    """An estimate of log Z, by annealed importance sampling.

    Attributes:
      value: in nats.
      std_error: of the value, over runs.
    """

    value: float
    std_error: float


def counted(machine: Machine) -> float:
    """Returns log Z, exactly; the smaller side's states are enumerated.

    Raises:
      UserError: there are too many.
    """
    W, b, c = machine
    if not machine.countable:
        raise UserError(
            f"log Z: {min(W.shape)} units on the smaller side; expected at most"
            f" {MOST_COUNTED} to enumerate."
        )
    if len(c) < len(b):
        machine = Machine(W.T, c, b)
    n = len(machine.b)
    total = -math.inf
    for start in range(0, 2**n, _BLOCK):
        states = np.arange(start, min(start + _BLOCK, 2**n))[:, None]
        v = (states >> np.arange(n) & 1).astype(np.float64)
        logs = np.logaddexp.reduce(-machine.free_energy(v))
        total = np.logaddexp(total, logs)
    return float(total)


def gibbs(
    machine: Machine, v: np.ndarray, sweeps: int, random: np.random.Generator
) -> np.ndarray:
    """Returns v [N, E] after so many sweeps of both sides."""
    step = _transition(machine, machine.b)
    for _ in range(sweeps):
        v = step(v, 1.0, random)
    return v


def annealed(
    machine: Machine,
    base: np.ndarray,
    random: np.random.Generator,
    temperatures: int = 1000,
    runs: int = 200,
    samples: np.ndarray | None = None,
) -> Estimate:
    """Returns log Z by annealed importance sampling (Neal 2001).

    Between a machine without W and ours,

        p_t(v) ~ exp((1 - t) a v + t b v) prod_j (1 + exp(t (c + v W)_j))

    (Salakhutdinov & Murray 2008). Forward from t = 0 the estimate of Z has no
    bias, so that of log Z is low on average and likelihoods look too good; from
    samples of the machine back to t = 0 it is 1 / Z that has none, and log Z
    is high. Together they bracket it, as far as the samples are the machine's.

    Args:
      machine: whose.
      base: a, [E]: log-odds at t = 0.
      random: draws.
      temperatures: values of t after the first.
      runs: how many, of those from t = 0.
      samples: [N, E] of the machine, to go back from.
    """
    t = np.linspace(0, 1, temperatures + 1)
    back = samples is not None
    v = samples if back else _bits(np.tile(base, (runs, 1)), random)
    step = _transition(machine, base)
    weights = np.zeros(len(v))
    ways = t[::-1] if back else t
    for now, then in itertools.pairwise(ways):
        weights += _log_p(machine, base, v, then)
        weights -= _log_p(machine, base, v, now)
        v = step(v, then, random)
    known = _softplus(base).sum() + len(machine.c) * math.log(2)
    most = weights.max()
    w = np.exp(weights - most)
    log_ratio = most + math.log(w.mean())
    error = w.std(ddof=1) / w.mean() / math.sqrt(len(w))
    return Estimate(
        float(known - log_ratio if back else known + log_ratio), float(error)
    )


def _log_p(machine, base, v, t):
    """Log of p_t(v) but for a constant, [N]."""
    W, b, c = machine
    return v @ ((1 - t) * base + t * b) + _softplus(t * (c + v @ W)).sum(1)


def _transition(machine: Machine, base: np.ndarray) -> Callable:
    W, b, c = machine

    def step(v, t, random):
        h = _bits(t * (c + v @ W), random)
        return _bits((1 - t) * base + t * (b + h @ W.T), random)

    return step


def _bits(logits, random):
    """Bits that are 1 with probability sigmoid(logits)."""
    # log(u / (1 - u)) < logits, without an overflow.
    return (random.logistic(size=logits.shape) < logits).astype(np.float64)


def _softplus(x):
    return np.logaddexp(0, x)
