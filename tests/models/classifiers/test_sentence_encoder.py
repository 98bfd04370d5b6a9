import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.classifiers.sentence_encoder import (
    PRESETS,
    Config,
    SentenceEncoder,
    auto,
)
from tfgen.nli.settings import NliDataConfig
from tfgen.nn import randomize

SPEC = DataSpec(num_classes=3, words=" ".join("abcdefgh"))
SMALL = Config(embedding=4, train_embeddings=True, units=3, layers=2, width=5)
PREMISE = np.array([[2, 3, 4, 5, 6], [9, 1, 7, 0, 0]], np.int32)
HYPOTHESIS = np.array([[3, 8, 0], [7, 9, 2]], np.int32)
cells = pytest.mark.parametrize("cell", ["lstm", "gru", "mi_lstm"])


def build(**changes):
    model = SentenceEncoder(dataclasses.replace(SMALL, **changes), SPEC)
    randomize(model.variables, 0.5, seed=0)
    return model


def dense(layer, x):
    kernel, bias = (v.numpy() for v in layer.weights)
    return x @ kernel + bias


@cells
def test_layers(float64, cell):
    """The sentence vector is the state after the last word."""
    model = build(cell=cell)
    vectors = []
    for ids in (PREMISE, HYPOTHESIS):
        for row, vector in zip(ids, model.encode(ids)):
            row = row[row != 0]
            x = np.tanh(dense(model.words, model.embedding.numpy()[row]))
            args = (x[None],)
            if cell != "gru":
                place = np.arange(len(row))[None]
                args = (x, tf.constant(place), tf.constant([len(row)]))
            states = model.reader(*args).numpy()
            np.testing.assert_allclose(
                vector, states[0, -1], **tolerances.EXACT
            )
        vectors.append(model.encode(ids).numpy())
    h = np.concatenate(vectors, axis=1)
    for layer in model.hidden:
        h = np.tanh(dense(layer, h))
    odds = np.exp(dense(model.out, h))
    np.testing.assert_allclose(
        model.classify(PREMISE, HYPOTHESIS)["probabilities"],
        odds / odds.sum(axis=1, keepdims=True),
        **tolerances.EXACT,
    )


@cells
@pytest.mark.parametrize("more", [1, 9])
def test_padding_changes_nothing(float64, cell, more):
    model = build(cell=cell)
    wide = ((0, 0), (0, more))
    np.testing.assert_allclose(
        model.classify(np.pad(PREMISE, wide), np.pad(HYPOTHESIS, wide))[
            "probabilities"
        ],
        model.classify(PREMISE, HYPOTHESIS)["probabilities"],
        **tolerances.EXACT,
    )


def test_parameters_by_hand():
    """300 -> 100, LSTM of 100, 200 -> 200 three times, 3 classes."""
    model = SentenceEncoder(PRESETS["snli"].network, SPEC)
    total = sum(np.prod(v.shape) for v in model.trainable_variables)
    lstm = 4 * 100 * (100 + 100 + 1)
    assert total == 301 * 100 + lstm + 3 * 201 * 200 + 201 * 3


def test_bad_settings():
    with pytest.raises(UserError, match="^network.layers=0: expected at"):
        build(layers=0)


@pytest.mark.parametrize("cell, units", [("lstm", 100), ("gru", 1024)])
def test_units_are_the_papers(cell, units):
    """Liu et al.'s table 3, of SNLI as `tfds:snli` and as published files."""
    files = NliDataConfig("snli:folder", glove="vectors.txt")
    for preset in (PRESETS["snli"], auto(SPEC, 500_000, files)):
        config = dataclasses.replace(preset.network, cell=cell, embedding=2)
        assert SentenceEncoder(config, SPEC).words.units == units
    # The grammar's rows are equally wide.
    assert PRESETS["grammar"].network.units == 100
