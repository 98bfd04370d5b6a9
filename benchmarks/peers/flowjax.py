"""flowjax: its `coupling_flow` with an `Affine` transformer.

The transformer's scale is `exp(tanh(s))`. `coupling_flow` flips the two
dimensions after each coupling and scans over the layers.
"""

import equinox as eqx
import flowjax.bijections
import flowjax.distributions
import flowjax.flows
import jax
import jax.numpy as jnp
import numpy as np
import paramax

from benchmarks import bench
from benchmarks.peers import jax_common


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP from flowjax."""
    transformer = eqx.tree_at(
        lambda affine: affine.scale,
        flowjax.bijections.Affine(),
        paramax.Parameterize(lambda s: jnp.exp(jnp.tanh(s)), jnp.zeros(())),
    )
    flow = flowjax.flows.coupling_flow(
        jax.random.key(1),
        base_dist=flowjax.distributions.Normal(jnp.zeros(2)),
        transformer=transformer,
        flow_layers=bench.COUPLINGS,
        nn_width=bench.HIDDEN[0],
        nn_depth=len(bench.HIDDEN),
    )
    params, static = eqx.partition(
        flow,
        eqx.is_inexact_array,
        is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable),
    )

    def combined(params: object) -> flowjax.distributions.Transformed:
        return paramax.unwrap(eqx.combine(params, static))

    return jax_common.make_bench(
        "flowjax",
        params,
        lambda params, x: combined(params).log_prob(x),
        lambda params, key, count: combined(params).sample(key, (count,)),
        points,
        queries,
    )
