"""Improved GAN: a discriminator that classifies, for few labels.

Tim Salimans, Ian Goodfellow, Wojciech Zaremba, Vicki Cheung, Alec Radford, Xi
Chen: Improved Techniques for Training GANs. NIPS 2016. arXiv:1606.03498,
sections 3.1 and 5.

D sorts into K classes and "generated", class K + 1, whose logit can be 0. So K
logits l are left, and with Z(x) = sum_k exp l_k(x)

    D(x) = Z(x) / (Z(x) + 1);  p(k | x, k <= K) = softmax(l(x))
    L_labelled = - log softmax(l(x))_y
    L_unlabelled = - 1/2 log D(x) - 1/2 log(1 - D(G(z)))
    L_D = L_labelled + w L_unlabelled;  L_G = mean (E f(x) - E f(G(z)))^2

f is the last hidden layer. The expectations of L_G, feature matching, are means
of the batch on all replicas; the mean is over f's units.

The paper comes first, then its authors' code (openai/improved-gan,
train_mnist_feature_matching.py), of which the settings and the halves are: D
has Gaussian noise at its input and after each layer, and weights whose scales
are learned in the last layer alone; all of D's scales start from data.

What deviates, and why:
- G and D see the same unlabelled batch, where the code draws another for G, and
  the same G(z), as in all games here.
- The first batch starts the scales, not 500 images, which need not be there.
- z is uniform in (-1, 1), not (0, 1): the first layer of G is normalized.
- Averages of weights begin at the first ones, and forget faster.
"""

import dataclasses

import tensorflow as tf

from tfgen.bounds import Count, NotNegative, Widths
from tfgen.config import TINY_TRAIN, DataSpec, OptimizerConfig, Preset
from tfgen.data.settings import SemiSupervisedDataConfig
from tfgen.losses import classification, feature_matching
from tfgen.model import Latent, Model, Noise, Player
from tfgen.models import by_size
from tfgen.models import improved_gan_networks as networks
from tfgen.models.semi_supervised import check_labels, from_rows, to_rows
from tfgen.models.settings import training

PAPER = "Salimans et al. 2016, arXiv:1606.03498"

# B batch, N data, K classes, Z latent dimensions, M members of an ensemble.

# The code's epsilon is 1e-8, below the root.
_ADAM = OptimizerConfig(learning_rate=3e-3, beta_1=0.5, epsilon=1e-4)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings; the defaults are the code's, for MNIST."""

    hidden: Widths = (1000, 500, 250, 250, 250)  # of D
    input_noise: NotNegative = 0.3  # standard deviation
    noise: NotNegative = 0.5  # likewise, after each hidden layer
    unlabelled: NotNegative = 1.0  # w; at 0 there is no game: labels alone
    latent: Count = 100  # Z
    generator: Widths = (500, 500)
    # M pairs of D and G, each from weights and noise of its own, on the same
    # labels; probabilities are averaged ("ensemble of 10 of our models").
    members: Count = 1
    generator_optimizer: OptimizerConfig = _ADAM
    discriminator_optimizer: OptimizerConfig = _ADAM


