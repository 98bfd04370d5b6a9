"""Settings for data without a preset: `auto` of every model."""

import dataclasses

import numpy as np
import pytest

from tfgen import registry
from tfgen.config import Column, DataSpec, Field, Preset, apply_overrides
from tfgen.models import by_size
from tfgen.nli.settings import NliDataConfig

IMAGE_MODELS = [
    name
    for name, entry in registry.MODELS.items()
    if entry.family not in ("classifiers", "plug-in")
]
VECTOR_MODELS = [
    name
    for name in IMAGE_MODELS
    if registry.MODELS[name].family != "translation"
    and name not in ("dcgan", "glow")
]
FLOWS = [
    name for name in VECTOR_MODELS if registry.MODELS[name].family == "flows"
]
SHAPES = [(8, 8, 1), (28, 28, 1), (32, 32, 3), (64, 64, 3)]
# Of the networks whose sizes say nothing about whether they fit, for speed.
SMALL = {
    "beta_vae": ["hidden=4"],
    "avb": ["hidden=4", "discriminator=4"],
    "aae": ["hidden=4", "discriminator=4"],
    "ali": ["units=4"],
    "bigan": ["units=4"],
    "cycle_gan": ["blocks=1", "network.discriminator=1", "pool=2"],
    "dbm": ["hidden=4,4"],
    "deep_nade": ["hidden=4"],
    "dip_vae": ["hidden=4"],
    "ebgan_ladder": ["hidden=4", "generator=4"],
    "factor_vae": ["hidden=4", "discriminator=4"],
    "gan": ["generator=4", "discriminator=4"],
    "gated_pixel_cnn": ["features=2", "outputs=4"],
    "glow": ["features=1", "network.steps=2"],
    "gsn": ["hidden=4,4"],
    "iaf": ["hidden=4"],
    "iaf_vae": ["hidden=4", "autoregressive=4"],
    "improved_gan": ["hidden=4", "generator=4"],
    "iwae": ["hidden=4"],
    "ladder": ["hidden=4"],
    "made": ["hidden=4"],
    "maf": ["hidden=4"],
    "nade": ["hidden=4"],
    "neural_spline": ["features=1", "blocks=1", "hidden=4"],
    "next_frame": ["width=1"],
    "nice": ["hidden=4"],
    "pix2pix": ["network.discriminator=1"],
    "pixel_cnn": ["features=2", "outputs=4"],
    "pixel_cnn_pp": ["features=2"],
    "pixelgan": ["features=2", "outputs=4", "hidden=4", "discriminator=4"],
    "real_nvp": ["features=1", "blocks=1"],
    "sim_gan": ["maps=2", "network.discriminator=1", "pool=2"],
    "stack_gan": ["generator=2", "network.discriminator=1"],
    "swapout": ["features=1", "blocks=1"],
    "unit": ["blocks=0", "network.discriminator=1"],
    "vae": ["hidden=4"],
    "vlae": ["hidden=4,4,4"],
}


def spec_of(shape, model=""):
    bits = model and registry.MODELS[model].family == "energy"
    levels = 2 if bits else 256
    fields = ()
    if model and registry.MODELS[model].family == "translation":
        fields = Field("y", shape, 256), Field("attributes", (3,))
    return DataSpec(shape, levels=levels, num_classes=10, fields=fields)


def auto(model, spec, examples=50_000, data=None):
    module = registry.get(model).module()
    data = data or next(iter(module.PRESETS.values())).data
    return module.auto(spec, examples, data)


