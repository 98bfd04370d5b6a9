"""tfgen: the `toy` preset's model, its training step and its data pipeline."""

import functools
import itertools

import keras
import numpy as np
import tensorflow as tf

from benchmarks import bench
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.data.pipeline import train_batches
from tfgen.data.source import ArraySource
from tfgen.model import Model
from tfgen.models.flows.real_nvp import Config, RealNVP
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP as `apps.train --preset=toy` trains it, batches included."""
    return make_bench(make_model(), points, queries)


def make_model() -> RealNVP:
    """Returns the task's model."""
    config = Config(
        couplings=bench.COUPLINGS,
        hidden=bench.HIDDEN,
        batch_norm=False,
        optimizer=OptimizerConfig(learning_rate=bench.LEARNING_RATE),
    )
    return RealNVP(config, DataSpec((2,)))


def built_optimizer(model: Model) -> keras.optimizers.Optimizer:
    """Returns the optimizer of a flow, with its variables."""
    optimizer = make_optimizer(model.config.optimizer, steps=1)
    optimizer.build(model.trainable_variables)
    return optimizer


def make_steps(
    model: Model, optimizer: keras.optimizers.Optimizer, jit_compile: bool
):
    """Returns the compiled training steps of a flow."""
    return make_train_steps(
        model,
        {"flow": optimizer},
        bench.BATCH,
        tf.distribute.get_strategy(),
        jit_compile,
    )


def make_bench(
    model: Model, points: np.ndarray, queries: np.ndarray
) -> bench.Bench:
    """Makes the work of a flow of ours.

    Args:
      model: of one player.
      points: training data [N, *shape].
      queries: [Q, *shape], see `bench.py`.
    """
    optimizer = built_optimizer(model)
    source = ArraySource(model.spec, {"train": {"x": points}})
    train = {}
    for name, jit_compile in (("tf.function", False), ("XLA", True)):
        steps = make_steps(model, optimizer, jit_compile)
        batches = train_batches(
            source,
            batch_size=bench.BATCH,
            seed=0,
            num_steps=1_000_000_000,
            steps_per_call=bench.STEPS_PER_CALL,
        )
        iterator = iter(batches)
        train[f"{name}, {bench.STEPS_PER_CALL} a call"] = bench.Work(
            lambda steps=steps, iterator=iterator: steps(next(iterator))[
                "flow"
            ],
            bench.STEPS_PER_CALL,
        )

    def score(x):
        return model.log_prob(x)

    def draw(count, seed):
        size = [count, model.sample_noise]
        noise = tf.random.stateless_normal(size, seed, alg="philox")
        return model.sample(noise)

    def work(compiled, inputs):
        return bench.Work(lambda: compiled(next(inputs)), len(queries))

    sample, log_prob = {}, {}
    for how, jit_compile in (("tf.function", False), ("XLA", True)):
        # One is all at once.
        for chunks in {1, bench.chunks(len(queries), queries[0].size)}:
            name = f"{how}, {chunks} chunks" if chunks > 1 else how
            parts = tf.constant(queries.reshape(chunks, -1, *queries.shape[1:]))
            seeds = map(functools.partial(_seeds, chunks), itertools.count())
            draws = functools.partial(draw, len(queries) // chunks)
            sample[name] = work(_mapped(draws, jit_compile), seeds)
            log_prob[name] = work(
                _mapped(score, jit_compile), itertools.repeat(parts)
            )
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    parameters = sum(int(tf.size(w)) for w in model.trainable_variables)
    return bench.Bench(versions, train, sample, log_prob, parameters)


def _mapped(function, jit_compile):
    """One compiled function: [chunks, ...] -> the results, end to end."""

    @tf.function(jit_compile=jit_compile)
    def mapped(chunks):
        results = tf.map_fn(function, chunks, fn_output_signature=tf.float32)
        return tf.reshape(results, [-1, *results.shape[2:]])

    return mapped


def _seeds(chunks, call):
    """[chunks, 2] int32, other ones each call."""
    return tf.stack([tf.fill([chunks], call), tf.range(chunks)], axis=1)
