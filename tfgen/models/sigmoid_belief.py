"""Sigmoid belief networks: layers of bits, upwards by q and downwards by p.

    p(x, h) = p(h_L) prod_l p(h_{l-1} | h_l),  q(h|x) = prod_l q(h_l | h_{l-1})

with h_0 = x. Each bit is 1 with the sigmoid of a linear function of the layer
before. Draws compare uniform numbers, which come with the batch.

B is the batch, K the draws of h for an example, H the bits of all layers, D the
numbers of x, P the parameters of one of them.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from tfgen.config import DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import DataConfig
from tfgen.losses import importance_bound
from tfgen.model import Latent, Noise
from tfgen.models import by_size, conditions, variational
from tfgen.models import variational_presets as presets
from tfgen.models.settings import training
from tfgen.nn.levels import Bernoulli

_BITS = Bernoulli()
ADAM = OptimizerConfig(learning_rate=3e-3, schedule="cosine")


class SigmoidBelief(variational.Decodes):
    """Methods of such a model.

    Its settings are `draws`, `hidden`, `likelihood` and `conditional`. What a
    model is conditional on, q sees beside x, and p(x | h_1, y) beside h_1.
    """

    def __init__(self, config: Any, spec: DataSpec):
        """Makes the layers.

        Raises:
          UserError: settings that do not fit the data.
        """
        super().__init__(config, spec)
        H = sum(config.hidden)
        self.latents = {"z": Latent((H,), "bernoulli")}
        self.noise = {"epsilon": Noise((config.draws, H), "uniform")}
        dense = keras.layers.Dense
        below = spec.size * self.density.parameters, *config.hidden[:-1]
        self.upwards = [dense(n) for n in config.hidden]
        self.downwards = [dense(n) for n in below]
        self.top = self.add_weight((config.hidden[-1],), "zeros", name="top")
        x = tf.zeros((1, *spec.shape), self.dtype)
        u = tf.zeros((1, 1, H), self.dtype)
        self.log_terms(x, u, conditions.example(self))

    def _logits(self, layer, h):
        """What a layer gives: float32 under mixed precision, too."""
        return tf.cast(layer(h), self.dtype)

    def _parameters(self, h, given):
        """Those of p(x | h_1), [..., D, P], of h_1 [B, H_1] or [B, K, H_1]."""
        condition = conditions.vector(self, given)
        if condition is not None:
            if h.shape.rank == 3:
                condition = tf.repeat(condition[:, None], tf.shape(h)[1], 1)
            h = tf.concat([h, condition], axis=-1)
        parts = [self.spec.size, self.density.parameters]
        out = self._logits(self.downwards[0], h)
        return tf.reshape(out, tf.concat([tf.shape(h)[:-1], parts], 0))

    def log_terms(self, x, epsilon, given):
        """Returns log p(x, h_k) and log q(h_k|x) in nats, [B, K] each.

        Args:
          x: [B, ...].
          epsilon: uniform numbers in [0, 1), [B, K, H]; they draw h_k.
          given: conditions, name -> [B, ...].
        """
        h, log_q, layers = self._seen(x, given)[:, None], 0.0, []
        for layer, u in zip(
            self.upwards, tf.split(epsilon, self.config.hidden, axis=2)
        ):
            logits = self._logits(layer, h)
            h = tf.stop_gradient(tf.cast(u < tf.sigmoid(logits), u.dtype))
            log_q += _log_prob(h, logits)
            layers.append(h)
        log_p = _log_prob(h, tf.convert_to_tensor(self.top))
        for layer, below, above in zip(self.downwards[1:], layers, layers[1:]):
            log_p += _log_prob(below, self._logits(layer, above))
        return log_p + self.log_likelihood(x, layers[0], given), log_q

    def log_weights(self, x, epsilon, **given):
        """Returns log p(x, h_k) - log q(h_k|x) in nats, [B, K].

        Args:
          x: [B, ...].
          epsilon: uniform, [B, K, H].
          **given: the condition, of a conditional model.
        """
        log_p, log_q = self.log_terms(x, epsilon, given)
        return log_p - log_q

    # What others see.

    def per_example_metrics(self, batch):
        """Returns -L_K and -L_1 in nats; bits per dimension of L_K."""
        x, u = batch["x"], batch["epsilon"]
        return self.bound_metrics(self.log_weights(x, u, **self.given(batch)))

    def elbo(self, x, epsilon, **given):
        """Returns L_K, a lower bound of log p(x) in nats, by K draws, [B]."""
        return importance_bound(self.log_weights(x, epsilon, **given))

    def encode(self, x, **given):
        """Returns probabilities of bits, [B, H]; those above of those below."""
        h, layers = self._seen(x, given), []
        for layer in self.upwards:
            h = tf.sigmoid(self._logits(layer, h))
            layers.append(h)
        return tf.concat(layers, axis=1)

    def reconstruct(self, x, **given):
        """Returns the mean of p(x | h_1), h_1 by the mean of q."""
        h = self.encode(x, **given)[:, : self.config.hidden[0]]
        return self.mean_of(h, given)

    @property
    def sample_noise(self):
        """A number for each bit."""
        return sum(self.config.hidden)

    def draw(self, uniforms, **given):
        """Returns means of p(x | h_1), of numbers [B, H] that draw h."""
        u = tf.split(uniforms, self.config.hidden, axis=1)
        logits = tf.convert_to_tensor(self.top)
        for layer, of_layer in zip(self.downwards[:0:-1], u[:0:-1]):
            h = _BITS.quantile(of_layer, logits[..., None])
            logits = self._logits(layer, h)
        return self.mean_of(_BITS.quantile(u[0], logits[..., None]), given)


def _log_prob(h, logits):
    """Log of the probability of bits [..., N], in nats, [...]."""
    return tf.reduce_sum(_BITS.log_prob(h, logits[..., None]), axis=-1)


def auto(
    network: Any, spec: DataSpec, examples: int, data: DataConfig
) -> Preset:
    """Returns settings for other data than a model's presets'."""
    if spec.levels:
        data = dataclasses.replace(data, dequantize=False)
    H = max(10, min(200, spec.size))
    train = by_size.training(examples, 300, 100, 4000, 200_000)
    network = dataclasses.replace(network, hidden=(H, H), optimizer=ADAM)
    return Preset(network, data, train)


def digits(network: Any) -> Preset:
    """Returns a training on black and white digits."""
    train = training(8000, 100, every=400, jit_compile=True)
    return Preset(network, presets.DIGITS, train)
