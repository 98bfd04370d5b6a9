import keras
import numpy as np
import pytest

from benchmarks import adversaries
from benchmarks.adversaries import (
    alternating,
    dense,
    simultaneous,
    with_latent,
)
from benchmarks.peers import games_tfgen
from benchmarks.runner import limits


def test_a_network_of_two_layers():
    net = dense(2, 3, 4)
    assert net.layers == (6, 12)
    assert (net.forward, net.back) == (18, 12)


def test_moves_by_hand():
    """G of 2 and 6 products, E of 6 and 2, D of 6 and 2."""
    g, e, d = dense(1, 2, 3), dense(3, 2, 1), dense(3, 2, 1)
    # D's move: G, D on data and samples; twice D's weights and its hidden
    # layer. G's move: D, its gradient down to the samples, G's weights and its
    # hidden layer.
    assert alternating(g, d) == (8 + 2 * 8 + 2 * (8 + 2)) + (8 + 8 + 8 + 6)
    # All forward, D twice; D's weights and hidden layer for both; the way
    # through D for both; weights and hidden layers of G and E.
    assert simultaneous(g, e, d) == (
        (8 + 8 + 2 * 8) + 2 * (8 + 2) + 2 * 8 + (8 + 6) + (8 + 2)
    )


def test_a_step_of_bigan():
    """128 times about 24 million products, two operations each."""
    assert adversaries.gflop()["bigan"] == pytest.approx(6.231, abs=0.001)


def products(network):
    """Of an example in each layer of a Keras network that has some."""
    counts = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2DTranspose):
            places = layer.input.shape[1:3]
        elif isinstance(layer, keras.layers.Conv2D):
            places = layer.output.shape[1:3]
        else:
            places = ()
        weights = [v for v in layer.trainable_variables if v.name == "kernel"]
        for kernel in weights:
            counts.append(int(np.prod(kernel.shape) * np.prod(places)))
    return tuple(counts)


def test_counts_are_those_of_the_networks():
    models = games_tfgen.models()
    g = dense(50, 1024, 1024, 784)
    assert products(models["gan"].generator) == g.layers
    # The weights of z in the second layer are a layer of their own.
    for name, net in (
        ("generator", with_latent(50, 784)),
        ("discriminator", with_latent(784, 1)),
    ):
        network = getattr(models["bigan"], name)
        assert sum(products(network)) == net.forward
    d = dense(784, 1024, 1024, 1)
    assert products(models["gan"].discriminator) == d.layers
    e = dense(784, 1024, 1024, 50)
    assert products(models["bigan"].encoder) == e.layers
    for name, classes in (("dcgan", 0), ("conditional_dcgan", 10)):
        g, d = adversaries.dcgan_nets(classes)
        assert products(models[name].generator) == g.layers
        assert products(models[name].discriminator) == d.layers


def test_share_of_the_limit():
    """10 steps of 6.231 GFLOP, where products alone make 124.6 a second."""
    rates = {"tfgen": 10.0}
    medians = dict.fromkeys(adversaries.FIGURES, rates)
    medians["matrix"] = {"tfgen": 124.6}
    lines = limits(medians, adversaries.gflop()).splitlines()
    assert "| bigan | tfgen | 6.23 | 10.0 | 62 | 50% | not run |" in lines
    medians["matrix"]["products"] = 155.8
    lines = limits(medians, adversaries.gflop()).splitlines()
    assert "| bigan | tfgen | 6.23 | 10.0 | 62 | 50% | 40% |" in lines
