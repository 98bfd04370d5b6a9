"""The log-likelihood of Boltzmann machines: log Z counted, and annealed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec
from tfgen.data.loaded import gather
from tfgen.evaluate import log_partition
from tfgen.measures import Options
from tfgen.model import Model

if TYPE_CHECKING:
    from tfgen.run import Run

_SEED = 2_016
_TEMPERATURES, _RUNS = 3000, 200
_BURN_IN = 1000  # sweeps, from examples to samples of the machine


def applies(model: Model, spec: DataSpec) -> bool:
    """Whether the model is a Boltzmann machine."""
    del spec
    return model.can("machine")


def measure(
    run: Run, model: Model, split: str, options: Options
) -> dict[str, float]:
    """Returns log Z by each method, and the nats of an example, -log p(x).

    `log_partition_ais` goes from a machine without weights to ours,
    `log_partition_reverse_ais` from samples of ours back; see
    `tfgen/evaluate/log_partition.py`. `nats_exact` is there where log Z can be
    counted, else `nats_ais`; of a model that bounds its energy from above it
    bounds them from above, `nats_bound_…`, as far as log Z is right. Its
    standard error is that over examples and over runs.
    """
    del options
    energy = tf.function(model.energy, reduce_retracing=True, autograph=False)
    x = gather({"x": b["x"].numpy()} for b in run.held_out(model, split))["x"]
    energies = np.concatenate(
        [energy(x[i : i + 256]) for i in range(0, len(x), 256)]
    ).astype(np.float64)
    return of_machine(
        model.machine(),
        energies,
        model.start(tf.constant(x[:_RUNS])).numpy(),
        "nats_bound" if model.bounds_energy else "nats",
    )


def of_machine(
    machine: log_partition.Machine,
    energies: np.ndarray,
    start: np.ndarray,
    name: str = "nats",
) -> dict[str, float]:
    """Returns the figures.

    Args:
      machine: whose.
      energies: free energies of examples, [N].
      start: states [M, E] near to the machine's, to draw samples from.
      name: what the nats are called.
    """
    random = np.random.default_rng(_SEED)
    samples = log_partition.gibbs(
        machine, start.astype(np.float64), _BURN_IN, random
    )
    mean = (samples.sum(0) + 0.5) / (len(samples) + 1)
    base = np.log(mean / (1 - mean))
    forward = log_partition.annealed(
        machine, base, random, _TEMPERATURES, _RUNS
    )
    back = log_partition.annealed(
        machine, base, random, _TEMPERATURES, samples=samples
    )
    values = {
        "log_partition_ais": forward.value,
        "log_partition_ais_std_error": forward.std_error,
        "log_partition_reverse_ais": back.value,
        "log_partition_reverse_ais_std_error": back.std_error,
    }
    log_z, error, method = *forward, "ais"
    if machine.countable:
        log_z, error, method = log_partition.counted(machine), 0.0, "exact"
        values["log_partition_exact"] = log_z
    of_mean = energies.std() / math.sqrt(max(1, len(energies) - 1))
    values[f"{name}_{method}"] = float(energies.mean() + log_z)
    values[f"{name}_{method}_std_error"] = math.hypot(of_mean, error)
    return values
