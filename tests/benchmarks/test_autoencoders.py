"""What a step of the VAE and the IWAE needs, by hand and by their networks."""

import pytest

from benchmarks import autoencoders
from benchmarks.peers import vae_tfgen


def test_a_step_by_hand():
    """784-500-40 and 20-500-784: forward, weights, and back to z and h."""
    encoder, decoder = 784 * 500 + 500 * 40, 20 * 500 + 500 * 784
    products = 2 * (encoder + decoder) + 500 * 40 + decoder
    found = autoencoders.gflop()
    assert found["vae"] == pytest.approx(2e-9 * 128 * products)
    encoder = 784 * 200 + 200 * 200 + 200 * 100
    decoder = 50 * 200 + 200 * 200 + 200 * 784
    products = 2 * encoder + 200 * 200 + 200 * 100 + 50 * 3 * decoder
    assert found["iwae"] == pytest.approx(2e-9 * 20 * products)


def test_counts_are_those_of_the_networks():
    """Biases are one a unit."""
    found = {n: m.count_params() for n, m in vae_tfgen.models().items()}
    weights = {
        "vae": 784 * 500 + 500 * 40 + 20 * 500 + 500 * 784,
        "iwae": 2 * (784 * 200 + 200 * 200) + 200 * 100 + 50 * 200,
    }
    biases = {"vae": 500 + 40 + 500 + 784, "iwae": 4 * 200 + 100 + 784}
    for name in weights:
        assert found[name] == weights[name] + biases[name]
