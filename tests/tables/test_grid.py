import collections

import pytest

from tfgen.config import DataSpec, apply_overrides
from tfgen.errors import UserError
from tfgen.models.games import ebgan, gan
from tfgen.tables import grid
from tfgen.tables.grid import Configuration

# Figure 4(b): the paper's best EBGAN.
BEST = Configuration("EBGAN", 5, 2, 800, 1024, False, "adam", "adam", 0.001)
GAN = Configuration("GAN", 4, 3, 1600, 256, True, "sgd", "adam", 0.01)


def network(configuration, side, module):
    preset = module.PRESETS["digits"]
    settings = grid.overrides(configuration, side)
    return apply_overrides(preset, settings).network


@pytest.mark.parametrize(
    "family, count", [("EBGAN", 512), ("EBGAN-PT", 512), ("GAN", 6144)]
)
def test_table_1(family, count):
    """The paper's ranges; its last line is the number of experiments."""
    every = grid.configurations(family)
    assert len(every) == len(set(every)) == count
    assert len({c.name for c in every}) == count
    ranges = {
        name: {getattr(c, name) for c in every}
        for name in Configuration._fields[1:]
    }
    gan = family == "GAN"
    assert ranges == {
        "layers_g": {2, 3, 4, 5},
        "layers_d": {2, 3, 4, 5},
        "size_g": {400, 800, 1600, 3200},
        "size_d": {128, 256, 512, 1024},
        "dropout_d": {True, False},
        "optimizer_d": {"adam", "sgd"} if gan else {"adam"},
        "optimizer_g": {"adam", "sgd"} if gan else {"adam"},
        "learning_rate": {0.01, 0.001, 0.0001} if gan else {0.001},
    }


def test_best_models_are_in_the_grid():
    """Those of figure 4, in the words of appendix C."""
    assert BEST in grid.configurations("EBGAN")
    best = Configuration("GAN", 5, 2, 1600, 1024, False, "sgd", "sgd", 0.01)
    assert best in grid.configurations("GAN")


def test_a_larger_budget_goes_on_from_a_smaller_one():
    few, many = (grid.draw("GAN", count, seed=1) for count in (10, 500))
    assert many[:10] == few and len(set(many)) == 500
    assert grid.draw("GAN", 10, seed=2) != few
    everything = grid.draw("EBGAN", 1000, seed=1)
    assert sorted(everything) == sorted(grid.configurations("EBGAN"))
    # Every value of every setting occurs about as often as the others.
    sizes = collections.Counter(c.size_g for c in many)
    assert all(100 < n < 150 for n in sizes.values()) and len(sizes) == 4


@pytest.mark.parametrize(
    "budget, fraction, expected",
    [
        (None, None, (96, 96)),
        (5, None, (5, 5)),
        (1000, None, (512, 1000)),
        (None, 1.0, (512, 6144)),
        (None, 0.1, (51, 614)),
        (None, 0.0, (1, 1)),
    ],
)
def test_counts(budget, fraction, expected):
    ebgan, gan = expected
    found = grid.counts(budget, fraction)
    assert found == {"EBGAN": ebgan, "EBGAN-PT": ebgan, "GAN": gan}


def test_counts_are_said_once():
    with pytest.raises(UserError, match="budget, fraction: expected one"):
        grid.counts(5, 0.1)


def test_on_mnist_sizes_are_the_papers():
    """Figure 4, (b) and (c): the defaults of the model, and its presets."""
    assert network(BEST, 28, ebgan) == ebgan.Config()
    assert network(BEST, 32, ebgan) == ebgan.Config()
    assert ebgan.PRESETS["mnist"].network == ebgan.Config()
    pulled = network(BEST._replace(family="EBGAN-PT"), 28, ebgan)
    assert pulled == ebgan.Config(pull_away=0.1)
    assert ebgan.PRESETS["mnist_pt"].network == pulled


def test_on_digits_sizes_are_an_eighth():
    config = network(BEST, 8, ebgan)
    assert config.generator == (100,) * 4 and config.encoder == (128,)
    assert config.margin == pytest.approx(10 * 8 / 28)
    config = network(GAN, 8, gan)
    assert config.generator == (200,) * 3 and config.discriminator == (32,) * 2


def layers(network):
    return [type(layer).__name__ for layer in network.layers]


def test_networks_of_appendix_c():
    """Layers as counted; no normalization at D's input and G's output."""
    spec = DataSpec((8, 8, 1), levels=17)
    model = gan.GAN(network(GAN, 8, gan), spec)
    hidden = ["Dense", "FusedBatchNorm", "ReLU"]
    assert layers(model.generator) == [*hidden * 3, "Dense", "Reshape"]
    assert layers(model.discriminator) == [
        "Flatten",
        *["Dense", "ReLU", "Dropout"],
        *[*hidden, "Dropout"],
        "Logit",
    ]
    players = model.players()
    assert players["discriminator"].optimizer.name == "sgd"
    assert players["generator"].optimizer.name == "adam"
    assert {p.optimizer.learning_rate for p in players.values()} == {0.01}
    deep = GAN._replace(family="EBGAN", dropout_d=False)
    model = ebgan.EBGAN(network(deep, 8, ebgan), spec)
    assert layers(model.generator) == [*hidden * 3, "Dense", "Reshape"]
    assert layers(model.encoder) == ["Flatten", "Dense", "ReLU", *hidden]
    assert layers(model.decoder) == ["Dense", "Reshape"]
