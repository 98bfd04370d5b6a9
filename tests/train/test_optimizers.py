import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.config import OptimizerConfig
from tfgen.train import optimizers
from tfgen.train.optimizers import Schedule, make_optimizer

START = np.array([1.0, -2.0], np.float32)
GRADIENT = np.array([0.5, -4.0], np.float32)
# 1 - beta has no rounding error.
EXACT = {"beta_1": 0.5, "beta_2": 0.75}


@pytest.mark.parametrize(
    "config, rates",
    [
        # 0.8, then half a cosine from step 50 to step 100, down to 0.2.
        (
            {"schedule": "cosine", "decay_start": 0.5},
            {
                0: 0.8,
                50: 0.8,
                75: 0.5,
                100: 0.2,
                60: 0.2 + 0.3 * (1 + math.cos(math.pi / 5)),
            },
        ),
        # Straight down to 0.2 in the last third.
        (
            {"schedule": "linear", "decay_start": 2 / 3},
            {0: 0.8, 66: 0.8, 75: 0.65, 100: 0.2, 150: 0.2},
        ),
        # 0.8 * (0.2 / 0.8)^(t / 100): half of it half-way.
        ({"schedule": "exponential"}, {0: 0.8, 50: 0.4, 100: 0.2}),
        (
            {"schedule": "exponential", "final_learning_rate": 0.0},
            {0: 0.8, 50: 0.08, 100: 0.008},
        ),
        # A fourth of it at the first of four steps.
        (
            {"schedule": "constant", "warmup_steps": 4},
            {0: 0.2, 1: 0.4, 3: 0.8, 4: 0.8, 99: 0.8},
        ),
        (
            {"schedule": "cosine", "warmup_steps": 50},
            {24: 0.5 * (0.2 + 0.3 * (1 + math.cos(0.24 * math.pi))), 150: 0.2},
        ),
    ],
)
def test_schedules_by_hand(config, rates):
    config = {"final_learning_rate": 0.2} | config
    schedule = Schedule(OptimizerConfig(learning_rate=0.8, **config), 100)
    for step, rate in rates.items():
        np.testing.assert_allclose(
            schedule(step), rate, err_msg=f"step {step}", **tolerances.SAME
        )


def after(steps, *, ema_decay=0.0, **config):
    """Returns a weight after steps of the same gradient, and the optimizer."""
    weight = keras.Variable(START)
    optimizer = make_optimizer(OptimizerConfig(**config), 4, ema_decay)
    optimizer.build([weight])
    for _ in range(steps):
        optimizer.apply([GRADIENT], [weight])
    return weight, optimizer


@pytest.mark.parametrize(
    "config, expected",
    [
        ({"name": "sgd"}, START - 2 * 0.1 * GRADIENT),
        # Velocities -0.1 g, then 0.9 * -0.1 g - 0.1 g.
        ({"name": "sgd", "momentum": 0.9}, START - 0.1 * 2.9 * GRADIENT),
        # The bias-corrected moments of a constant gradient are g and g^2.
        ({"name": "adam", **EXACT}, START - 2 * 0.1 * np.sign(GRADIENT)),
        # Moments 0.2 g^2, then 0.36 g^2.
        (
            {"name": "rmsprop", "beta_2": 0.8},
            START - 0.1 * (0.2**-0.5 + 0.36**-0.5) * np.sign(GRADIENT),
        ),
        # Decoupled: the weight shrinks by 0.1 * 0.5 before each step.
        (
            {"name": "sgd", "weight_decay": 0.5},
            0.95 * (0.95 * START - 0.1 * GRADIENT) - 0.1 * GRADIENT,
        ),
        (
            {"name": "adam", "weight_decay": 0.5, **EXACT},
            0.95 * (0.95 * START - 0.1 * np.sign(GRADIENT))
            - 0.1 * np.sign(GRADIENT),
        ),
        # Rates 0.05 and 0.1.
        ({"name": "sgd", "warmup_steps": 2}, START - 0.15 * GRADIENT),
        # Rates 0.1 and 0.1 * 0.5 (1 + cos(pi / 4)).
        (
            {"name": "sgd", "schedule": "cosine"},
            START - 0.1 * (1.5 + 0.5 * math.cos(math.pi / 4)) * GRADIENT,
        ),
    ],
)
def test_two_steps_by_hand(config, expected):
    weight, _ = after(2, learning_rate=0.1, **config)
    np.testing.assert_allclose(weight, expected, **tolerances.SAME)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_epsilon_is_added_to_the_root(name):
    """A gradient of 1e-5 moves a weight as far as a large one."""
    weight = keras.Variable([0.0])
    config = OptimizerConfig(name, learning_rate=0.1, beta_2=0.8)
    optimizer = make_optimizer(config, 1)
    optimizer.build([weight])
    optimizer.apply([[1e-5]], [weight])
    root = 0.2**0.5 if name == "rmsprop" else 1.0
    expected = -0.1 * 1e-5 / (root * 1e-5 + 1e-7)
    np.testing.assert_allclose(weight, [expected], rtol=0.03)


def test_the_schedule_is_of_the_optimizers_own_steps():
    rates = []
    for steps in range(3):
        _, optimizer = after(steps, learning_rate=0.1, schedule="exponential")
        rates.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(
        rates, 0.1 * 0.01 ** (np.arange(3) / 4), **tolerances.SAME
    )


def test_settings_reach_the_optimizer():
    _, adam = after(
        0, name="adam", beta_1=0.5, beta_2=0.6, epsilon=0.7, ema_decay=0.8
    )
    got = adam.beta_1, adam.beta_2, adam.epsilon, adam.ema_momentum
    assert got == (0.5, 0.6, 0.7, 0.8)
    assert isinstance(adam, keras.optimizers.Adam) and adam.use_ema
    _, rmsprop = after(0, name="rmsprop", beta_2=0.6, momentum=0.5, epsilon=0.7)
    got = rmsprop.rho, rmsprop.momentum, rmsprop.epsilon
    assert got == (0.6, 0.5, 0.7**2)
    assert not rmsprop.use_ema
    # The training step clips: an optimizer sees one replica's gradient.
    _, clipped = after(1, name="sgd", learning_rate=0.1, clip_norm=1e-3)
    assert clipped.global_clipnorm is None and clipped.clipnorm is None


def test_the_moving_average_by_hand():
    weight, optimizer = after(0, name="sgd", learning_rate=0.1, ema_decay=0.9)
    # w_1, then 0.9 a + 0.1 w_2.
    for _ in range(2):
        optimizer.apply([GRADIENT], [weight])
    optimizer.finalize_variable_values([weight])
    expected = START - 0.1 * GRADIENT - 0.1 * 0.1 * GRADIENT
    np.testing.assert_allclose(weight, expected, **tolerances.SAME)


def test_adam_of_a_large_variable_is_keras():
    """One operator for it; it rounds 1 - beta_2 otherwise."""
    random = np.random.default_rng(0)
    gradients = random.normal(size=(4, optimizers._LARGE)).astype(np.float32)
    ends = []
    for kind in (optimizers.Adam, keras.optimizers.Adam):
        variable = keras.Variable(np.zeros(optimizers._LARGE, np.float32))
        adam = kind(1.0, beta_1=0.5)
        adam.build([variable])
        for gradient in gradients:
            adam.apply([tf.constant(gradient)], [variable])
        ends.append([v.numpy() for v in (variable, *adam.variables[2:])])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, **tolerances.FLOAT32)
