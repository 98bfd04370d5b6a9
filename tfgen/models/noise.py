"""Noise of latent variables: from seeds, and from normal to other priors."""

import math

import tensorflow as tf


def seeded_normal(
    seed: tf.Tensor, temperature: tf.Tensor, size: int
) -> tf.Tensor:
    """Returns normal noise [B, size], a row for each seed.

    One seed a row: TF Serving may put rows of several requests into a batch.
    The numbers are the same on every device and under XLA.

    Args:
      seed: [B] int32.
      temperature: [B] float32, standard deviations.
      size: of a row.

    Raises:
      InvalidArgumentError: a temperature is not finite.
    """
    temperature = tf.debugging.check_numerics(
        temperature, "temperature: not finite"
    )
    noise = tf.map_fn(
        lambda s: tf.random.stateless_normal(
            [size], tf.stack([s, 0]), alg="philox"
        ),
        seed,
        fn_output_signature=tf.float32,
    )
    return noise * temperature[:, None]


def uniform_from_normal(noise: tf.Tensor) -> tf.Tensor:
    """Returns `2 Phi(n) - 1`: U(-1, 1) if n is standard normal."""
    return tf.math.erf(noise / math.sqrt(2))


def normal_from_uniform(z: tf.Tensor) -> tf.Tensor:
    """Returns the inverse of `uniform_from_normal`; z is clipped to ±0.999."""
    return math.sqrt(2) * tf.math.erfinv(tf.clip_by_value(z, -0.999, 0.999))
