import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen import bijectors
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.models.flows.glow import PRESETS, Config, Glow
from tfgen.nn import PLU, ActNormLayer
from tfgen.run import Run
from tfgen.train.strategy import make_strategy

SMALL = Config(scales=2, steps=2, features=6)
IMAGES = DataSpec((4, 4, 2), levels=16, num_classes=3)


def build(**options):
    return Glow(dataclasses.replace(SMALL, **options), IMAGES)


def pixels(n=64):
    return np.random.default_rng(0).uniform(0, 16, (n, 4, 4, 2))


def test_log_det_is_that_of_autodiff(float64):
    model = build(conditional=True)
    checks.randomize(model.trainable_variables, 0.2)
    x, label = tf.constant(pixels(3)), tf.constant([0, 2, 1])
    one_hot = tf.one_hot(label, 3, dtype=tf.float64)
    checks.check_log_det(model.flow, x, condition=one_hot)
    checks.check_inverse(model.flow, x, condition=one_hot)
    y = model.encode(x, label=label)
    assert np.all(y != model.encode(x, label=(label + 1) % 3))


def test_matrix_is_a_rotation_at_first_and_stays_invertible(float64):
    layer = PLU(4)
    W = layer.matrix().numpy()
    np.testing.assert_allclose(W @ W.T, np.eye(4), **tolerances.FLOAT32)
    checks.randomize(layer.trainable_variables)
    W = layer.matrix().numpy()
    _, expected = np.linalg.slogdet(W)
    np.testing.assert_allclose(layer.log_det(), expected, **tolerances.EXACT)
    np.testing.assert_allclose(
        layer.inverse(), np.linalg.inv(W), **tolerances.EXACT
    )
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 3, 5, 4)))
    y, log_det = bijectors.InvertibleConv(layer).forward_and_log_det(x)
    np.testing.assert_allclose(y, x @ W.T, **tolerances.EXACT)
    np.testing.assert_allclose(log_det, 15 * expected, **tolerances.EXACT)


def test_couplings_scale_by_a_sigmoid(float64):
    """At the start, by sigmoid(2), what ActNorm and the matrix leave."""
    model = build(scales=1, steps=1)
    x = tf.constant(pixels(2))
    _, log_det = model.flow.forward_and_log_det(x)
    # 16 of 32 numbers; a rotation has determinant 1.
    expected = 16 * np.log(1 / (1 + np.exp(-2))) + 32 * np.log(1 / 16)
    np.testing.assert_allclose(log_det, [expected] * 2, **tolerances.FLOAT32)


def test_activations_start_normalized():
    model = build()
    x, seen = pixels().astype(np.float32), []
    model.begin({"x": tf.constant(x)})
    layers = [n for n in model.networks if isinstance(n, ActNormLayer)]
    for layer in layers:
        call = layer.call
        layer.call = lambda x, start=False, call=call: (
            seen.append(call(x)) or seen[-1]
        )
    model.encode(x)
    assert len(seen) == len(layers) == 5
    for y in seen:
        np.testing.assert_allclose(np.mean(y, (0, 1, 2)), 0, atol=1e-4)
        np.testing.assert_allclose(np.std(y, (0, 1, 2)), 1, atol=1e-3)


def test_a_training_begins_once(tmp_path, monkeypatch):
    """From its first batch; one that resumes has its checkpoint's values."""
    begun = []
    monkeypatch.setattr(
        Glow, "begin", lambda self, batch: begun.append(batch["x"].shape)
    )
    for steps in (2, 4):
        settings = [f"train.steps={steps}", "network.scales=1"]
        run = Run.start(tmp_path, "glow", "tiny", "digits", settings)
        run.train(make_strategy("cpu"))
    assert begun == [(8, 8, 8, 1)]


def test_replicas_start_alike(two_replicas):
    with two_replicas.scope():
        model = build(scales=1, steps=1)
    model.begin({"x": tf.constant(pixels(), tf.float32)})
    norm = model.networks[0]
    for variable in (norm.log_scale, norm.shift):
        first, second = variable.value.values
        assert np.all(first != 0)
        np.testing.assert_array_equal(first, second)


def test_settings():
    config = PRESETS["cifar10"].network
    assert (config.scales, config.steps, config.features) == (3, 32, 512)
    with pytest.raises(UserError, match="^data: vectors, but glow is of image"):
        Glow(SMALL, DataSpec((4,)))
    with pytest.raises(UserError, match=r"^network\.scales=3: images of 4 x 4"):
        build(scales=3)
