"""What the JAX libraries share: the training step and its variants.

The state is donated to the compiled step, so it is updated in place. Training
is timed with one step a call and with `STEPS_PER_CALL` under `lax.scan`,
`sample` and `log_prob` in one piece and in chunks under `lax.map`; the runner
reports the better. The minibatch is drawn inside the compiled step.
"""

import itertools
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks import bench

Params = Any


def make_bench(
    package: str,
    params: Params,
    log_prob: Callable[[Params, jax.Array], jax.Array],
    sample: Callable[[Params, jax.Array, int], jax.Array],
    points: np.ndarray,
    queries: np.ndarray,
) -> bench.Bench:
    """Makes the work of a JAX flow.

    Args:
      package: the library's distribution name.
      params: the trained arrays.
      log_prob: params, points [B, D] -> nats [B].
      sample: params, key, number of points B -> [B, D].
      points: training data [N, D].
      queries: [Q, D], see `bench.py`.
    """
    data = jnp.asarray(points)
    batch = jnp.asarray(queries)
    chunks = bench.chunks(*batch.shape)
    optimizer = optax.adam(bench.LEARNING_RATE)
    state = (params, optimizer.init(params), jax.random.key(0))

    def step(state: Any) -> tuple[Any, jax.Array]:
        params, moments, key = state
        key, rows_key = jax.random.split(key)
        rows = jax.random.randint(rows_key, (bench.BATCH,), 0, len(data))
        loss, gradients = jax.value_and_grad(
            lambda params: -log_prob(params, data[rows]).mean()
        )(params)
        updates, moments = optimizer.update(gradients, moments, params)
        return (optax.apply_updates(params, updates), moments, key), loss

    def steps(state: Any) -> tuple[Any, jax.Array]:
        return jax.lax.scan(
            lambda state, _: step(state), state, length=bench.STEPS_PER_CALL
        )

    def train(update: Callable[[Any], Any], items: int) -> bench.Work:
        compiled = jax.jit(update, donate_argnums=0)

        def call() -> jax.Array:
            nonlocal state
            state, loss = compiled(state)
            return loss

        return bench.Work(call, items)

    def large(
        function: Callable[[Params, Any], jax.Array], arguments: Iterator[Any]
    ) -> bench.Work:
        compiled = jax.jit(function)
        return bench.Work(
            lambda: compiled(state[0], next(arguments)), items=len(batch)
        )

    def sample_whole(params: Params, seed: jax.Array) -> jax.Array:
        return sample(params, jax.random.key(seed), len(batch))

    def sample_chunks(params: Params, seed: jax.Array) -> jax.Array:
        keys = jax.random.split(jax.random.key(seed), chunks)
        return jax.lax.map(
            lambda key: sample(params, key, len(batch) // chunks), keys
        ).reshape(batch.shape)

    def log_prob_chunks(params: Params, x: jax.Array) -> jax.Array:
        return jax.lax.map(
            lambda piece: log_prob(params, piece),
            x.reshape(chunks, -1, *x.shape[1:]),
        ).reshape(-1)

    return bench.Bench(
        versions={
            package: metadata.version(package),
            "jax": jax.__version__,
        },
        train={
            "jit": train(step, 1),
            "jit, scan": train(steps, bench.STEPS_PER_CALL),
        },
        sample={
            "jit": large(sample_whole, itertools.count()),
            "jit, chunks": large(sample_chunks, itertools.count()),
        },
        log_prob={
            "jit": large(log_prob, itertools.repeat(batch)),
            "jit, chunks": large(log_prob_chunks, itertools.repeat(batch)),
        },
        parameters=sum(leaf.size for leaf in jax.tree.leaves(params)),
    )
