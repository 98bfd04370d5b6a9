"""What a model is: the one contract of training, measuring and export.

A model is a game: some players, each with variables and a loss. Maximum
likelihood and classification are games of one player.

A batch is a dict: `x` [B, ...], `label` [B] and other fields where the data
have them, the model's noise and, in training, `step` [B], the number of steps
before this one.

Beside what `Model` declares, a model has capabilities: methods that are there
or not. `tfgen/capabilities.py` lists them, with their shapes and units.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import keras
import tensorflow as tf

from tfgen import bounds
from tfgen.config import DataSpec, OptimizerConfig
from tfgen.nn import normal_cdf
from tfgen.nn.any_size import Sides
from tfgen.nn.gray_levels import from_unit, to_unit

Batch = Mapping[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Latent:
    """A latent variable that samples are made of.

    Attributes:
      shape: of one.
      prior: standard normal, standard logistic, uniform in (-1, 1), a one-hot
        vector of equally probable classes, or bits that are 1 with probability
        one half.
    """

    shape: tuple[int, ...]
    prior: Literal[
        "normal", "logistic", "uniform", "categorical", "bernoulli"
    ] = "normal"

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z) in nats, [B], of real numbers z [B, *shape]."""
        if self.prior == "normal":
            density = -0.5 * (tf.square(z) + math.log(2 * math.pi))
        elif self.prior == "logistic":
            # -softplus(z) - softplus(-z), which devices would not keep finite.
            size = tf.abs(z)
            density = -size - 2 * tf.math.log(1 + tf.exp(-size))
        else:
            raise ValueError(f"prior={self.prior!r}: has no density.")
        return tf.reduce_sum(density, axis=list(range(1, z.shape.rank)))

    def of_normal(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns a latent [B, *shape] of standard normal numbers [B, N]."""
        z = tf.reshape(noise, [-1, *self.shape])
        if self.prior == "uniform":
            return uniform_from_normal(z)
        if self.prior == "logistic":
            return normal_cdf.to_logistic(z)
        if self.prior == "categorical":
            # The largest of equally distributed numbers is any of them.
            return tf.one_hot(tf.argmax(z, -1), self.shape[-1], dtype=z.dtype)
        return tf.cast(z > 0, z.dtype) if self.prior == "bernoulli" else z

    def to_normal(self, z: tf.Tensor) -> tf.Tensor:
        """Returns standard normal numbers [B, N] that `of_normal` maps to z.

        Of a uniform z, numbers beyond ±0.999 count as ±0.999.
        """
        if self.prior == "uniform":
            z = normal_from_uniform(z)
        elif self.prior == "logistic":
            z = normal_cdf.from_logistic(z)
        elif self.prior != "normal":
            z = 2 * z - 1
        return tf.reshape(z, [-1, math.prod(self.shape)])


@dataclasses.dataclass(frozen=True)
class Noise:
    """Random numbers that come with each example of a batch.

    Attributes:
      shape: of an example's: (Z,), or (K, Z) for K draws.
      kind: standard normal, or uniform in [0, 1).
    """

    shape: tuple[int, ...] = ()
    kind: Literal["normal", "uniform"] = "normal"


@dataclasses.dataclass(frozen=True)
class Player:
    """One player of the game.

    Attributes:
      variables: what it may change.
      optimizer: how it changes them.
      every: it moves at the last of so many steps, and rests before (the
        generator of a WGAN, whose critic makes several steps a round).
      since: the first step of its stage; it rests before.
      until: one past the last step of its stage; None is no end.
    """

    variables: Sequence[keras.Variable]
    optimizer: OptimizerConfig
    every: int = 1
    since: int = 0
    until: int | None = None

    def plays(self, step: int) -> bool:
        """Whether a step is in the player's stage."""
        return self.since <= step and (self.until is None or step < self.until)


class Model(keras.Model):
    """The base of all models, built as `Model(config, spec)`.

    Attributes:
      config: the model's settings.
      spec: shape, levels and classes of the data.
      latents: name -> what samples are made of; empty if there are none.
      unread: latents that `encode` does not give: nobody can read them off x.
      noise: name -> random numbers that every batch carries under that name.
      conditions: fields that `sample`, `encode`, `log_prob`, … take, too.
      selected_by: what the best checkpoint is chosen by: the model's own
        metrics, or the distance of its samples from the data; or it is the
        last, where no figure says which is better.
      player: the name of the only player, unless `players` names others.
      simultaneous: all players move at once, each from the same losses
        (BiGAN); else one after the other, each seeing what those before it did.
      dynamic_shapes: shapes of tensors depend on the data, which XLA cannot
        compile (packed sentences).
      embedding: table of word vectors [V, D], which data may set at the start.
      discrete: `log_prob` is of whole gray levels; noise on them changes
        nothing.
      dequantized: examples are gray levels with noise in [0, 1), or multiples
        of steps with noise below a step, which the data add
        (`data.dequantize`); so `log_prob` is a density. The run says so.
      other_sides: of pictures that `translate` and `translate_back` take beside
        the data's; None is no others.
    """

    latents: Mapping[str, Latent] = {}
    unread: tuple[str, ...] = ()
    noise: Mapping[str, Noise] = {}
    conditions: tuple[str, ...] = ()
    selected_by: Literal["metrics", "samples", "last"] = "metrics"
    player = "model"
    simultaneous = False
    dynamic_shapes = False
    embedding: keras.Variable | None = None
    discrete = False
    dequantized = False
    other_sides: Sides | None = None

    def __init__(
        self, config: Any = None, spec: DataSpec | None = None, **options
    ):
        """Keeps the settings. A model's own goes on and makes its variables.

        Args:
          config: the model's settings.
          spec: of the data: shape, levels, classes, words.
          **options: of `keras.Model`.

        Raises:
          UserError: bad settings, or settings that do not fit the data.
        """
        if config is not None:
            bounds.check(config, "network.")
        super().__init__(name=type(self).__module__.split(".")[-1], **options)
        # The call that makes the variables is the first: no trace before it.
        self.built = True
        self.config, self.spec = config, spec or DataSpec()

    # What a model says.

    def players(self) -> Mapping[str, Player]:
        """Returns name -> player, in the order in which they move.

        By default one, who trains all variables with `config.optimizer`.
        """
        return {
            self.player: Player(self.trainable_variables, self.config.optimizer)
        }

    def per_example_losses(self, batch: Batch, training: bool) -> Batch:
        """Returns player -> loss [B]; other names are recorded alone.

        Only the training loop averages: only it knows how many replicas there
        are.
        """
        raise NotImplementedError

    def per_example_metrics(self, batch: Batch) -> Batch:
        """Returns name -> value [B] on held-out data; lower is better.

        The first selects the best checkpoint.
        """
        raise NotImplementedError

    def generate(self, batch: Batch, training: bool) -> Any:
        """Returns G(z), which losses find as `batch["generated"]`; or None.

        It is a tensor, or several in any structure. It is made once a step, for
        players that learn from the same samples one after the other. The player
        that makes it must be the last.
        """
        del batch, training

    def begin(self, batch: Batch) -> None:
        """Sets the variables that start from data, before the first step.

        The batch is that of all replicas together. A run that resumes has
        what its checkpoint says.
        """
        del batch

    def settle(self, batches: Callable[[], Iterable[Batch]]) -> None:
        """Sets what follows from all training data, before each validation.

        Args:
          batches: returns all examples of the training split, once.
        """
        del batches

    # What follows from that.

    def capability(self, name: str) -> Callable | None:
        """Returns the method of a capability, `log_prob` say, if there is."""
        if name == "sample" and type(self).sample is Model.sample:
            makes = self.can("decode", "draw")
            return self.sample if makes else None
        return getattr(self, name, None)

    def can(self, *names: str) -> bool:
        """Whether the model has one of these capabilities."""
        return any(self.capability(name) is not None for name in names)

    @property
    def encodes_all(self) -> bool:
        """Whether `encode` gives all that an example is decoded from."""
        decodes = self.can("decode", "decode_with_uniforms")
        return self.can("encode") and decodes and not self.unread

    def with_generated(self, batch: Batch, training: bool) -> dict:
        """Returns the batch with what the losses find in it."""
        made = self.generate(batch, training)
        return {**batch, **({} if made is None else {"generated": made})}

    def given(self, batch: Batch) -> dict[str, tf.Tensor]:
        """Returns the conditions among the fields of a batch."""
        return {name: batch[name] for name in self.conditions}

    @property
    def trains_samples(self) -> bool:
        """Whether a player learns from samples, which then are measured."""
        generates = type(self).generate is not Model.generate
        learns = generates or self.selected_by == "samples"
        return learns and self.can("sample")

    @property
    def latent_size(self) -> int:
        """How many numbers all latents have together."""
        return sum(math.prod(latent.shape) for latent in self.latents.values())

    @property
    def sample_noise(self) -> int:
        """How many standard normal numbers a sample is made of."""
        return self.spec.size if self.can("draw") else self.latent_size

    def prior(self, noise: tf.Tensor) -> list[tf.Tensor]:
        """Returns latents, one [B, *shape] each, of normal noise [B, N]."""
        sizes = [math.prod(latent.shape) for latent in self.latents.values()]
        parts = tf.split(noise, sizes, axis=1) if len(sizes) > 1 else [noise]
        return [
            latent.of_normal(part)
            for latent, part in zip(self.latents.values(), parts)
        ]

    def to_normal(
        self, codes: tf.Tensor | Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Returns the normal numbers [B, N] that `prior` makes these codes of.

        Args:
          codes: as `encode` returns them.
        """
        codes = codes.values() if isinstance(codes, Mapping) else [codes]
        latents = zip(self.latents.values(), codes, strict=True)
        return tf.concat([latent.to_normal(z) for latent, z in latents], axis=1)

    def sample(self, noise: tf.Tensor, **conditions: tf.Tensor) -> tf.Tensor:
        """Returns samples x [B, ...].

        Args:
          noise: [B, sample_noise], standard normal times the temperature.
          **conditions: [B, ...].
        """
        if self.can("draw"):
            return self.draw(self.uniforms(noise), **conditions)
        return self.decode(*self.prior(noise), **conditions)

    def uniforms(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns Phi(noise) in [0, 1]: a temperature of 0 is the median."""
        return 0.5 * tf.math.erfc(-noise / math.sqrt(2))

    def named_networks(self) -> dict[str, keras.Model]:
        """Returns the networks that are attributes: name -> network.

        Filters are drawn of an `encoder`, a `discriminator`, a `critic` and a
        `generator`; `transfer` measures an `encoder` and a `discriminator`.
        """
        return {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, keras.Model)
        }

    # Gray levels, at the edge of networks that take [-1, 1].

    def to_unit(self, x: tf.Tensor) -> tf.Tensor:
        """Returns gray levels scaled to [-1, 1], real numbers standardized.

        Without a mean and a deviation these stay as they are.
        """
        if self.spec.standard:
            mean, stddev = self._moments(x.dtype)
            return (x - mean) / stddev
        return to_unit(x, self.spec.levels)

    def from_unit(self, y: tf.Tensor) -> tf.Tensor:
        """Returns float32 examples of what `to_unit` makes."""
        y = tf.cast(y, tf.float32)
        if self.spec.standard:
            mean, stddev = self._moments(y.dtype)
            return y * stddev + mean
        return from_unit(y, self.spec.levels)

    def _moments(self, dtype: tf.DType) -> list[tf.Tensor]:
        """Means and standard deviations of the numbers of x."""
        of_each = [(c.mean, c.stddev) for c in self.spec.standard]
        return tf.unstack(tf.constant(of_each, dtype), axis=1)


def uniform_from_normal(noise: tf.Tensor) -> tf.Tensor:
    """Returns `2 Phi(n) - 1`: U(-1, 1) if n is standard normal."""
    return tf.math.erf(noise / math.sqrt(2))


def normal_from_uniform(z: tf.Tensor) -> tf.Tensor:
    """Returns the inverse of `uniform_from_normal`; z is clipped to ±0.999."""
    return math.sqrt(2) * tf.math.erfinv(tf.clip_by_value(z, -0.999, 0.999))
