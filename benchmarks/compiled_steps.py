"""Compiled training steps of fresh models against eager ones in float64.

    python -m benchmarks.compiled_steps --traces=15
    python -m benchmarks.compiled_steps --how=xla --model=gan --model=wgan

A trace is right if losses and variables after two rounds of every player are
those of the same steps made one by one in double precision.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

from tfgen import registry
from tfgen.config import OptimizerConfig, TrainConfig, apply_overrides
from tfgen.nn import randomize
from tfgen.nn.precision import computing_in
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps, round_length
from tfgen.train.strategy import make_strategy

B = 8
SGD = OptimizerConfig("sgd", learning_rate=0.01)
# A dropped order shows in the third digit; float32 leaves five.
_TOLERANCE = 1e-3

FLAGS = flags.FLAGS
HOW = ("compiled", "two_replicas", "xla")


class Result(NamedTuple):
    """Of two rounds.

    Attributes:
      losses: player -> loss of each step, [K].
      variables: path -> value.
    """

    losses: dict[str, np.ndarray]
    variables: dict[str, np.ndarray]


class Steps:
    """A fresh `tiny` model, its batches, and the function that makes steps.

    Attributes:
      model: whose players have the optimizer that was asked for.
      start: its variables at the start.
      batch: [K, B, ...], for each replica.
    """

    def __init__(
        self,
        name: str,
        dtype: str,
        how: str = "compiled",
        seed: int = 0,
        settings: Sequence[str] = (),
        optimizer: OptimizerConfig = SGD,
        pieces: int = 1,
    ):
        """Builds the model.

        Args:
          name: in the registry.
          dtype: "float32" or "float64".
          how: one of `HOW`.
          seed: of weights and batches.
          settings: `name=value`, beside those of `tiny`.
          optimizer: of every player; updates of plain SGD are the gradients.
          pieces: that each replica's part of a batch is cut in.
        """
        two = how == "two_replicas"
        strategy = make_strategy("mirrored" if two else "cpu")
        data, model, self.start = start(name, seed, tuple(settings))
        with computing_in(dtype), strategy.scope():
            self.model = registry.get(name).build(model.config, data.spec)
            players = {
                key: dataclasses.replace(player, optimizer=optimizer)
                for key, player in self.model.players().items()
            }
            self.model.players = lambda: players
            optimizers = {key: make_optimizer(optimizer, 1) for key in players}
            for key, player in players.items():
                optimizers[key].build(player.variables)
        K = 2 * round_length(self.model)
        train = TrainConfig(steps=K, batch_size=B, steps_per_call=K, seed=seed)
        replicas = strategy.num_replicas_in_sync
        parts = [
            {
                key: tf.cast(value, dtype) if value.dtype.is_floating else value
                for key, value in part.items()
            }
            for part in data.train_batches(
                train, self.model.noise, num_replicas=replicas
            )
        ]
        self.batch = strategy.experimental_distribute_values_from_function(
            lambda context: parts[context.replica_id_in_sync_group]
        )
        self._dtype = dtype
        self._steps = make_train_steps(
            self.model, optimizers, B, strategy, how == "xla", (), pieces
        )

        self.reset()

    def reset(self) -> None:
        """Puts the weights back to the start."""
        for variable, value in zip(self.model.variables, self.start):
            variable.assign(value)

    def run(self) -> Result:
        """Makes the steps, from the same weights each time."""
        self.reset()
        with computing_in(self._dtype):
            losses = self._steps(self.batch)
        return Result(
            {key: loss.numpy() for key, loss in losses.items()},
            {v.path: v.numpy() for v in self.model.variables},
        )


@functools.cache
def start(name: str, seed: int, settings: tuple[str, ...]):
    """Returns data, and a model with the weights that all begin with."""
    entry = registry.get(name)
    preset = apply_overrides(entry.module().PRESETS["tiny"], settings)
    data = preset.data.load(seed)
    # What Keras draws depends on the type.
    keras.utils.set_random_seed(seed)
    with computing_in("float32"):
        model = entry.build(preset.network, data.spec)
    model.dequantized = data.noisy and not model.discrete
    randomize(model.variables, 0.1, seed)
    return data, model, [variable.numpy() for variable in model.variables]


def eager(steps: Steps) -> Result:
    """Makes the steps one by one."""
    tf.config.run_functions_eagerly(True)
    try:
        return steps.run()
    finally:
        tf.config.run_functions_eagerly(False)


def deviation(got: Result, expected: Result) -> float:
    """The largest `|a - b| / max(1, |b|)` of losses and variables."""
    # Names of layers are counted on from model to model; their order stays.
    pairs = [
        *zip(got.losses.values(), expected.losses.values(), strict=True),
        *zip(got.variables.values(), expected.variables.values(), strict=True),
    ]
    return max(
        float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b)), initial=0))
        for a, b in pairs
        if b.dtype.kind == "f"
    )


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}")
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    tf.config.experimental.enable_op_determinism()
    print("| model | how | wrong | of | largest deviation |")
    print("|---|---|---:|---:|---:|")
    for name in FLAGS.model:
        expected = [
            eager(Steps(name, "float64", seed=seed))
            for seed in range(FLAGS.traces)
        ]
        for how in FLAGS.how:
            dynamic = Steps(name, "float32").model.dynamic_shapes
            if how == "xla" and dynamic:
                print(f"| {name} | {how} | refused: dynamic shapes | | |")
                continue
            off = [
                deviation(Steps(name, "float32", how, seed).run(), result)
                for seed, result in enumerate(expected)
            ]
            wrong = sum(not value < _TOLERANCE for value in off)
            print(
                f"| {name} | {how} | {wrong} | {len(off)} | {max(off):.1e} |",
                flush=True,
            )


if __name__ == "__main__":
    names = list(registry.MODELS)
    flags.DEFINE_multi_enum("model", names, names, "Repeat for more.")
    flags.DEFINE_multi_enum("how", HOW, HOW, "Repeat for more.")
    flags.DEFINE_integer("traces", 3, "Fresh models.", lower_bound=1)
    app.run(main)
