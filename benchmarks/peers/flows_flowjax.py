"""flowjax: its `masked_autoregressive_flow` and `coupling_flow`.

Both permute the dimensions between layers and scan over them.
"""

import equinox as eqx
import flowjax.bijections
import flowjax.distributions
import flowjax.flows
import jax
import jax.numpy as jnp
import numpy as np
import paramax

from benchmarks import bench, flow_task
from benchmarks.peers import jax_common


def _bench(flow, points, queries):
    params, static = eqx.partition(
        flow,
        eqx.is_inexact_array,
        is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable),
    )

    def combined(params):
        return paramax.unwrap(eqx.combine(params, static))

    return jax_common.make_bench(
        "flowjax",
        params,
        lambda params, x: combined(params).log_prob(x),
        lambda params, key, count: combined(params).sample(key, (count,)),
        points,
        queries,
    )


def maf(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """The library's own, whose density is the fast way."""
    flow = flowjax.flows.masked_autoregressive_flow(
        jax.random.key(1),
        base_dist=flowjax.distributions.Normal(jnp.zeros(points.shape[1])),
        flow_layers=flow_task.LAYERS,
        nn_width=flow_task.HIDDEN[0],
        nn_depth=len(flow_task.HIDDEN),
    )
    return _bench(flow, points, queries)


def spline(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Couplings by its spline."""
    flow = flowjax.flows.coupling_flow(
        jax.random.key(1),
        base_dist=flowjax.distributions.Normal(jnp.zeros(points.shape[1])),
        transformer=flowjax.bijections.RationalQuadraticSpline(
            knots=flow_task.BINS, interval=flow_task.EDGE
        ),
        flow_layers=flow_task.COUPLINGS,
        nn_width=flow_task.UNITS[0],
        nn_depth=len(flow_task.UNITS),
    )
    return _bench(flow, points, queries)
