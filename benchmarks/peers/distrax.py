"""distrax: `SplitCoupling` with `ScalarAffine`.

`SplitCoupling` computes one half where `MaskedCoupling` computes both and
throws one away. distrax has no networks; the conditioner is plain jax.numpy.
"""

import itertools

import distrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import bench
from benchmarks.peers import jax_common

Layers = list[tuple[jax.Array, jax.Array]]


def init_mlp(key: jax.Array) -> Layers:
    """Weights and biases; the last layer is zero: the flow starts as 1."""
    sizes = (1, *bench.HIDDEN, 2)
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        key, use = jax.random.split(key)
        init = jax.nn.initializers.he_normal()
        layers.append((init(use, (inputs, outputs)), jnp.zeros(outputs)))
    layers[-1] = (jnp.zeros_like(layers[-1][0]), layers[-1][1])
    return layers


def mlp(layers: Layers, x: jax.Array) -> jax.Array:
    """[..., 1] -> [..., 2]."""
    *hidden, (weights, bias) = layers
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    return x @ weights + bias


def affine(parameters: jax.Array) -> distrax.Bijector:
    """The scalar map with `log s = tanh`, from [..., 2]."""
    log_scale, shift = jnp.split(parameters, 2, axis=-1)
    return distrax.ScalarAffine(shift, log_scale=jnp.tanh(log_scale))


def make_flow(params: list[Layers]) -> distrax.Transformed:
    """The flow; `forward` goes from noise to data."""
    couplings = [
        distrax.SplitCoupling(
            split_index=1,
            event_ndims=1,
            conditioner=lambda x, layers=layers: mlp(layers, x),
            bijector=affine,
            swap=bool(index % 2),
        )
        for index, layers in enumerate(params)
    ]
    base = distrax.MultivariateNormalDiag(jnp.zeros(2), jnp.ones(2))
    return distrax.Transformed(base, distrax.Chain(couplings))


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP from distrax."""
    keys = jax.random.split(jax.random.key(1), bench.COUPLINGS)
    return jax_common.make_bench(
        "distrax",
        [init_mlp(key) for key in keys],
        lambda params, x: make_flow(params).log_prob(x),
        lambda params, key, count: make_flow(params).sample(
            seed=key, sample_shape=(count,)
        ),
        points,
        queries,
    )
