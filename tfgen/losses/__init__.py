"""Functions of logits or energies; one value per example."""

from tfgen.losses.adversarial import ADVERSARIAL, AdversarialLoss
from tfgen.losses.energy import decayed_margin, margin_loss, pulling_away
from tfgen.losses.gradient_penalty import gradient_penalty

__all__ = [
    "ADVERSARIAL",
    "AdversarialLoss",
    "decayed_margin",
    "gradient_penalty",
    "margin_loss",
    "pulling_away",
]
