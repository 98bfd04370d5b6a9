"""The next frame of those before it.

Michael Mathieu, Camille Couprie, Yann LeCun: Deep Multi-Scale Video Prediction
Beyond Mean Square Error. ICLR 2016. arXiv:1511.05440.

    L(X, Y) = lambda_adv L_adv(X, Y) + lambda_lp L_p(X, Y)
              + lambda_gdl L_gdl(X, Y)                               (section 3)

L_p is |G(X) - Y|^p, L_adv is -log D(X, G(X)), where D learns Y from G(X), and
the gradient difference loss L_gdl compares edges. All are of every scale. Where
two futures are as likely, L_2 is least at their mean, two ghosts; L_gdl has one
value at the mean and at either future; a D takes no ghost for a frame.

x holds the frames before, one after another in its channels, y the next.

What deviates, and why:
- Terms are means over values in [-1, 1] and scales, as in the authors' code
  (coupriec/VideoPredictionICLR2016), not sums: weights do not depend on sizes.
- The optimizer is Adam; the paper has SGD.
- `wrong_pairs`, of that code and not the paper: D also learns that a
  frame after other frames is none; the halves of its loss are
  as heavy. Without, G may show any frame.
- Without a D, checkpoints are chosen by the L1 distance on held-out frames.
  With a D the last is: of two futures, a mean is nearer than the wrong one.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, NotNegative, Positive
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import TwoDomainDataConfig
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL, gradient_difference
from tfgen.model import Model, Player
from tfgen.models import adversarial, by_size, two_domains
from tfgen.models.settings import training
from tfgen.models.wrong_pairs import against_wrong_pairs, others
from tfgen.nn.any_size import Sides
from tfgen.nn.frame_pyramid import (
    MOST_SCALES,
    frame_discriminator,
    frame_generator,
    pyramid,
)
from tfgen.nn.frames import frames_of

PAPER = "Mathieu et al. 2016, arXiv:1511.05440"

# B batch, H W picture, C channels.

_ADAM = OptimizerConfig(learning_rate=2e-4, beta_1=0.5)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the paper's for 32 x 32."""

    scales: Count = 4  # N_scales: 4, 8, 16 and 32 pixels, section 3.1
    width: Count = 128  # maps of G's first and last layers, table 1
    power: Positive = 1.0  # p of L_p
    prediction: NotNegative = 1.0  # lambda_lp
    adversarial: NotNegative = 0.05  # lambda_adv; 0: no D
    edges: NotNegative = 1.0  # lambda_gdl
    edge_power: Positive = 1.0  # alpha
    wrong_pairs: bool = False
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class NextFrame(Model):
    """G(X) of frames X [B, H, W, K C], and D(X, Y)."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        x, self.of_y = two_domains.domains(spec)
        frame = self.of_y.shape[-1]
        if not frames_of(x, self.of_y):
            raise UserError(
                f"data: {x}, and {self.of_y}; expected frames in the channels"
                " of x, each with those of y; three channels beside one are"
                " colours."
            )
        if config.scales > MOST_SCALES:
            raise UserError(
                f"network.scales={config.scales}: expected at most"
                f" {MOST_SCALES}."
            )
        if not (config.prediction or config.adversarial or config.edges):
            raise UserError("network.prediction=0: expected a loss above 0.")
        self.other_sides = Sides(*2 * [2 ** (config.scales - 1)])
        sizes = x.shape, frame, config.scales, config.width
        self.generator = frame_generator(*sizes)
        if config.adversarial:
            self.selected_by = "last"
            self.discriminator = frame_discriminator(*sizes)

    def players(self):
        """D moves first, then G."""
        if self.config.adversarial:
            return adversarial.players(self)
        G = self.generator.trainable_variables
        return {"generator": Player(G, self.config.generator_optimizer)}

    def translate(self, x: tf.Tensor) -> tf.Tensor:
        """Returns the next frame in its gray levels, [B, H, W, C].

        Args:
          x: the frames before, [B, H, W, K C].
        """
        *_, y = self._frames(self.to_unit(x))
        return two_domains.levels(y, self.of_y)

    def _frames(self, x):
        """G_k(X) of all scales."""
        made = self.generator(x)
        return made if isinstance(made, list) else [made]

    def generate(self, batch, training):
        """Returns G_k(X), a list of [B, H_k, W_k, C] in [-1, 1]."""
        return self._frames(self.to_unit(batch["x"]))

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, [B]."""
        config = self.config
        x, y = self.to_unit(batch["x"]), two_domains.unit(batch["y"], self.of_y)
        true, made = pyramid(y, config.scales), batch["generated"]
        made = [tf.cast(m, y.dtype) for m in made]
        prediction = _mean(
            _distance(m, t, config.power) for m, t in zip(made, true)
        )
        edges = _mean(
            gradient_difference(m, t, config.edge_power)
            for m, t in zip(made, true)
        )
        total = config.prediction * prediction + config.edges * edges
        recorded = {"prediction": prediction, "edges": edges}
        if not config.adversarial:
            return {"generator": total, **recorded}
        loss = ADVERSARIAL["non_saturating"]
        real, fake = self._judged(x, true), self._judged(x, made)
        wrong = [None] * config.scales
        if config.wrong_pairs:
            wrong = self._judged(x, pyramid(others(y), config.scales))
        judged = [
            against_wrong_pairs(loss, r, f, w, y)
            for r, f, w in zip(real, fake, wrong)
        ]
        deceived = _mean(loss.generator(f) for f in fake)
        return {
            "discriminator": _mean(judged),
            "generator": total + config.adversarial * deceived,
            **recorded,
        }

    def _judged(self, x, frames):
        """D's logits of each scale."""
        logits = self.discriminator([x, frames])
        return logits if isinstance(logits, list) else [logits]

    def per_example_metrics(self, batch):
        """Returns |y - G(x)|, of black and white 1, [B]."""
        made = self.translate(batch["x"])
        return {"l1": two_domains.error(made, batch["y"], self.of_y)}


def _mean(values):
    """Of tensors [B]; two at a time, so that the sum has one result."""
    values = list(values)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total / len(values)


def _distance(made, true, power):
    """The mean of |made - true|^power, [B]."""
    off = tf.abs(made - true)
    off = off if power == 1 else off**power
    return tf.reduce_mean(off, axis=[1, 2, 3])


def auto(spec: DataSpec, examples: int, data: TwoDomainDataConfig) -> Preset:
    """Returns settings for other data than the presets'.

    As many scales as there are down to 4 pixels a side, at most the paper's.
    """
    scales = min(1 + by_size.halvings(spec.shape), MOST_SCALES)
    config = Config(scales, 64 if by_size.side(spec) >= 32 else 16)
    train = by_size.training(examples, 100, 16, 3000, 100_000)
    return Preset(config, data, train)


_MOVING = TwoDomainDataConfig("moving_scenes", image_size=16)

PRESETS = {
    # 95 % of frames are right, and none to 0.2 % show two
    # ghosts (seeds 0, 1); without D none is right, and all show two.
    "moving_scenes": Preset(
        Config(3, 16, power=2, edges=0.0, wrong_pairs=True),
        _MOVING,
        training(1500, 32, every=500),
    ),
    # Section 4: patches of 32 x 32; "lambda_adv = 0.05 and lambda_lp = 1".
    "paper": Preset(
        Config(),
        TwoDomainDataConfig("moving_scenes"),
        training(100_000, 8, 5000),
    ),
    "tiny": Preset(
        Config(2, 2, wrong_pairs=True),
        TwoDomainDataConfig("moving_scenes", num_examples=200, image_size=16),
        TINY_TRAIN,
    ),
}
