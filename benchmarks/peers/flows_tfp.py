"""TensorFlow Probability: `MaskedAutoregressiveFlow`, as graphs and under XLA.

Its networks are layers of tf_keras; the optimizer is written out, as tf_keras's
own is not compiled with the step.
"""

import itertools
from importlib import metadata

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks import bench, flow_task

tfb, tfd = tfp.bijectors, tfp.distributions
_CALLS = 4  # steps unrolled in a call


class _Adam:
    """Adam of plain variables."""

    def __init__(self, variables):
        self._variables = variables
        self._step = tf.Variable(0.0)
        self._moments = [
            (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v)))
            for v in variables
        ]

    def apply(self, gradients):
        """Moves the variables."""
        step = self._step.assign_add(1.0)
        rate = bench.LEARNING_RATE * tf.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for v, g, (m, s) in zip(self._variables, gradients, self._moments):
            m.assign(0.9 * m + 0.1 * g)
            s.assign(0.999 * s + 0.001 * g * g)
            v.assign_sub(rate * m / (tf.sqrt(s) + 1e-7))


def maf(points: np.ndarray, queries: np.ndarray) -> bench.Bench:
    """Layers in reverse order each, whose log scales are not bounded."""
    tf.random.set_seed(0)
    D, parts, networks = points.shape[1], [], []
    for _ in range(flow_task.LAYERS):
        network = tfb.AutoregressiveNetwork(
            2,
            event_shape=[D],
            hidden_units=list(flow_task.HIDDEN),
            activation="relu",
        )
        networks.append(network)
        parts += [
            tfb.MaskedAutoregressiveFlow(network),
            tfb.Permute(list(reversed(range(D)))),
        ]
    base = tfd.MultivariateNormalDiag(tf.zeros(D))
    flow = tfd.TransformedDistribution(base, tfb.Chain(parts))
    flow.log_prob(queries[:1])  # makes the variables
    variables = [v for n in networks for v in n.trainable_variables]
    adam, data = _Adam(variables), tf.constant(points)

    def step():
        rows = tf.random.uniform([bench.BATCH], 0, len(points), tf.int32)
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(flow.log_prob(tf.gather(data, rows)))
        adam.apply(tape.gradient(loss, variables))
        return loss

    def steps():
        return tf.stack([step() for _ in range(_CALLS)])

    def compiled(function, items, *arguments):
        def work(xla):
            graph = tf.function(function, jit_compile=xla)
            return bench.Work(lambda: graph(*map(next, arguments)), items)

        return {"tf.function": work(False), "XLA": work(True)}

    def sample(seed):
        return flow.sample(len(queries), seed=seed)

    seeds = (tf.constant([0, i]) for i in itertools.count())
    x = itertools.repeat(tf.constant(queries))
    return bench.Bench(
        {
            "tensorflow-probability": metadata.version(
                "tensorflow-probability"
            ),
            "tensorflow": tf.__version__,
        },
        compiled(steps, _CALLS),
        compiled(sample, len(queries), seeds),
        compiled(flow.log_prob, len(queries), x),
        sum(int(tf.size(v)) for v in variables),
    )
