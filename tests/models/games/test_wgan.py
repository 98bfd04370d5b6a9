"""The compiled critic of Gulrajani et al. 2017, eq. 3, against NumPy."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import ndtr

from tests.train import graphs
from tfgen import registry
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps
from tfgen.train.strategy import make_strategy

B, LEVELS, RATE = 8, 17, 0.1
SPEC = DataSpec((8, 8, 1), LEVELS, 10)


def build():
    keras.utils.set_random_seed(0)
    sgd = OptimizerConfig("sgd", learning_rate=RATE)
    entry = registry.get("wgan")
    settings = dataclasses.replace(
        entry.module().PRESETS["tiny"].network,
        generator_optimizer=sgd,
        critic_optimizer=sgd,
    )
    return entry.build(settings, SPEC)


def batches(model, seed, steps):
    random = np.random.default_rng(seed)
    x = random.integers(LEVELS, size=(steps, B, *SPEC.shape))
    noise = {
        name: random.standard_normal((steps, B, *wanted.shape))
        for name, wanted in model.noise.items()
    }
    return {name: value.astype(np.float32) for name, value in noise.items()} | {
        "x": x.astype(np.float32)
    }


def critic_step(W, c, v, x, y, share, penalty):
    """Loss and next weights of f(x) = v . leaky(W'x + c), by hand.

    Args:
      W: [D, H].
      c: [H].
      v: [H, 1].
      x: data, [B, D].
      y: samples, [B, D].
      share: of data in what the penalty is taken at, [B].
      penalty: lambda.
    """

    def hidden(u):
        slope = np.where(u @ W + c > 0, 1.0, 0.2)
        return (u @ W + c) * slope, slope * v[:, 0]

    between = share[:, None] * x + (1 - share[:, None]) * y
    (hx, vx), (hy, vy), (_, vb) = map(hidden, (x, y, between))
    slope = vb / v[:, 0]
    gradient = vb @ W.T  # of f at what is between, [B, D]
    norm = np.linalg.norm(gradient, axis=1)
    loss = ((hy - hx) @ v[:, 0] + penalty * (norm - 1) ** 2).mean()
    # Of the penalty by that gradient.
    pull = (2 * penalty * (norm - 1) / norm / B)[:, None] * gradient
    dW = (y.T @ vy - x.T @ vx) / B + pull.T @ vb
    dc = (vy - vx).mean(0)
    dv = (hy - hx).mean(0) + (slope * (pull @ W)).sum(0)
    return loss, (W - RATE * dW, c - RATE * dc, v - RATE * dv[:, None])


def by_hand(model, batch):
    """Losses [K] and last weights of the critic, in float64."""
    weights = [w.numpy().astype(float) for w in model.critic.weights]
    losses = []
    for x, z, share in zip(batch["x"], batch["z"], batch["share"]):
        x = x.reshape(B, -1) * (2 / (LEVELS - 1)) - 1
        y = model.generator(z, training=True).numpy().reshape(B, -1)
        share = ndtr(share.astype(float))
        loss, weights = critic_step(
            *weights, x.astype(float), y.astype(float), share, penalty=10
        )
        losses.append(loss)
    return losses, weights


# First: where many graphs have run, to look at one takes seconds.
@pytest.mark.slow
def test_compiled_critic_is_that_of_the_paper():
    """On fresh models: what orders reads and updates is made with a graph."""
    strategy = make_strategy("cpu")
    for trace in range(3):
        model = build()
        batch = batches(model, seed=trace, steps=2)
        losses, weights = by_hand(model, batch)
        optimizers = {}
        for name, player in model.players().items():
            optimizers[name] = make_optimizer(player.optimizer, 100)
            optimizers[name].build(player.variables)
        steps = make_train_steps(model, optimizers, B, strategy)
        # TensorFlow warns of a function that is traced for each of many models.
        tensors = {name: tf.constant(value) for name, value in batch.items()}
        steps = steps.get_concrete_function(tensors)
        results = []
        graph = graphs.optimized(lambda: results.append(steps(tensors)))
        assert not graphs.unordered(graph)
        (history,) = results
        np.testing.assert_allclose(history["critic"], losses, rtol=1e-5)
        for got, expected in zip(model.critic.weights, weights):
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
