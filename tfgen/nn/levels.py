"""Distributions of gray levels 0 to levels - 1, given what a network says.

h is [..., P] with the P parameters of each number, x and u are [...]. What is
drawn is the quantile of a uniform number u, which `u = 1/2` makes the median.
All of it has the built-in operators of devices.
"""

import math

import tensorflow as tf


class Bernoulli:
    """Of 2 levels: `p(1) = sigmoid(h)`."""

    def __init__(self, levels: int = 2):
        """Raises `ValueError` if there are not 2 `levels`."""
        if levels != 2:
            raise ValueError(f"levels={levels}: expected 2.")
        self.parameters = 1

    def log_prob(self, x, h):
        """Returns log p(x) in nats."""
        return x * h[..., 0] - softplus(h[..., 0])

    def mean(self, h):
        """Returns p(1)."""
        return tf.sigmoid(h[..., 0])

    def quantile(self, u, h):
        """Returns 1 where u >= p(0), else 0."""
        return tf.cast(u >= tf.sigmoid(-h[..., 0]), u.dtype)


class Categorical:
    """`p(x) = softmax(h)_x`: any distribution."""

    def __init__(self, levels: int):
        """Args: `levels` from 2."""
        self.parameters = self._levels = levels

    def log_prob(self, x, h):
        """Returns log p(x) in nats."""
        # Not a gather: its gradient is a scatter.
        chosen = tf.one_hot(tf.cast(x, tf.int32), self._levels, dtype=h.dtype)
        return tf.reduce_sum(chosen * tf.nn.log_softmax(h), axis=-1)

    def mean(self, h):
        """Returns the mean level."""
        level = tf.range(self._levels, dtype=h.dtype)
        return tf.reduce_sum(tf.nn.softmax(h) * level, axis=-1)

    def quantile(self, u, h):
        """Returns the least x with u < p(0) + … + p(x)."""
        return _level(u, tf.cumsum(tf.nn.softmax(h), axis=-1)[..., :-1])


class Logistic:
    """One logistic distribution, in the cells of the levels.

    h is its mean, on a scale where 0 and levels - 1 are -1 and 1, and the
    logarithm of its scale; see `LogisticMixture`.
    """

    parameters = 2

    def __init__(self, levels: int):
        """Args: `levels` from 2."""
        self._levels = levels

    def log_prob(self, x, h):
        """Returns log p(x) in nats."""
        mean, log_scale = tf.unstack(h, axis=-1)
        return _of_cell(x, mean, _bounded(log_scale), self._levels)

    def mean(self, h):
        """Returns the level of the logistic distribution's mean."""
        mean = tf.clip_by_value(h[..., 0], -1.0, 1.0)
        return (mean + 1) * ((self._levels - 1) / 2)


class LogisticMixture:
    """A mixture of K logistic distributions, in the cells of the levels.

    Salimans et al. 2017 (arXiv:1701.05517), eqs. 1-2, with any number of
    levels: on a scale where 0 and levels - 1 are -1 and 1, a level reaches half
    a step to both sides, the first and the last one on and on.
    """

    def __init__(self, levels: int, components: int):
        """Args: `levels` from 2 and K `components`."""
        self._levels, self.components = levels, components
        self._half = 1 / (levels - 1)  # of a level's cell
        self.parameters = 3 * components

    def _split(self, h):
        logits, means, log_scales = tf.split(h, 3, axis=-1)
        return logits, means, _bounded(log_scales)

    def level(self, unit):
        """Returns the level of a number from 0 to 1."""
        return tf.round((self._levels - 1) * unit)

    def log_prob(self, x, h):
        """Returns log p(x) in nats."""
        log_p = tf.nn.log_softmax(self._split(h)[0]) + self.of_components(x, h)
        return tf.reduce_logsumexp(log_p, axis=-1)

    def of_components(self, x, h):
        """Returns log p(x | k) in nats, [..., K]."""
        _, means, log_scales = self._split(h)
        return _of_cell(x[..., None], means, log_scales, self._levels)

    def quantile(self, u, h):
        """Returns the least x with u < p(0) + … + p(x)."""
        logits, means, log_scales = self._split(h)
        cells = tf.range(self._levels - 1, dtype=h.dtype)[:, None]
        edges = self._half * (2 * cells + 1) - 1
        z = (edges - means[..., None, :]) * tf.exp(-log_scales)[..., None, :]
        weights = tf.nn.softmax(logits)[..., None, :]
        return _level(u, tf.reduce_sum(weights * tf.sigmoid(z), axis=-1))


def _bounded(log_scale):
    return tf.clip_by_value(log_scale, -7.0, 7.0)


def _of_cell(x, mean, log_scale, levels):
    """Log of the logistic distribution's mass in the cell of a level x."""
    half = 1 / (levels - 1)
    centred = 2 * half * x - 1 - mean
    inverse = tf.exp(-log_scale)
    upper = inverse * (centred + half)
    lower = inverse * (centred - half)
    # sigmoid(upper) - sigmoid(lower) = sigmoid(upper) sigmoid(-lower) (1 -
    # exp(lower - upper)), of which each factor is stable far out.
    width = 2 * half * inverse
    inner = -softplus(-upper) - softplus(lower) + _log_1_minus_exp(width)
    inner = tf.where(x > levels - 1.5, -softplus(lower), inner)
    return tf.where(x < 0.5, -softplus(-upper), inner)


def softplus(x: tf.Tensor) -> tf.Tensor:
    """Returns log(1 + exp(x)), which devices keep finite in this form."""
    return tf.maximum(x, 0) + tf.math.log(1 + tf.exp(-tf.abs(x)))


def _log_1_minus_exp(w):
    """log(1 - exp(-w)) of w > 0, also of a w that is small."""
    small = tf.minimum(w, 0.1)
    square = small * small
    series = tf.math.log(small) - small / 2
    series += square / 24 - square * square / 2880
    return tf.where(
        w < 0.1, series, tf.math.log(1 - tf.exp(-tf.maximum(w, 0.1)))
    )


def _level(u, cumulative):
    """How many of the probabilities up to a level u has reached."""
    return tf.reduce_sum(tf.cast(u[..., None] >= cumulative, u.dtype), axis=-1)


def of_levels(levels: int) -> Bernoulli | Categorical:
    """Returns any distribution of so many levels."""
    return Bernoulli() if levels == 2 else Categorical(levels)


def mean_exp(values: list[tf.Tensor]) -> tf.Tensor:
    """Returns log of the mean of exp: of log-probabilities, the mixture's."""
    stacked = tf.stack(values)
    return tf.reduce_logsumexp(stacked, axis=0) - math.log(len(values))
