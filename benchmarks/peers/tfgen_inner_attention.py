"""tfgen: the `snli` preset's model, its training step and its batches.

Prediction goes through the exported SavedModel, as TensorFlow Serving runs it:
from text, whose words it looks up itself.
"""

import atexit
import shutil
import tempfile

import keras
import numpy as np
import tensorflow as tf

from benchmarks import bench, pairs
from export.write.saved_model import write_saved_model
from tfgen import capabilities
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.models.classifiers.inner_attention import Config, InnerAttention
from tfgen.nli import batches
from tfgen.nli.encode import EncodedPairs, Sentences
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps


def encoded(data: pairs.Pairs) -> EncodedPairs:
    """The pairs in tfgen's form: one sentence after another."""

    def side(ids, lengths):
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        return Sentences(ids[ids > 0], offsets)

    return EncodedPairs(
        side(data.premise, data.premise_length),
        side(data.hypothesis, data.hypothesis_length),
        data.label,
    )


def make_model() -> InnerAttention:
    """Inner attention as the preset `snli` has it."""
    keras.utils.set_random_seed(0)
    config = Config(
        embedding=pairs.EMBEDDING,
        units=pairs.UNITS,
        projection=pairs.PROJECTION,
        dropout=pairs.DROPOUT,
        optimizer=OptimizerConfig(
            "rmsprop", learning_rate=pairs.LEARNING_RATE, beta_2=0.9
        ),
    )
    words = " ".join(map(_word, range(2, pairs.WORDS)))
    labels = "entailment", "neutral", "contradiction"
    spec = DataSpec(num_classes=pairs.CLASSES, words=words, labels=labels)
    model = InnerAttention(config, spec)
    model.embedding.assign(pairs.make_embeddings())
    return model


def build(data: pairs.Pairs, queries: pairs.Pairs) -> pairs.Bench:
    """Trained as `apps.train --preset=snli` does it."""
    model = make_model()
    optimizer = make_optimizer(model.config.optimizer, steps=1)
    optimizer.build(model.trainable_variables)
    train = {}
    for steps_per_call in (1, pairs.STEPS_PER_CALL):
        steps = make_train_steps(
            model,
            {"classifier": optimizer},
            pairs.BATCH,
            tf.distribute.get_strategy(),
        )
        endless = batches.train_batches(
            encoded(data),
            batch_size=pairs.BATCH,
            seed=0,
            num_steps=len(data.label) // pairs.BATCH,
            steps_per_call=steps_per_call,
        ).repeat()
        iterator = iter(endless)
        train[f"tf.function, {steps_per_call} a call"] = bench.Work(
            lambda steps=steps, iterator=iterator: steps(next(iterator))[
                "classifier"
            ],
            steps_per_call * pairs.BATCH,
        )
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    write_saved_model(capabilities.signatures(model), model.spec, folder)
    served = tf.saved_model.load(folder)
    predict = {
        f"SavedModel, {batch} a batch": predictor(served, queries, batch)
        for batch in (128, 256, 512)
    }
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    return pairs.Bench(versions, train, predict)


def predictor(served, queries: pairs.Pairs, batch: int) -> bench.Work:
    """All pairs a call, as text, short ones first."""
    classify = served.signatures["serving_default"]
    rows = [
        {name: _texts(row[name]) for name in ("premise", "hypothesis")}
        for row in batches.eval_batches(encoded(queries), batch_size=batch)
    ]

    def call() -> np.ndarray:
        parts = [classify(**row)["probabilities"] for row in rows]
        return np.concatenate(parts)

    return bench.Work(call, len(queries.label))


def _texts(ids: tf.Tensor) -> tf.Tensor:
    """[n, T] -> [n] string."""
    rows = ids.numpy()
    return tf.constant([" ".join(map(_word, row[row > 0])) for row in rows])


def _word(i: int) -> str:
    return f"w{i}"
