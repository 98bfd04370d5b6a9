"""Functions of logits or energies; one value per example."""

from tfgen.losses.adversarial import ADVERSARIAL, AdversarialLoss
from tfgen.losses.energy import decayed_margin, margin_loss, pulling_away
from tfgen.losses.gradient_penalty import gradient_penalty
from tfgen.losses.kernel_l2 import kernel_l2

__all__ = [
    "ADVERSARIAL",
    "AdversarialLoss",
    "decayed_margin",
    "gradient_penalty",
    "kernel_l2",
    "margin_loss",
    "pulling_away",
]
