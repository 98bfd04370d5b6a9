"""A batch for a game, and what a player learns from it."""

import numpy as np
import tensorflow as tf

B = 6


def batch(model, step=0, labelled=False):
    """Random gray levels, the noise that the model asks for, and the step.

    If `labelled`, also as many of which labels are known.
    """
    random = np.random.default_rng(0)
    values = {
        name: random.standard_normal((B, *noise.shape), np.float32)
        for name, noise in model.noise.items()
    }
    x = random.integers(0, 17, (B, *model.spec.shape))
    values["x"] = x.astype(np.float32)
    values["step"] = np.full(B, step, np.int32)
    if labelled:
        x = random.integers(0, 17, (B, *model.spec.shape))
        values["labelled_x"] = x.astype(np.float32)
        label = random.integers(0, model.spec.num_classes, B)
        values["labelled_label"] = label.astype(np.int32)
    return {name: tf.constant(value) for name, value in values.items()}


def losses_of(model, data):
    """As the training loop asks for them."""
    data = model.with_generated(data, training=True)
    return model.per_example_losses(data, training=True)


def gradients(model, player, variables):
    """Of the player's loss, summed over the batch."""
    with tf.GradientTape() as tape:
        loss = losses_of(model, batch(model))[player]
    return tape.gradient(loss, [v.value for v in variables])
