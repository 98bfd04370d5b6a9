"""A small game to train in tests, and what its workdir holds afterwards."""

import json

import keras
import numpy as np
import tensorflow as tf

from tfgen.config import DataSpec, OptimizerConfig, TrainConfig
from tfgen.data import pipeline
from tfgen.data.source import ArraySource
from tfgen.model import Model, Player
from tfgen.nn import RunningBatchNorm
from tfgen.train import loop
from tfgen.train.hooks import Hooks

SETTINGS = {
    "steps": 12,
    "batch_size": 8,
    "steps_per_call": 2,
    "log_every": 2,
    "evaluate_every": 4,
    "checkpoint_every": 4,
}


class Line(Model):
    """Least squares: the last column of x from the others, normalized."""

    def __init__(self, optimizer=None):
        super().__init__()
        self.optimizer_config = optimizer or OptimizerConfig(learning_rate=0.05)
        self.norm = RunningBatchNorm()
        self.dense = keras.layers.Dense(1)
        self.seen = self.add_weight(
            name="seen",
            trainable=False,
            initializer="zeros",
            aggregation="only_first_replica",
        )
        self(tf.zeros((1, 3)))

    def call(self, x, training=False):
        return self.dense(self.norm(x[:, :2], training=training))[:, 0]

    def players(self):
        return {"line": Player(self.trainable_variables, self.optimizer_config)}

    @property
    def step(self):
        """Number of training steps that the weights have seen."""
        return int(self.seen.numpy())

    def per_example_losses(self, batch, training):
        if training:
            self.seen.assign_add(1.0)
        y = tf.cast(self(batch["x"], training=training), tf.float32)
        return {"line": tf.square(y - batch["x"][:, 2])}


def source():
    random = np.random.default_rng(0)
    x = random.standard_normal((100, 3)).astype(np.float32)
    x[:, 2] += 2 * x[:, 0] - x[:, 1]
    spec = DataSpec((3,))
    return ArraySource(spec, {"train": {"x": x[:70]}, "test": {"x": x[70:]}})


def validation(model):
    return {"loss": float(np.mean(_errors(model)))}


def _errors(model):
    batch = {"x": tf.constant(source().splits["test"]["x"])}
    return model.per_example_losses(batch, training=False)["line"].numpy()


def train(
    workdir,
    *,
    strategy=None,
    optimizer=None,
    build=Line,
    evaluate=validation,
    change=lambda dataset: dataset,
    complaint=lambda values: None,
    **settings,
):
    """Trains a `Line` in a workdir; returns it and the `Progression`.

    Args:
      workdir: may hold a training to resume.
      strategy: one CPU if None.
      optimizer: settings of the player.
      build: its settings -> the model.
      evaluate: model -> metrics.
      change: data set of batches -> another one.
      complaint: metrics -> what is wrong, or None.
      **settings: of `TrainConfig`, beside `SETTINGS`.
    """
    config = TrainConfig(**(SETTINGS | settings))
    strategy = strategy or tf.distribute.OneDeviceStrategy("CPU:0")
    keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        model = build(optimizer)

    def batches(start_step, num_replicas, worker, num_workers):
        return change(
            pipeline.train_batches(
                source(),
                batch_size=config.batch_size,
                seed=config.seed,
                num_steps=config.steps,
                start_step=start_step,
                steps_per_call=config.steps_per_call,
                num_replicas=num_replicas,
                worker=worker,
                num_workers=num_workers,
            )
        )

    hooks = Hooks(batches, evaluate, complaint=complaint)
    return model, loop.train(model, config, workdir, hooks, strategy)


def folders(workdir, kind="last"):
    """Returns the steps of the checkpoints in a workdir, oldest first."""
    found = (workdir / "checkpoints").glob(f"{kind}-[0-9]*")
    return sorted(int(path.name.rpartition("-")[2]) for path in found)


def checkpoint(workdir, kind="last"):
    """Returns all variables of the newest checkpoint, by name."""
    step = folders(workdir, kind)[-1]
    folder = workdir / "checkpoints" / f"{kind}-{step:010d}"
    reader = tf.train.load_checkpoint(str(folder / "variables"))
    names = sorted(reader.get_variable_to_shape_map())
    return {n: reader.get_tensor(n) for n in names if not n.startswith("_")}


def records(workdir):
    """Returns the lines of metrics.jsonl, without what the clock decides."""
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    values = [json.loads(line) for line in lines]
    return [{k: v for k, v in r.items() if "second" not in k} for r in values]


def assert_same_training(a, b):
    """Holds two workdirs against each other, bit by bit."""
    for kind in ("last", "best"):
        assert folders(a, kind)[-1] == folders(b, kind)[-1]
        left, right = checkpoint(a, kind), checkpoint(b, kind)
        assert left.keys() == right.keys()
        for name, value in left.items():
            np.testing.assert_array_equal(value, right[name], err_msg=name)
    assert records(a) == records(b)
