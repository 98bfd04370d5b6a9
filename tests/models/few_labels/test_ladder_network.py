import dataclasses

import keras
import numpy as np
import tensorflow as tf

from tests import tolerances
from tfgen.config import DataSpec
from tfgen.models.few_labels import ladder as ladder_network
from tfgen.models.few_labels.ladder import Config, LadderNetwork
from tfgen.nn import randomize

B = 5
IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)


def tiny(**options):
    keras.utils.set_random_seed(0)
    config = ladder_network.PRESETS["tiny"].network
    model = LadderNetwork(dataclasses.replace(config, **options), IMAGES)
    randomize(model.variables, 0.3, seed=0)
    return model


def images(n, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 17, (n, 8, 8, 1)).astype(np.float32)


def test_layers_of_the_paper():
    """784-1000-500-250-250-250-10; normalization has an offset alone."""
    model = LadderNetwork(
        Config(), DataSpec((28, 28, 1), levels=256, num_classes=10)
    )
    widths = [784, 1000, 500, 250, 250, 250, 10]
    both = 2 * sum(n * m for n, m in zip(widths, widths[1:]))
    offsets, combinators = sum(widths[1:]), 10 * sum(widths)
    assert both + offsets + combinators == sum(
        int(np.prod(v.shape)) for v in model.trainable_variables
    )


def test_cost_is_cross_entropy_and_reconstruction():
    """Equations 5 and 6, of corrupted examples."""
    model = tiny(noise=0.2, reconstruction=30.0)
    random = np.random.default_rng(0)
    noise = {
        name: tf.constant(
            random.standard_normal((B, *wanted.shape), np.float32)
        )
        for name, wanted in model.noise.items()
    }
    x, labelled, label = images(B), images(B, 1), np.arange(B, dtype=np.int32)
    batch = {"x": x, "labelled_x": labelled, "labelled_label": label, **noise}
    loss = model.per_example_losses(batch, training=True)["classifier"]

    def corrupted(x, name):
        rows = tf.reshape(x / 16, [B, 64])
        logits, z = model.ladder.encode(rows, 0.2 * noise[name], training=True)
        return rows, logits, model.ladder.decode(logits, z, training=True)

    _, logits, _ = corrupted(labelled, "labelled_corruption")
    rows, _, denoised = corrupted(x, "corruption")
    log_p = np.log(tf.nn.softmax(logits))[np.arange(B), label]
    mean_square = np.mean((rows - denoised) ** 2, axis=1)
    np.testing.assert_allclose(
        loss, -log_p + 30 * mean_square, **tolerances.FLOAT32
    )


def test_error_rate_and_energy_are_those_of_the_capabilities():
    model, x = tiny(), images(B)
    label = np.array([0, 3, 3, 9, 1], np.int32)
    metrics = model.per_example_metrics({"x": x, "label": label})
    assert next(iter(metrics)) == "error_rate"
    classified = model.classify(x)
    probabilities = classified["probabilities"].numpy()
    np.testing.assert_allclose(probabilities.sum(1), 1, **tolerances.FLOAT32)
    np.testing.assert_array_equal(classified["label"], probabilities.argmax(1))
    np.testing.assert_array_equal(
        metrics["error_rate"], probabilities.argmax(1) != label
    )
    squared = (x - model.reconstruct(x)).numpy() ** 2 / 16**2
    np.testing.assert_allclose(
        metrics["energy"], squared.sum((1, 2, 3)), **tolerances.FLOAT32
    )
