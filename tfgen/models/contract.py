"""What a model offers to training, evaluation and export.

A model is a `keras.Model` built as `Model(config, spec)` and a game: some
players, each with variables and a loss. It has

- `players()`: ordered mapping name -> `Player`;
- `per_example_losses(batch, training)`: mapping player -> loss [B]. Only the
  training loop averages, and only it knows how many replicas there are;
- `generate(batch, training)`, if players learn from the same samples, one
  after the other: G(z), which the losses find as `batch["generated"]`. It is
  made once a step, so the player that makes it must be the last;
- `per_example_metrics(batch)`: mapping name -> value [B] on held-out data. The
  first is the one that the best checkpoint minimizes;
- `simultaneous`, true if all players move at once, each from the same losses
  (BiGAN); without it they move one after the other, each seeing what those
  before it did (GAN);
- `trains_samples`, false if it has `sample` but no player learns from samples
  (the autoencoders that BiGAN is compared to): they neither select a checkpoint
  nor say that a run has collapsed;
- `dynamic_shapes`, true if shapes of its tensors depend on the data, which XLA
  cannot compile (packed sentences);
- `noise()`: mapping name -> shape of the standard normal noise that a batch
  must carry under that name, one draw an example;
- capabilities, as methods that exist or not: `log_prob(x)`, `encode(x)`,
  `decode(z)`, `sample(noise)`, `energy(x)`, `reconstruct(x)`, `classify(x)`.
  Randomness comes in as an argument;
- `feature_layers(x, training=False)`, if it learns features: mapping name ->
  [B, F]; neighbours are looked for in the first;
- `latent_shape`: shape of one z; `noise_of(z)`, if it encodes and z is not
  normal: the noise of which `sample` makes the same;
- `signatures()`: mapping name -> `Signature`, what is exported; the first is
  served by default; docs/signatures.md has the names, shapes and units;
- `example_inputs(n, seed)`: mapping input name -> n valid rows, with which an
  export is checked (text as UTF-8 bytes);
- `assets()`, if it has some: mapping file name -> bytes, what goes with the
  TFLite files (vocabulary, labels). It lies next to them and in each of them.

A batch is a dict: `x` [B, ...], `label` [B] where the data have labels, and in
training the noise and, of images and points, `step` [B], the number of steps
before this one: what a schedule of a loss follows. (`losses`, `metrics` and
`evaluate` are Keras's own names, hence the longer ones.)
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import keras
import tensorflow as tf

from tfgen.config import OptimizerConfig


@dataclasses.dataclass(frozen=True)
class Player:
    """One player of the game.

    Attributes:
      variables: what it may change.
      optimizer: how it changes them.
      every: it moves at the last of so many steps, and rests before (the
        generator of a WGAN, whose critic makes several steps a round).
    """

    variables: Sequence[keras.Variable]
    optimizer: OptimizerConfig
    every: int = 1


@dataclasses.dataclass(frozen=True)
class Signature:
    """One exported function.

    Attributes:
      function: tensors in, by position; a dict of named tensors out. Every
        input and output has a leading batch dimension.
      inputs: a spec for each argument; its `name` is the exported name.
      on_device: False if TFLite's built-in operators cannot compute it (random
        numbers, strings).
    """

    function: Callable[..., Mapping[str, tf.Tensor]]
    inputs: Sequence[tf.TensorSpec]
    on_device: bool = True


def with_generated(model: keras.Model, batch: Mapping, training: bool) -> dict:
    """Returns the batch with what the model's losses want to find in it."""
    if not hasattr(model, "generate"):
        return dict(batch)
    return {**batch, "generated": model.generate(batch, training)}
