"""Plain TensorFlow's products, in a process that does nothing else."""

import numpy as np

from benchmarks import autoencoders
from benchmarks.peers import games_products


def build(data: np.ndarray) -> autoencoders.Bench:
    """No models."""
    del data
    return autoencoders.Bench({}, **games_products.figures())