@pytest.mark.parametrize("model", IMAGE_MODELS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("examples", [60, 50_000])
def test_settings_by_size(model, shape, examples):
    settings = auto(model, spec_of(shape), examples)
    assert isinstance(settings, Preset)
    assert settings.train.batch_size <= examples
    assert 1000 <= settings.train.steps <= 200_000
    assert settings.train.steps % settings.train.evaluate_every < 100


def assert_fit(model, spec):
    """Networks of these settings make, or classify, examples of that shape."""
    settings = apply_overrides(auto(model, spec), SMALL.get(model, []))
    built = registry.get(model).build(settings.network, spec)
    if built.can("log_prob"):
        return  # of an example, which made the variables
    if built.can("translate"):
        y = built.translate(np.zeros((1, *spec.shape), np.float32))
        assert y.shape == (1, *spec.shape)
        return
    if built.can("sample"):
        given = {"label": np.int32([0]), "attributes": np.zeros((1, 3))}
        noise = np.zeros((1, built.sample_noise), np.float32)
        x = built.sample(noise, **built.given(given))
        assert x.shape == (1, *spec.shape)
    else:
        x = np.zeros((1, *spec.shape), np.float32)
        found = built.classify(x)["probabilities"]
        assert found.shape == (1, spec.num_classes)


@pytest.mark.parametrize("model", IMAGE_MODELS)
@pytest.mark.parametrize("shape", [*SHAPES[:2], (12, 20, 1)], ids=str)
def test_they_fit_images(model, shape):
    assert_fit(model, spec_of(shape, model))


@pytest.mark.parametrize("model", VECTOR_MODELS)
@pytest.mark.parametrize("size", [2, 5])
def test_they_fit_vectors(model, size):
    discrete = registry.MODELS[model].family in ("autoregressive", "energy")
    levels = 2 if discrete or model == "pixelgan" else 0
    assert_fit(model, DataSpec((size,), levels=levels, num_classes=2))


@pytest.mark.parametrize("model", ["maf", "iaf"])
def test_masked_networks_see_all_that_comes_before(model):
    """A unit for each number, up to 1024."""
    for shape, width in zip(SHAPES, (256, 784, 1024, 1024)):
        hidden = auto(model, spec_of(shape)).network.hidden
        assert hidden == (width, width)


def test_margins_of_ebgan_are_in_proportion_to_the_side():
    """Appendix C: 10 for 28 x 28, about 20 for 64 x 64, 80 for 256 x 256."""
    margins = [
        auto("ebgan", spec_of((side, side, 1))).network.margin
        for side in (28, 56, 64, 256)
    ]
    assert margins[:2] == [10, 20]
    assert margins[2] == pytest.approx(20, rel=0.15)
    assert margins[3] == pytest.approx(80, rel=0.15)


@pytest.mark.parametrize(
    "model, shape, network",
    [
        ("ebgan", (28, 28, 1), {}),  # the best of the grid
        ("real_nvp", (32, 32, 3), {}),
        ("real_nvp", (64, 64, 3), {"scales": 5, "blocks": 2}),
        ("dcgan", (64, 64, 3), {}),
        ("bigan", (28, 28, 1), {}),
        ("ladder", (28, 28, 1), {}),
        ("wgan", (64, 64, 3), {}),
    ],
)
def test_settings_of_the_papers_come_out(model, shape, network):
    config = registry.get(model).module().Config
    assert auto(model, spec_of(shape)).network == config(**network)


def test_networks_of_the_digits_and_the_toys_come_out():
    """What was measured: of 64 and of 2 dimensions."""
    for model in ("gan", "dcgan", "wgan", "ebgan"):
        presets = registry.get(model).module().PRESETS
        for name, spec in (
            ("digits", spec_of((8, 8, 1))),
            ("toy", DataSpec((2,))),
        ):
            if name in presets:
                expected = presets[name].network
                if model == "ebgan" and name == "digits":
                    expected = dataclasses.replace(expected, margin=2.86)
                assert auto(model, spec).network == expected, (model, name)


@pytest.mark.parametrize(
    "shape, halvings, maps",
    [
        ((64, 64, 3), 4, (64, 128, 256, 512)),
        ((28, 28, 1), 2, (64, 128)),
        ((8, 8, 1), 1, (64, 128)),
        ((12, 20, 1), 1, (64, 128)),
        ((25, 25, 1), 0, (64,)),
        ((256, 256, 3), 6, (64, 128, 256, 512, 1024, 1024)),
        ((30,), 0, (64,)),
    ],
)
def test_halvings_and_maps(shape, halvings, maps):
    assert by_size.halvings(shape) == halvings
    assert by_size.maps(shape) == maps


def test_steps_are_bounded():
    def train(examples):
        return by_size.training(examples, 10, 64, 500, 2000)

    assert (train(60).steps, train(60).batch_size) == (500, 60)
    assert train(5000).steps == 800  # 782, rounded up
    assert train(10**6).steps == 2000
    assert train(5000).evaluate_every == train(5000).checkpoint_every == 100


@pytest.mark.parametrize("model", FLOWS)
@pytest.mark.parametrize("rows", [141, 40_000])
def test_flows_of_tables(model, rows):
    """141 rows of wine: a MAF lost 3e7 nats within 200 steps of 128 units."""
    columns = tuple(Column(f"c{i}") for i in range(13))
    spec = DataSpec((13,), num_classes=3, columns=columns)
    preset = auto(model, spec, rows)
    assert preset.network.conditional
    assert preset.network.optimizer.clip_norm == 5
    assert preset.train.ema_decay == 0.99
    few = rows < 5000
    assert (preset.train.evaluate_every == 20) == few
    if hasattr(preset.network, "dropout"):
        assert preset.network.dropout == (0.2 if few else 0)
    assert not auto(model, DataSpec((13,), columns=columns)).network.conditional


@pytest.mark.parametrize("glove, embedding", [("", 64), ("vectors.txt", 300)])
@pytest.mark.parametrize(
    "model", ["inner_attention", "sentence_encoder", "word_by_word"]
)
def test_word_vectors_are_trained_unless_there_are_some(
    model, glove, embedding
):
    data = NliDataConfig(glove=glove)
    network = auto(model, DataSpec(words="a b"), 48, data).network
    assert network.embedding == embedding
    assert network.train_embeddings == (not glove)
