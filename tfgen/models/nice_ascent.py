"""Completion by ascent on the likelihood (Dinh et al. 2014, section 5.2)."""

import numpy as np
import tensorflow as tf

from tfgen.model import Model


def complete(
    model: Model,
    x: tf.Tensor,
    mask: tf.Tensor,
    noise: tf.Tensor,
    **given: tf.Tensor,
) -> tf.Tensor:
    """Returns x [B, ...] where mask is 1; elsewhere what is likely there.

    Steps are those of the paper's x: gray levels in its interval, columns of a
    table with mean 0 and variance 1.

    Args:
      model: a NICE, whose `config.ascent` steps these are.
      x: [B, ...]; known gray levels count as the middle of theirs.
      mask: [B, ...], 1 where x is known, else 0.
      noise: [B, D] standard normal times the temperature.
      **given: the condition, of a conditional model.
    """
    levels = model.spec.levels
    low, high = model.config.interval
    # The paper's x is gray levels, or what is above a column's mean, by this.
    unit, mean = (levels / (high - low) if levels else 1.0), 0.0
    if columns := model.spec.standard:
        mean, unit = np.transpose([(c.mean, c.stddev) for c in columns])
    noise = tf.reshape(noise, [-1, *model.spec.shape])
    hidden = mask < 0.5
    known = tf.floor(x) + 0.5 if levels else x

    def project(y):
        if levels:
            y = tf.clip_by_value(y, 0, np.nextafter(np.float32(levels), 0))
        return tf.where(hidden, y, known)

    def step(i, y):
        with tf.GradientTape() as tape:
            tape.watch(y)
            log_prob = model.log_prob(y, **given)
        gradient = unit * tape.gradient(log_prob, y)
        signs = tf.random.stateless_normal(model.spec.shape, (i, 0))
        signs = tf.cast(tf.sign(signs), noise.dtype)
        epsilon = signs * tf.roll(noise, i, axis=1)
        rate = 10 / (100 + tf.cast(i, y.dtype))
        return i + 1, project(y + unit * rate * (gradient / 100 + epsilon))

    start = model.uniforms(noise) * levels if levels else mean + unit * noise
    steps = model.config.ascent
    _, y = tf.while_loop(lambda i, _: i < steps, step, (0, project(start)))
    return tf.where(hidden, y, x)
