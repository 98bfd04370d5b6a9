import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.train import game
from tfgen.config import OptimizerConfig
from tfgen.model import Model, Player
from tfgen.train import step
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import (
    gradient_norms,
    make_train_steps,
    players_of,
    round_length,
    train_step,
)
from tfgen.train.strategy import make_strategy

ONE = tf.distribute.OneDeviceStrategy("CPU:0")
B = 8


def build(strategy, optimizer):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = game.Line(optimizer)
        line = make_optimizer(optimizer, steps=10)
        line.build(model.trainable_variables)
    return model, {"line": line}


def batch(steps, size=B):
    x = np.random.default_rng(0).standard_normal((steps, size, 3), np.float32)
    return {"x": tf.constant(x)}


def values(model):
    return [v.numpy() for v in model.variables]


class Duel(Model):
    """Two numbers: each player moves its own, by the other's latest."""

    def __init__(self, simultaneous=False, every=1):
        super().__init__()
        self.simultaneous, self.every = simultaneous, every
        self.a = self.add_weight(name="a", initializer="ones")
        self.b = self.add_weight(name="b", initializer="ones")

    def players(self):
        sgd = OptimizerConfig("sgd", learning_rate=0.5)
        return {
            "first": Player([self.a], sgd),
            "second": Player([self.b], sgd, self.every),
        }

    def per_example_losses(self, batch, training):
        return {
            "first": batch["x"] * self.a * self.b,
            "second": -batch["x"] * self.a * self.b,
        }


def duel_optimizers(model):
    return {
        name: make_optimizer(player.optimizer, 1)
        for name, player in model.players().items()
    }


def test_players_move_at_once():
    model = Duel(simultaneous=True)
    x = tf.constant([1.0, 3.0])
    losses = train_step(model, duel_optimizers(model), {"x": x}, 2)
    # Both from a = b = 1.
    assert (float(losses["first"]), float(losses["second"])) == (2.0, -2.0)
    assert (float(model.a), float(model.b)) == (0.0, 2.0)


def test_a_player_rests_until_the_last_step_of_its_round():
    model = Duel(every=3)
    assert round_length(model) == 3
    optimizers = duel_optimizers(model)
    for name, player in model.players().items():
        optimizers[name].build(player.variables)
    steps = make_train_steps(model, optimizers, 1, ONE)
    losses = steps({"x": tf.constant([[1.0], [0.0], [-2.0]] * 2)})
    # a: 1 -> 0.5, 0.5, 1.5 with b = 1; then b: 1 + 0.5 * -2 * 1.5 = -0.5.
    np.testing.assert_allclose(losses["first"][:3], [1, 0, -1])
    # The resting player's loss is that of the moment: after a's move.
    np.testing.assert_allclose(losses["second"][:3], [-1, 0, 3])
    # a: 1.5 -> 1.75, 1.75, 1.25; b: -0.5 + 0.5 * -2 * 1.25 = -1.75.
    np.testing.assert_allclose(losses["first"][3:], [-0.75, 0, 1.75])
    assert (float(model.a), float(model.b)) == (1.25, -1.75)


def test_players_move_in_turn():
    model = Duel()
    optimizers = duel_optimizers(model)
    losses = train_step(model, optimizers, {"x": tf.constant([1.0, 3.0])}, 2)
    # Mean x is 2: a = 1 - 0.5 * 2 * 1; then b = 1 + 0.5 * 2 * a, and a is 0.
    assert list(losses) == ["first", "second"]
    assert (float(losses["first"]), float(losses["second"])) == (2.0, 0.0)
    assert (float(model.a), float(model.b)) == (0.0, 1.0)


class Forger(Model):
    """Both learn from y = a z: D(x) = b x, and a has a penalty of its own."""

    def __init__(self):
        super().__init__()
        self.b = self.add_weight(name="b", initializer="ones")
        self.a = self.add_weight(name="a", initializer="ones")
        self.made, self.passes = (
            self.add_weight(name=name, initializer="zeros", trainable=False)
            for name in ("made", "passes")
        )

    def players(self):
        sgd = OptimizerConfig("sgd", learning_rate=0.5)
        return {
            "critic": Player([self.b], sgd),
            "forger": Player([self.a], sgd),
        }

    def generate(self, batch, training):
        self.made.assign_add(1.0)
        return self.a * batch["z"]

    def per_example_losses(self, batch, training):
        self.passes.assign_add(1.0)
        y = batch["generated"]
        return {
            "critic": self.b * (y - batch["x"]),
            "forger": -self.b * y + self.a**2,
        }


def test_what_is_generated_is_made_once():
    model = Forger()
    steps = make_train_steps(model, duel_optimizers(model), 1, ONE)
    losses = steps({"x": tf.constant([[5.0]]), "z": tf.constant([[2.0]])})
    # b = 1 - 0.5 * (2 - 5) = 2.5; then a = 1 - 0.5 * (-2.5 * 2 + 2) = 2.5.
    np.testing.assert_allclose(losses["critic"], [-3.0])
    np.testing.assert_allclose(losses["forger"], [-4.0])
    assert (float(model.b), float(model.a)) == (2.5, 2.5)
    # The second move's pass is no news for moving statistics.
    assert (float(model.made), float(model.passes)) == (1.0, 1.0)


