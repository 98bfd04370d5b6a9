"""TensorFlow without tfgen's loop: one step a call of a plain `tf.function`.

The same models and updates; images lie in a tensor, of which each step takes a
random batch.
"""

import keras
import numpy as np
import tensorflow as tf

from benchmarks import adversaries, bench
from benchmarks.peers import games_products, games_tfgen
from tfgen.train.step import train_step


def step(game: str, model: keras.Model, data: adversaries.Data) -> bench.Work:
    """One step a call, batch and noise included."""
    size, train = games_tfgen.batch_size(game), games_tfgen.arrays(game, data)
    return work(model, train, size, "generator")


def work(
    model: keras.Model, arrays: dict[str, np.ndarray], size: int, player: str
) -> bench.Work:
    """A step of any model whose noise is normal; see `games_tfgen.work`."""
    optimizers = games_tfgen.optimizers(model)
    arrays = {name: tf.constant(values) for name, values in arrays.items()}

    @tf.function
    def train():
        count = len(arrays["x"])
        rows = tf.random.uniform([size], maxval=count, dtype=tf.int32)
        batch = {name: tf.gather(a, rows) for name, a in arrays.items()}
        for name, noise in model.noise.items():
            batch[name] = tf.random.normal([size, *noise.shape])
        return train_step(model, optimizers, batch, size)[player]

    return bench.Work(train, 1)


def build(data: adversaries.Data) -> adversaries.Bench:
    """One variant of each."""
    return adversaries.Bench(
        games_tfgen.VERSIONS,
        **{
            game: {"tf.function, 1 a call": step(game, model, data)}
            for game, model in games_tfgen.models().items()
        },
        **games_products.figures(),
    )
