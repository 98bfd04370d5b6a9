import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoregressive.states import (
    check_completion,
    check_draws,
    check_probabilities,
)
from tfgen.config import DataSpec
from tfgen.models.autoregressive.fvbn import FVBN, Config

pytestmark = pytest.mark.usefixtures("float64")


def build(shape=(10,), levels=2, num_classes=0, **options):
    spec = DataSpec(shape, levels=levels, num_classes=num_classes)
    model = FVBN(dataclasses.replace(Config(), **options), spec)
    checks.randomize(model.variables, 0.5)
    return model


def test_probabilities_of_all_states_sum_to_one():
    check_probabilities(build())
    check_probabilities(build((2, 2, 1), levels=4))
    model = build((3,), num_classes=2, conditional=True)
    check_probabilities(model, label=tf.constant([1]))


@pytest.mark.parametrize("shape, levels", [((2,), 2), ((1, 2, 1), 3)])
def test_draws(shape, levels):
    check_draws(build(shape, levels))


def test_completion():
    check_completion(build((2, 3, 1), levels=4))


def test_optimum_is_that_of_scikit_learn():
    """Convex: the only weights without a gradient are the regressions'."""
    random = np.random.default_rng(0)
    x = (random.random((200, 1)) + random.random((200, 4)) > 1).astype(float)
    l2 = 0.01
    model = build((4,), l2=l2)
    kernel, bias = np.zeros((4, 4)), np.zeros(4)
    bias[0] = np.log(x[:, 0].mean() / (1 - x[:, 0].mean()))
    nll = -np.log(np.where(x[:, 0], x[:, 0].mean(), 1 - x[:, 0].mean()))
    for d in range(1, 4):
        # They divide by the number of examples and we do not, and half of the
        # square is theirs.
        regression = LogisticRegression(C=1 / (2 * 200 * l2), tol=1e-10)
        regression.fit(x[:, :d], x[:, d])
        kernel[:d, d] = regression.coef_[0]
        (bias[d],) = regression.intercept_
        log_p = regression.predict_log_proba(x[:, :d])
        nll = nll - log_p[np.arange(200), x[:, d].astype(int)]
    model.network.kernels[0].assign(kernel)
    model.network.biases[0].assign(bias)
    x = tf.constant(x)
    np.testing.assert_allclose(-model.log_prob(x), nll, **tolerances.EXACT)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            model.per_example_losses({"x": x}, training=True)["regressions"]
        )
    gradients = tape.gradient(loss, model.trainable_variables)
    for gradient in gradients:
        np.testing.assert_allclose(gradient, 0 * gradient, atol=1e-6)