def test_gradients_are_measured_and_nothing_moves():
    model = Forger()
    model.b.assign(3.0)
    batch = {"x": tf.constant([5.0, 1.0]), "z": tf.constant([2.0, 4.0])}
    norms = gradient_norms(model, batch)
    # mean(2 - 5, 4 - 1) = 0, and -3 * mean(2, 4) + 2 = -7.
    assert {n: float(v) for n, v in norms.items()} == {"critic": 0, "forger": 7}
    moved = [float(v) for v in (model.a, model.b, model.made, model.passes)]
    assert moved == [1.0, 3.0, 0.0, 0.0]


def test_a_step_is_the_gradient_of_the_mean():
    model, optimizers = build(ONE, OptimizerConfig("sgd", learning_rate=0.1))
    x = batch(1)["x"][0]
    before = model.dense.kernel.numpy()
    model.norm.mean.assign([0.3, -0.2])
    loss = train_step(model, optimizers, {"x": x}, B)["line"]
    inputs = model.norm(x[:, :2]).numpy()  # with the averages of that step
    errors = inputs @ before[:, 0] - x[:, 2]  # the bias starts at 0
    gradient = 2 * (inputs * errors.numpy()[:, None]).mean(axis=0)
    np.testing.assert_allclose(
        loss, (errors**2).numpy().mean(), **tolerances.SAME
    )
    np.testing.assert_allclose(
        model.dense.kernel[:, 0], before[:, 0] - 0.1 * gradient, rtol=1e-5
    )


def test_many_steps_in_a_call_are_the_same_steps():
    sgd = OptimizerConfig("sgd", learning_rate=0.1, momentum=0.9)
    model, optimizers = build(ONE, sgd)
    data = batch(5)
    losses = [
        train_step(model, optimizers, {"x": x}, B)["line"] for x in data["x"]
    ]
    other, others = build(ONE, sgd)
    steps = make_train_steps(other, others, B, ONE)
    history = [steps({"x": data["x"][:3]}), steps({"x": data["x"][3:]})]
    got = np.concatenate([h["line"] for h in history])
    np.testing.assert_allclose(got, losses, **tolerances.SAME)
    for a, b in zip(values(model), values(other)):
        np.testing.assert_allclose(a, b, **tolerances.SAME)


def halves(two, data):
    """A batch [K, B, ...] for two replicas."""
    parts = tf.split(data["x"], 2, axis=1)
    return two.experimental_distribute_values_from_function(
        lambda c: {"x": parts[c.replica_id_in_sync_group]}
    )


@pytest.mark.parametrize("clip_norm", [0.0, 0.3, 100.0])
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_two_replicas_make_the_same_update_as_one(name, clip_norm):
    config = OptimizerConfig(name, learning_rate=0.1, clip_norm=clip_norm)
    model, optimizers = build(ONE, config)
    data = batch(3)
    losses = make_train_steps(model, optimizers, B, ONE)(data)["line"]

    two = make_strategy("mirrored")
    assert two.num_replicas_in_sync == 2
    other, others = build(two, config)
    got = make_train_steps(other, others, B, two)(halves(two, data))["line"]
    np.testing.assert_allclose(got, losses, **tolerances.SAME)
    for a, b in zip(values(model), values(other)):
        np.testing.assert_allclose(a, b, **tolerances.SAME)


@pytest.mark.parametrize("size", [1.0, 1e25])
def test_clipping_by_hand(size):
    """Both weights of a norm of 5 are scaled by 1/5, by one factor.

    So are those whose squares are no float32.
    """
    weights = [keras.Variable(0.0), keras.Variable(0.0)]

    class Slope(Model):
        def players(self):
            sgd = OptimizerConfig("sgd", learning_rate=1.0, clip_norm=1.0)
            return {"slope": Player(weights, sgd)}

        def per_example_losses(self, batch, training):
            a, b = weights
            return {"slope": size * batch["x"] * (3 * a - 4 * b)}

    model = Slope()
    optimizers = {"slope": keras.optimizers.SGD(1.0)}
    train_step(model, optimizers, {"x": tf.ones(2)}, 2)
    np.testing.assert_allclose(
        [float(w) for w in weights], [-0.6, 0.8], **tolerances.SAME
    )


def test_jit_compile_changes_rounding_only():
    adam = OptimizerConfig(learning_rate=0.1, clip_norm=0.5)
    results = []
    for jit_compile in (False, True):
        model, optimizers = build(ONE, adam)
        steps = make_train_steps(model, optimizers, B, ONE, jit_compile)
        results.append([steps(batch(4))["line"], *values(model)])
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, **tolerances.SAME)


def test_two_replicas_train_without_xla_and_say_so(two_replicas, monkeypatch):
    said = []
    monkeypatch.setattr(step.logging, "warning", said.append)
    results = []
    for jit_compile in (False, True):
        model, optimizers = build(two_replicas, OptimizerConfig("sgd"))
        steps = make_train_steps(
            model, optimizers, B, two_replicas, jit_compile
        )
        losses = steps(halves(two_replicas, batch(2)))["line"]
        results.append([losses, *values(model)])
    for a, b in zip(*results):
        np.testing.assert_array_equal(a, b)
    (line,) = said
    assert line.startswith("jit_compile: XLA cannot compile steps of several")


def test_a_player_without_variables_is_an_error():
    model = game.Line()
    model.players = lambda: {"line": Player([], OptimizerConfig())}
    with pytest.raises(ValueError, match="player 'line' has no variables"):
        players_of(model)
