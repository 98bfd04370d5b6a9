"""Codes that somebody else reads off x: what they are, and how well it is done.

A code is a category, bits, or numbers that are uniform in (-1, 1) or normal.
"""

import math
import re
from typing import Annotated

import tensorflow as tf

from tfgen.bounds import Bound
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Latent
from tfgen.nn import gaussian
from tfgen.tensors import TENSORS

# B batch, N numbers of a code; of a category, K classes.

_CODE = re.compile(r"([A-Za-z]\w*)=(categorical|uniform|normal)(?::(\d+))?")


def named_codes(codes: tuple[str, ...], spec: DataSpec) -> dict[str, Latent]:
    """Returns the codes of a setting, name -> prior.

    Args:
      codes: `name=kind` or `name=kind:size` each.
      spec: of the data.

    Raises:
      UserError: a name that another tensor has.
    """
    found = dict(map(_named, codes))
    taken = TENSORS.keys() - {"category", "code_1"}
    taken |= {field.name for field in spec.fields}
    if clashes := sorted(found.keys() & taken):
        raise UserError(
            f"network.codes={clashes[0]}=…: the name of another tensor;"
            " expected a new one."
        )
    return found


def _named(code):
    name, prior, size = _CODE.fullmatch(code).groups()
    return name, Latent((int(size or 1),), prior)


def _are_codes(codes):
    if not codes or not all(map(_CODE.fullmatch, codes)):
        return False
    found = dict(map(_named, codes))
    return len(found) == len(codes) and all(
        z.shape[0] > (z.prior == "categorical") for z in found.values()
    )


Codes = Annotated[
    tuple[str, ...],
    Bound(
        "name=categorical:K (K at least 2), name=uniform or name=normal, each"
        " name once",
        _are_codes,
    ),
]


def code_nats(prior: str, told: tf.Tensor, code: tf.Tensor) -> tf.Tensor:
    """Returns -log q(code) in nats, [B].

    Args:
      prior: what the code is, see `Latent`.
      told: of q: logits of a category, [B, K], or of bits, [B, N]; the mean of
        numbers, whose deviation is 1, or mean and log-deviation, [B, 2 N].
      code: [B, N]; a category is one-hot.
    """
    told = tf.cast(told, code.dtype)
    if prior == "categorical":
        return tf.nn.softmax_cross_entropy_with_logits(code, told)
    if prior == "bernoulli":
        each = tf.nn.sigmoid_cross_entropy_with_logits(code, told)
    else:
        mean, log_stddev = told, tf.zeros_like(code)
        if told.shape[1] > code.shape[1]:
            mean, log_stddev = tf.split(told, 2, axis=1)
        each = -gaussian.log_prob(code, mean, gaussian.bounded(log_stddev))
    return tf.reduce_sum(each, axis=1)


def entropy(latent: Latent) -> float:
    """Returns H(c) in nats; of numbers, that of their density."""
    (N,) = latent.shape
    if latent.prior == "categorical":
        return math.log(N)
    each = {"uniform": math.log(2), "normal": 0.5 * math.log(2 * math.pi) + 0.5}
    return N * each[latent.prior]
