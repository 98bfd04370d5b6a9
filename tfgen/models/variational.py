"""What variational autoencoders share: densities, and bounds of log p(x).

    log p(x) >= ELBO = E_q log p(x|z) - KL(q(z|x) || p(z))
                     = -(distortion + rate)

p(z) is standard normal, q(z|x) normal with a mean and a deviation of each
dimension by the encoder. All is in nats, sums over dimensions, one number an
example; only the training loop averages.

B is the batch, K the draws of z for an example, Z its latent dimensions, D the
numbers of an example, P the parameters of one of them.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

import keras
import tensorflow as tf

from tfgen.config import DataSpec, OptimizerConfig
from tfgen.losses import importance_bound
from tfgen.model import Latent, Noise, Player
from tfgen.models import conditions, likelihoods
from tfgen.nn import Decoder, Encoder, gaussian

Estimator = Literal["plain", "stl", "dreg"]


class Decodes:
    """Methods of models that say p(x|z), of a z that is drawn.

    Such a model has `_parameters(z, given)`, those of p(x|z), [..., D, P]. Its
    settings have `likelihood` and `conditional`.
    """

    player = "autoencoder"

    def __init__(self, config: Any, spec: DataSpec):
        super().__init__(config, spec)
        self.density = likelihoods.density_of(config.likelihood, spec)
        self.discrete = bool(spec.levels)
        if config.conditional:
            self.conditions = conditions.fields(spec)

    def _seen(self, x, given):
        """What perceptrons see: x about -1 to 1, and the condition, [B, N]."""
        x = self.to_unit(tf.floor(x) if self.discrete else x)
        x = tf.reshape(x, [-1, self.spec.size])
        condition = conditions.vector(self, given)
        return x if condition is None else tf.concat([x, condition], axis=-1)

    def log_likelihood(self, x, z, given: Mapping[str, tf.Tensor]):
        """Returns log p(x|z) in nats, of columns per their own units.

        Args:
          x: [B, ...].
          z: [B, Z] or [B, K, Z].
          given: conditions, name -> [B, ...].

        Returns:
          [B] or [B, K].
        """
        draws = [1] * (z.shape.rank - 2)
        x = tf.floor(x) if self.discrete else self.to_unit(x)
        x = tf.reshape(x, [-1, *draws, self.spec.size])
        log_p = self.density.log_prob(x, self._parameters(z, given))
        unit = sum(math.log(c.stddev) for c in self.spec.standard)
        return tf.reduce_sum(log_p, axis=-1) - unit

    def bound_metrics(self, log_w: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns -L_K, its bits per dimension, and -L_1, [B], in nats.

        Args:
          log_w: log p(x, z_k) - log q(z_k|x), [B, K].
        """
        nats = -importance_bound(log_w)
        return {
            f"negative_bound_k{self.config.draws}": nats,
            "negative_elbo": -tf.reduce_mean(log_w, axis=1),
            **self.bits(nats),
        }

    def bits(self, nats: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns bits per dimension, of gray levels; else nothing."""
        if not self.spec.levels:
            return {}
        return {"bits_per_dim": nats / (self.spec.size * math.log(2))}

    def mean_of(self, z, given: Mapping[str, tf.Tensor]):
        """Returns the mean of p(x|z), shaped and scaled as x, of z [B, Z]."""
        mean = self.density.mean(self._parameters(z, given))
        x = tf.reshape(mean, [-1, *self.spec.shape])
        return x if self.discrete else self.from_unit(x)


class Variational(Decodes):
    """Methods of models with an encoder and a decoder, and how they begin.

    Its settings are `latent`, `hidden`, `maps`, `kernel`, `activation`,
    `likelihood`, `conditional`.
    """

    def __init__(self, config: Any, spec: DataSpec):
        """Makes the networks.

        Raises:
          UserError: settings that do not fit the data.
        """
        super().__init__(config, spec)
        self.make_networks()
        self.noise = {"epsilon": Noise((self.sample_noise,))}
        x = tf.zeros((1, *spec.shape), self.dtype)
        self.reconstruct(x, **conditions.example(self))

    def make_networks(self, context: int = 0):
        """Makes `latents`, `encoder` and `decoder`.

        Args:
          context: how many numbers the encoder gives beside q(z|x).
        """
        config, shape, Z = self.config, self.spec.shape, self.config.latent
        self.latents = {"z": Latent((Z,))}
        sizes = config.hidden, config.maps, config.kernel, config.activation
        self.encoder = Encoder(shape, 2 * Z + context, *sizes)
        self.decoder = Decoder(shape, self.density.parameters, *sizes)

    # What the networks say.

    def _encoded(self, x, given):
        """What the encoder gives, [B, 2 * Z + context]."""
        x = self.to_unit(tf.floor(x) if self.discrete else x)
        h = self.encoder(x, conditions.vector(self, given))
        return tf.cast(h, x.dtype)

    def _posterior(self, x, given):
        """Mean and logarithm of the deviation of q(z|x), [B, Z] each."""
        mean, log_stddev = tf.split(self._encoded(x, given), 2, axis=1)
        return mean, gaussian.bounded(log_stddev)

    def _parameters(self, z, given):
        """Those of p(x|z), [..., D, P], of z [B, Z] or [B, K, Z]."""
        *draws, Z = z.shape[1:]
        condition = conditions.vector(self, given)
        if draws and condition is not None:
            condition = tf.repeat(condition, draws[0], axis=0)
        h = self.decoder(tf.reshape(z, [-1, Z]), condition)
        D, P = self.spec.size, self.density.parameters
        return tf.reshape(tf.cast(h, z.dtype), [-1, *draws, D, P])

    def drawn(self, x, epsilon, given: Mapping[str, tf.Tensor]):
        """Returns mean and log-deviation of q(z|x); z; and -log p(x|z), [B].

        Args are those of `terms`.
        """
        q = self._posterior(x, given)
        z = gaussian.draw(*q, epsilon)
        return q, z, -self.log_likelihood(x, z, given)

    def terms(self, x, epsilon, given: Mapping[str, tf.Tensor]):
        """Returns the ELBO's: distortion [B], and the KL [B, Z], in nats.

        Args:
          x: [B, ...].
          epsilon: standard normal, [B, Z]: z = mean + stddev * epsilon.
          given: conditions, name -> [B, ...].
        """
        q, _, distortion = self.drawn(x, epsilon, given)
        return distortion, gaussian.kl(*q)

    def log_weights(self, x, epsilon, estimator: Estimator = "plain", **given):
        """Returns log p(x, z_k) - log q(z_k|x) in nats, [B, K].

        Args:
          x: [B, ...].
          epsilon: standard normal, [B, K, Z].
          estimator: of the encoder's gradient, of `importance_bound` of this;
            see `tfgen/models/autoencoders/iwae.py`.
          **given: the condition, of a conditional model.
        """
        mean, log_stddev = (t[:, None] for t in self._posterior(x, given))
        epsilon = tf.cast(epsilon, mean.dtype)
        z = gaussian.draw(mean, log_stddev, epsilon)
        if estimator == "plain":
            # (z - mean) / stddev is epsilon, whatever the encoder says.
            log_q = -0.5 * tf.square(epsilon) - log_stddev
        else:
            weights: list[tf.Tensor] = []
            z = _weighted(z, weights) if estimator == "dreg" else z
            scaled = (z - tf.stop_gradient(mean)) * tf.exp(
                -tf.stop_gradient(log_stddev)
            )
            log_q = -0.5 * tf.square(scaled) - tf.stop_gradient(log_stddev)
        # Constants of both densities cancel.
        log_ratio = tf.reduce_sum(-0.5 * tf.square(z) - log_q, axis=-1)
        log_w = self.log_likelihood(x, z, given) + log_ratio
        if estimator == "dreg":
            weights.append(tf.nn.softmax(log_w, axis=1))
        return log_w

    # What others see.

    def cost(self, kl, batch, training):
        """Returns what the objective has beside the distortion, [B].

        Args:
          kl: of each latent, [B, Z], in nats; by default its sum.
          batch: of the training.
          training: whether it is one.
        """
        del batch, training
        return tf.reduce_sum(kl, axis=1)

    def per_example_losses(self, batch, training):
        """Returns {"autoencoder": [B]}, and the terms of the ELBO, in nats."""
        given = self.given(batch)
        distortion, kl = self.terms(batch["x"], batch["epsilon"], given)
        return {
            "autoencoder": distortion + self.cost(kl, batch, training),
            "rate": tf.reduce_sum(kl, axis=1),
            "distortion": distortion,
        }

    def per_example_metrics(self, batch):
        """Returns -ELBO, rate and distortion in nats; bits per dimension."""
        given = self.given(batch)
        distortion, kl = self.terms(batch["x"], batch["epsilon"], given)
        rate = tf.reduce_sum(kl, axis=1)
        return {
            "negative_elbo": distortion + rate,
            "rate": rate,
            "distortion": distortion,
            **self.bits(distortion + rate),
        }

    def elbo(self, x, epsilon, **given):
        """Returns a lower bound of log p(x) in nats, by one draw of z, [B].

        Args:
          x: [B, ...].
          epsilon: standard normal, [B, Z].
          **given: the condition, of a conditional model.
        """
        distortion, kl = self.terms(x, epsilon, given)
        return -(distortion + tf.reduce_sum(kl, axis=-1))

    def posterior(self, x, **given):
        """Returns mean and deviation of q(z|x), [B, Z] each."""
        mean, log_stddev = self._posterior(x, given)
        return mean, tf.exp(log_stddev)

    def encode(self, x, **given):
        """Returns the mean of q(z|x), [B, Z]."""
        return self.posterior(x, **given)[0]

    def decode(self, z, **given):
        """Returns the mean of p(x|z), shaped and scaled as x."""
        return self.mean_of(z, given)

    def reconstruct(self, x, **given):
        """Returns the mean of p(x|z), z the mean of q(z|x)."""
        return self.decode(self.encode(x, **given), **given)


def player(optimizer: OptimizerConfig, *networks: keras.layers.Layer) -> Player:
    """Returns a player who trains networks.

    Args:
      optimizer: its settings.
      *networks: what it trains.
    """
    variables = [v for n in networks for v in n.trainable_variables]
    return Player(variables, optimizer)


def _weighted(z: tf.Tensor, weights: list[tf.Tensor]) -> tf.Tensor:
    """Returns z [B, K, Z], whose gradient is times the weights [B, K].

    They are known once z has been used, and wait in the list.
    """

    @tf.custom_gradient
    def identity(z):
        return tf.identity(z), lambda upstream: upstream * weights[0][..., None]

    return identity(z)
