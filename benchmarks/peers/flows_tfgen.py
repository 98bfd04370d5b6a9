"""tfgen: its models, training step and data pipeline."""

import math

import numpy as np

from benchmarks import bench, flow_task
from benchmarks.peers.tfgen import make_bench
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.models.flows import glow, neural_spline
from tfgen.models.flows import maf as masked

_ADAM = OptimizerConfig(learning_rate=bench.LEARNING_RATE)


def maf(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """A MAF without batch normalization and penalties."""
    config = masked.Config(
        layers=flow_task.LAYERS,
        hidden=flow_task.HIDDEN,
        batch_norm=False,
        l2=0.0,
        optimizer=_ADAM,
    )
    model = masked.MAF(config, DataSpec(points.shape[1:]))
    return make_bench(model, points, queries)


def spline(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Couplings of a neural spline flow, without dropout."""
    config = neural_spline.Config(
        layers=flow_task.COUPLINGS,
        hidden=flow_task.UNITS,
        bins=flow_task.BINS,
        edge=flow_task.EDGE,
        dropout=0.0,
        optimizer=_ADAM,
    )
    model = neural_spline.NeuralSplineFlow(config, DataSpec(points.shape[1:]))
    return make_bench(model, points, queries)


def image(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """A Glow of real numbers."""
    config = glow.Config(
        scales=flow_task.SCALES,
        steps=flow_task.STEPS,
        features=flow_task.MAPS,
        optimizer=_ADAM,
    )
    side = math.isqrt(points.shape[1])
    points, queries = (x.reshape(-1, side, side, 1) for x in (points, queries))
    model = glow.Glow(config, DataSpec((side, side, 1)))
    model.begin({"x": points[: bench.BATCH]})
    return make_bench(model, points, queries)
