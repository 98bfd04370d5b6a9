import dataclasses

import numpy as np
import pytest

from tests import tolerances
from tfgen.config import DataSpec
from tfgen.models.classifiers.word_by_word import Config, WordByWord
from tfgen.nn import randomize

SPEC = DataSpec(num_classes=3, words=" ".join("abcdefgh"))
SMALL = Config(embedding=4, train_embeddings=True, units=3)
PREMISE = np.array([[2, 3, 4, 5, 6], [9, 1, 7, 0, 0]], np.int32)
HYPOTHESIS = np.array([[3, 8, 0], [7, 9, 2]], np.int32)
either = pytest.mark.parametrize("word_by_word", [True, False])


def build(**changes):
    model = WordByWord(dataclasses.replace(SMALL, **changes), SPEC)
    randomize(model.variables, 0.5, seed=0)
    return model


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(layer, x, c):
    """Keras's order of gates: i, f, g, o."""
    kernel, recurrent, bias = (v.numpy() for v in layer.weights)
    h, states = np.zeros_like(c), []
    for x_t in x:
        i, f, g, o = np.split(x_t @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states).T, c  # [H, T], as in the paper


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def plain(model, premise, hypothesis):
    """Equations 7 to 13 for one pair: probabilities and attention."""

    def W(name):
        return getattr(model, name).weights[0].numpy().T

    kernel, bias = (v.numpy() for v in model.words.weights)
    x, y = (
        model.embedding.numpy()[ids[ids != 0]] @ kernel + bias
        for ids in (premise, hypothesis)
    )
    Y, c = lstm(model.premise_lstm, x, np.zeros(3))
    h, _ = lstm(model.hypothesis_lstm, y, c)
    e = np.ones(len(x))
    if model.config.word_by_word:
        r = np.zeros(3)
        for h_t in h.T:
            query = W("W_h") @ h_t + W("W_r") @ r
            M = np.tanh(W("W_y") @ Y + np.outer(query, e))
            alpha = softmax(W("w")[0] @ M)
            r = Y @ alpha + np.tanh(W("W_t") @ r)
    else:
        M = np.tanh(W("W_y") @ Y + np.outer(W("W_h") @ h[:, -1], e))
        alpha = softmax(W("w")[0] @ M)
        r = Y @ alpha
    h_star = np.tanh(W("W_p") @ r + W("W_x") @ h[:, -1])
    kernel, bias = (v.numpy() for v in model.out.weights)
    return softmax(h_star @ kernel + bias), alpha


@either
def test_equations(float64, word_by_word):
    model = build(word_by_word=word_by_word)
    outputs = model.classify(PREMISE, HYPOTHESIS)
    for i, pair in enumerate(zip(PREMISE, HYPOTHESIS)):
        probabilities, alpha = plain(model, *pair)
        np.testing.assert_allclose(
            outputs["probabilities"][i], probabilities, **tolerances.EXACT
        )
        np.testing.assert_allclose(
            outputs["premise_attention"][i],
            np.pad(alpha, (0, 5 - len(alpha))),
            **tolerances.SAME,
        )


@either
@pytest.mark.parametrize("more", [1, 9])
def test_padding_changes_nothing(float64, word_by_word, more):
    model = build(word_by_word=word_by_word)
    wide = ((0, 0), (0, more))
    short = model.classify(PREMISE, HYPOTHESIS)
    long = model.classify(np.pad(PREMISE, wide), np.pad(HYPOTHESIS, wide))
    np.testing.assert_allclose(
        long["probabilities"], short["probabilities"], **tolerances.EXACT
    )
    alpha = long["premise_attention"].numpy()
    assert np.all(alpha[:, -more:] == 0)
    np.testing.assert_allclose(alpha.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "word_by_word, parameters", [(True, 251_303), (False, 231_303)]
)
def test_parameters(word_by_word, parameters):
    """The trained ones: word vectors stay as they are."""
    model = WordByWord(Config(word_by_word=word_by_word), SPEC)
    found = sum(v.value.shape.num_elements() for v in model.trainable_variables)
    assert found == parameters
