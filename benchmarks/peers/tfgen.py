"""tfgen: the `toy` preset's model, its training step and its data pipeline."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from benchmarks import bench
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.data.pipeline import train_batches
from tfgen.data.source import ArraySource
from tfgen.models.flows.real_nvp import Config, RealNVP
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps


def build(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Real NVP as `apps.train --preset=toy` trains it, batches included."""
    config = Config(
        couplings=bench.COUPLINGS,
        hidden=bench.HIDDEN,
        batch_norm=False,
        optimizer=OptimizerConfig(learning_rate=bench.LEARNING_RATE),
    )
    spec = DataSpec((2,))
    model = RealNVP(config, spec)
    optimizer = make_optimizer(config.optimizer, steps=1)
    optimizer.build(model.trainable_variables)
    source = ArraySource(spec, {"train": {"x": points}})
    train = {}
    for name, jit_compile in (("tf.function", False), ("XLA", True)):
        steps = make_train_steps(
            model,
            {"flow": optimizer},
            bench.BATCH,
            tf.distribute.get_strategy(),
            jit_compile,
        )
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
    sample, log_prob = {}, {}
    for jit_compile, chunk in itertools.product(
        (False, True), (bench.CHUNK, len(queries))
    ):
        name = f"{'XLA' if jit_compile else 'tf.function'}, {chunk} a call"
        sample[name] = bench.Work(
            _sampler(model, len(queries), chunk, jit_compile), len(queries)
        )
        log_prob[name] = bench.Work(
            _scorer(model, queries, chunk, jit_compile), len(queries)
        )
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    return bench.Bench(versions, train, sample, log_prob)


def _sampler(model, count, chunk, jit_compile):
    @tf.function(jit_compile=jit_compile)
    def draw(seed):
        noise = tf.random.stateless_normal([chunk, 2], tf.stack([seed, 0]))
        return model.sample(noise)

    seeds = itertools.count()

    def call():
        parts = [draw(tf.constant(next(seeds))) for _ in range(count // chunk)]
        return np.concatenate(parts)

    return call


def _scorer(model, queries, chunk, jit_compile):
    score = tf.function(model.log_prob, jit_compile=jit_compile)
    parts = [tf.constant(p) for p in np.split(queries, len(queries) // chunk)]
    return lambda: np.concatenate([score(part) for part in parts])