class ImprovedGAN(Model):
    """A K + 1 classifier of images [B, H, W, C] or vectors [B, N]."""

    def __init__(self, config: Config, spec: DataSpec):
        super().__init__(config, spec)
        check_labels(spec)
        members = range(config.members)
        noise = [config.input_noise, *[config.noise] * len(config.hidden)]
        self.discriminators = [
            networks.NoisyClassifier(config.hidden, spec.num_classes, noise)
            for _ in members
        ]
        sizes = config.latent, config.generator, spec.size
        output = "sigmoid" if spec.levels else None
        self.generators = [networks.generator(*sizes, output) for _ in members]
        for D in self.discriminators:
            D(tf.zeros([1, spec.size]))
        self.latents = {"z": Latent((config.latent,))}
        kinds = "corruption", "labelled_corruption", "sample_corruption"
        corruption = Noise((config.members, sum(D.widths)))
        self.noise = {"z": Noise((config.latent,))}
        self.noise |= dict.fromkeys(kinds, corruption)

    def players(self):
        """The discriminator moves first; without w the generator rests."""
        c = self.config
        D, G = (
            [v for network in several for v in network.trainable_variables]
            for several in (self.discriminators, self.generators)
        )
        rests = None if c.unlabelled else 0
        return {
            "discriminator": Player(D, c.discriminator_optimizer),
            "generator": Player(G, c.generator_optimizer, until=rests),
        }

    def begin(self, batch):
        """Starts the scales of D from data that are corrupted."""
        x = to_rows(batch["x"], self.spec)
        for i, D in enumerate(self.discriminators):
            D(x, batch["corruption"][:, i], start=True)

    def generate(self, batch, training):
        """Returns the samples of each member, [B, M, N]."""
        (z,) = self.prior(batch["z"])
        made = [G(z, training=training) for G in self.generators]
        return tf.stack(made, axis=1)

    def per_example_losses(self, batch, training):
        """Returns what each player minimizes, summed over members, [B]."""
        x, labelled = (
            to_rows(batch[n], self.spec) for n in ("x", "labelled_x")
        )
        label, w = batch["labelled_label"], self.config.unlabelled
        of_D, of_G = 0.0, 0.0
        for i, D in enumerate(self.discriminators):
            logits, _ = D(labelled, batch["labelled_corruption"][:, i])
            of_D += classification.cross_entropy(logits, label)
            if not w:
                continue
            real, of_x = D(x, batch["corruption"][:, i])
            y = tf.cast(batch["generated"][:, i], x.dtype)
            fake, of_y = D(y, batch["sample_corruption"][:, i])
            of_D += w * classification.unlabelled_loss(real, fake)
            of_G += feature_matching(of_x, of_y)
        of_G += tf.zeros_like(of_D)
        return {"discriminator": of_D, "generator": of_G}

    def per_example_metrics(self, batch):
        """Returns `error_rate` and `cross_entropy`, [B]."""
        return classification.judged(self.logits(batch["x"]), batch["label"])

    def logits(self, x):
        """Returns [B, K], of several members of their mean probabilities."""
        rows = to_rows(x, self.spec)
        return networks.voted([D(rows)[0] for D in self.discriminators])

    def classify(self, x):
        """Returns `label` [B] int32, the most probable, `probabilities`."""
        return classification.most_probable(self.logits(x))

    def decode(self, z):
        """Returns x = G(z) of the first member, of z [B, Z]."""
        rows = tf.cast(self.generators[0](z), tf.float32)
        return from_rows(rows, self.spec)


_DIGITS = SemiSupervisedDataConfig("digits", dequantize=False)
_MNIST = SemiSupervisedDataConfig("mnist", dequantize=False)
_AVERAGED = {"ema_decay": 0.999, "jit_compile": True}


def _at(rate: float, **options) -> dict[str, OptimizerConfig]:
    adam = OptimizerConfig(learning_rate=rate, beta_1=0.5, **options)
    return {"generator_optimizer": adam, "discriminator_optimizer": adam}


_SMALL = Config((256, 128, 128), latent=50, generator=(256, 256), **_at(3e-3))
# At the paper's rate D tells samples from MNIST's images within 500 steps, and
# G's samples become one.
_SHORT = Config((500, 250, 250), **_at(1e-3, schedule="linear"))


def auto(
    spec: DataSpec, examples: int, data: SemiSupervisedDataConfig
) -> Preset:
    """Returns settings for other data than the presets'."""
    train = by_size.training(examples, 300, 100, 4000, 180_000, **_AVERAGED)
    network = _SHORT if by_size.side(spec) >= 28 else _SMALL
    return Preset(network, data, train)


PRESETS = {
    "digits": Preset(
        _SMALL, _DIGITS, training(4000, 100, every=500, **_AVERAGED)
    ),
    "mnist": Preset(
        Config(),
        _MNIST,
        training(180_000, 100, every=2000, ema_decay=0.9999, jit_compile=True),
    ),
    # Minutes of a CPU instead of hours.
    "mnist_short": Preset(
        _SHORT, _MNIST, training(6000, 100, every=500, **_AVERAGED)
    ),
    "tiny": Preset(
        Config(hidden=(5, 4), latent=3, generator=(4,), noise=0.1),
        dataclasses.replace(_DIGITS, labels=20),
        TINY_TRAIN,
    ),
}
