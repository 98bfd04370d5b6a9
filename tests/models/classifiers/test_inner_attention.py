import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.classifiers.inner_attention import (
    PRESETS,
    Config,
    InnerAttention,
)
from tfgen.nn import randomize

SPEC = DataSpec(
    num_classes=3,
    labels=("entailment", "neutral", "contradiction"),
    words=" ".join("abcdefgh"),
)
SMALL = Config(embedding=4, train_embeddings=True, units=3, projection=5)
PREMISE = np.array([[2, 3, 4, 5, 6], [9, 1, 7, 0, 0]], np.int32)
HYPOTHESIS = np.array([[3, 8, 0], [7, 9, 2]], np.int32)


def build(**changes):
    model = InnerAttention(dataclasses.replace(SMALL, **changes), SPEC)
    randomize(model.variables, 0.5, seed=0)
    return model


def weights(layer):
    return [v.numpy() for v in layer.weights]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, kernel, recurrent, bias):
    h, c, states = 0 * recurrent[:, 0], 0 * recurrent[:, 0], []
    for x_t in x:
        i, f, o, g = np.split(x_t @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


def encode(model, ids):
    """Section 2.1 of the paper for one sentence; Y is [2H, L] there."""
    x = model.embedding.numpy()[ids[ids != 0]]
    there, back = weights(model.lstm)[:3], weights(model.lstm)[3:]
    Y = np.concatenate([lstm(x, *there), lstm(x[::-1], *back)[::-1]], 1).T
    R_ave = Y.mean(axis=1)
    if not model.config.attention:
        return R_ave, np.full(len(x), 1 / len(x))
    W_y, W_h, w = (
        weights(layer)[0].T for layer in (model.W_y, model.W_h, model.w)
    )
    M = np.tanh(W_y @ Y + np.outer(W_h @ R_ave, np.ones(len(x))))
    scores = np.exp(w[0] @ M)
    alpha = scores / scores.sum()
    return Y @ alpha, alpha


@pytest.mark.parametrize("attention", [True, False])
def test_equations(float64, attention):
    model = build(attention=attention)
    outputs = model.classify(PREMISE, HYPOTHESIS)
    for i, (premise, hypothesis) in enumerate(zip(PREMISE, HYPOTHESIS)):
        p, alpha_p = encode(model, premise)
        h, alpha_h = encode(model, hypothesis)
        matching = np.concatenate([p, h, p * h, p - h])
        for layer, act in ((model.projection, np.tanh), (model.out, np.exp)):
            kernel, bias = weights(layer)
            matching = act(matching @ kernel + bias)
        expected = {
            "label": matching.argmax(),
            "probabilities": matching / matching.sum(),
            "premise_attention": np.pad(alpha_p, (0, 5 - len(alpha_p))),
            "hypothesis_attention": np.pad(alpha_h, (0, 3 - len(alpha_h))),
        }
        for name, value in expected.items():
            # What is shown is float32.
            np.testing.assert_allclose(
                outputs[name][i], value, **tolerances.SAME, err_msg=name
            )
        np.testing.assert_allclose(
            model.encode(premise[None])[0], p, **tolerances.EXACT
        )


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("more", [1, 9])
@pytest.mark.parametrize("lite", [True, False])
def test_padding_changes_nothing(float64, attention, more, lite):
    model = build(attention=attention)
    wide = ((0, 0), (0, more))
    short = model.classify(PREMISE, HYPOTHESIS)
    long = model.classify(np.pad(PREMISE, wide), np.pad(HYPOTHESIS, wide), lite)
    for name, value in short.items():
        got = long[name].numpy()
        if name.endswith("attention"):
            assert np.all(got[:, -more:] == 0)
            got = got[:, :-more]
        np.testing.assert_allclose(got, value, **tolerances.SAME, err_msg=name)


@pytest.mark.parametrize("inputs", Config.__annotations__["inputs"].__args__)
def test_attention_is_a_distribution_over_the_words(inputs):
    outputs = build(inputs=inputs).classify(PREMISE, HYPOTHESIS)
    for name, ids in (("premise", PREMISE), ("hypothesis", HYPOTHESIS)):
        alpha = outputs[f"{name}_attention"].numpy()
        np.testing.assert_allclose(alpha.sum(axis=1), 1, rtol=1e-6)
        assert np.all(alpha >= 0)
        assert np.all(alpha[ids == 0] == 0)


def test_a_removed_word_gets_no_attention():
    """Differentiating inputs: word 3 is in both sentences of the first pair."""
    outputs = build(inputs="differentiate").classify(PREMISE, HYPOTHESIS)
    assert outputs["premise_attention"][0, 1] == 0
    assert outputs["hypothesis_attention"][0, 0] == 0
    assert outputs["hypothesis_attention"][0, 1] == 1


@pytest.mark.parametrize(
    "preset, count", [("snli", 2.8e6), ("snli_mean", 2.0e6)]
)
def test_table_3_counts_of_parameters(preset, count):
    """To the digits that are printed; embeddings are not trained."""
    model = InnerAttention(PRESETS[preset].network, SPEC)
    total = sum(np.prod(v.shape) for v in model.trainable_variables)
    assert round(total / 1e6, 1) == count / 1e6


def test_section_3_2_settings():
    settings = PRESETS["snli"]
    assert settings.train.batch_size == 128
    assert settings.network.dropout == 0.25
    assert settings.network.embedding == 300
    assert settings.network.optimizer.name == "rmsprop"
    assert not settings.network.train_embeddings


def batch():
    return {
        "premise": tf.constant(PREMISE),
        "hypothesis": tf.constant(HYPOTHESIS),
        "label": tf.constant([2, 0]),
    }


def test_loss_and_metrics():
    model = build()
    metrics = model.per_example_metrics(batch())
    outputs = model.classify(PREMISE, HYPOTHESIS)
    p = outputs["probabilities"].numpy()
    expected = -np.log([p[0, 2], p[1, 0]])
    np.testing.assert_allclose(
        metrics["cross_entropy"], expected, **tolerances.SAME
    )
    hits = outputs["label"].numpy() == [2, 0]
    np.testing.assert_array_equal(metrics["accuracy"], hits)
    loss = model.per_example_losses(batch(), training=False)["classifier"]
    np.testing.assert_allclose(loss, expected, **tolerances.SAME)


def test_dropout_is_of_training_alone_and_seeded():
    def losses(training):
        keras.utils.set_random_seed(1)
        model = build(dropout=0.5)
        calls = [model.per_example_losses(batch(), training) for _ in range(2)]
        return [call["classifier"].numpy() for call in calls]

    first, second = losses(training=True)
    assert np.any(first != second)
    np.testing.assert_array_equal(losses(training=True), [first, second])
    first, second = losses(training=False)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"units": 0}, "^network.units=0: expected at least 1"),
        ({"dropout": 1.0}, "^network.dropout=1.0: expected 0 or more"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(UserError, match=message):
        build(**change)
