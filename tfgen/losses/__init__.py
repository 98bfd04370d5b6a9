"""Functions of logits, energies or terms; one value per example."""

from tfgen.losses.adversarial import ADVERSARIAL, AdversarialLoss
from tfgen.losses.elbo import free_bits, importance_bound, warm_up
from tfgen.losses.energy import decayed_margin, margin_loss, pulling_away
from tfgen.losses.gradient_difference import gradient_difference
from tfgen.losses.gradient_penalty import gradient_penalty, squared_gradient
from tfgen.losses.kernel_l2 import kernel_l2
from tfgen.losses.orthogonality import orthogonality
from tfgen.losses.replicas import covariance, feature_matching
from tfgen.losses.score_function import leave_one_out, multi_sample_loss
from tfgen.replicas import mean_over_replicas

__all__ = [
    "ADVERSARIAL",
    "AdversarialLoss",
    "covariance",
    "decayed_margin",
    "feature_matching",
    "free_bits",
    "gradient_difference",
    "gradient_penalty",
    "importance_bound",
    "kernel_l2",
    "leave_one_out",
    "margin_loss",
    "mean_over_replicas",
    "multi_sample_loss",
    "orthogonality",
    "pulling_away",
    "squared_gradient",
    "warm_up",
]
