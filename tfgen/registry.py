"""The one table of models.

A model is registered by one line here. Its module is imported only when it is
asked for, so that `--help` lists the zoo without loading TensorFlow; a test
holds each line against its module.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType

from tfgen.errors import UserError


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model of the zoo.

    Attributes:
      module: holds `Config`, `PRESETS` and the class named next.
      model: name of the `keras.Model` subclass, built as
        `Model(config, spec)`.
      family: flow, adversarial, variational, autoregressive or classifier.
      paper: authors, year and arXiv number.
      presets: names in `PRESETS`; the first is the default.
    """

    module: str
    model: str
    family: str
    paper: str
    presets: tuple[str, ...]

    def load(self) -> ModuleType:
        """Imports the model's module (and with it TensorFlow)."""
        return importlib.import_module(self.module)

    def build(self, network, spec):
        """Returns the model for the settings `network` on data `spec`."""
        return getattr(self.load(), self.model)(network, spec)


MODELS = {
    "bigan": Entry(
        "tfgen.models.adversarial.bigan",
        "BiGAN",
        "adversarial",
        "Donahue et al. 2017, arXiv:1605.09782",
        (
            "digits",
            "mnist",
            "digits_latent_regressor",
            "digits_joint_latent_regressor",
            "digits_autoencoder_l1",
            "digits_autoencoder_l2",
            "digits_conv",
            "imagenet",
            "tiny",
        ),
    ),
    "dcgan": Entry(
        "tfgen.models.adversarial.dcgan",
        "DCGAN",
        "adversarial",
        "Radford et al. 2016, arXiv:1511.06434",
        ("digits", "lsun", "cifar10", "tiny"),
    ),
    "ebgan": Entry(
        "tfgen.models.adversarial.ebgan",
        "EBGAN",
        "adversarial",
        "Zhao et al. 2017, arXiv:1609.03126",
        (
            "digits",
            "toy",
            "lsun",
            "celeb_a",
            "imagenet128",
            "imagenet256",
            "tiny",
        ),
    ),
    "ebgan_ladder": Entry(
        "tfgen.models.adversarial.ebgan_ladder",
        "EBGANLadder",
        "adversarial",
        "Zhao et al. 2017, arXiv:1609.03126, section 4.2",
        ("digits", "mnist", "tiny"),
    ),
    "gan": Entry(
        "tfgen.models.adversarial.gan",
        "GAN",
        "adversarial",
        "Goodfellow et al. 2014, arXiv:1406.2661",
        ("digits", "toy", "tiny"),
    ),
    "inner_attention": Entry(
        "tfgen.models.classifiers.inner_attention",
        "InnerAttention",
        "classifier",
        "Liu et al. 2016, arXiv:1605.09090",
        ("grammar", "snli", "snli_mean", "tiny"),
    ),
    "ladder": Entry(
        "tfgen.models.classifiers.ladder_network",
        "LadderNetwork",
        "classifier",
        "Rasmus et al. 2015, arXiv:1507.02672",
        ("digits", "mnist", "tiny"),
    ),
    "sentence_encoder": Entry(
        "tfgen.models.classifiers.sentence_encoder",
        "SentenceEncoder",
        "classifier",
        "Bowman et al. 2015, arXiv:1508.05326",
        ("grammar", "snli", "snli_gru", "tiny"),
    ),
    "word_by_word": Entry(
        "tfgen.models.classifiers.word_by_word",
        "WordByWord",
        "classifier",
        "Rocktäschel et al. 2016, arXiv:1509.06664",
        ("grammar", "snli", "snli_static", "tiny"),
    ),
    "real_nvp": Entry(
        "tfgen.models.flows.real_nvp",
        "RealNVP",
        "flow",
        "Dinh et al. 2017, arXiv:1605.08803",
        (
            "digits",
            "toy",
            "cifar10",
            "imagenet32",
            "imagenet64",
            "lsun",
            "celeb_a",
            "tiny",
        ),
    ),
    "wgan": Entry(
        "tfgen.models.adversarial.wgan",
        "WGAN",
        "adversarial",
        "Arjovsky et al. 2017, arXiv:1701.07875; Gulrajani et al. 2017,"
        " arXiv:1704.00028",
        ("digits", "digits_clip", "toy", "lsun", "tiny"),
    ),
}


def lookup(
    argument: str, name: str, known: Iterable[str], what: str = ""
) -> str:
    """Returns `name` if it is `known`.

    Args:
      argument: the flag that carried the name, for the error.
      name: what the user asked for.
      known: the names there are.
      what: they are of, in words.

    Raises:
      UserError: it is not; the error lists the names and the nearest one.
    """
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(
        f"{argument}={name}: unknown.{hint} Known{what and f' {what}'}:"
        f" {', '.join(known)}."
    )


def get(name: str) -> Entry:
    """Returns the model registered as `name`, or raises `UserError`."""
    return MODELS[lookup("--model", name, MODELS)]
