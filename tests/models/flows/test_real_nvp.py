import dataclasses
import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tfgen import bijectors, capabilities
from tfgen.config import DataSpec, Field, OptimizerConfig
from tfgen.data.catalog import TFDS
from tfgen.errors import UserError
from tfgen.models.flows.real_nvp import PRESETS, Config, RealNVP
from tfgen.nn import ResidualConvNet, RunningBatchNorm
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import make_train_steps
from tfgen.train.strategy import make_strategy

IMAGES = DataSpec((4, 4, 1), levels=17, num_classes=3)
POINTS = DataSpec((2,), num_classes=2)
SMALL = Config(
    scales=2, features=2, blocks=1, couplings=4, hidden=(8,), batch_norm=False
)


def build(spec, noise=0.3, **options):
    model = RealNVP(dataclasses.replace(SMALL, **options), spec)
    checks.randomize(model.variables, noise)
    return model


@functools.cache
def cached(spec, policy="float32", **options):
    """A model with batch normalization that no test changes.

    A test whose `policy` is "float64" has the fixture of that name.
    """
    assert keras.config.dtype_policy().name == policy
    keras.utils.set_random_seed(0)
    return build(spec, batch_norm=True, **options)


images = functools.partial(cached, IMAGES)


def conv_nets(model):
    return [n for n in model.networks if isinstance(n, ResidualConvNet)]


def gray(*shape, levels=17, dtype=np.float32):
    x = np.random.default_rng(0).uniform(0, levels, (*shape,))
    return tf.constant(x, dtype)


def integral(model, low, high, step):
    """The integral of the density over a square, by the midpoint rule."""
    side = np.arange(low + step / 2, high, step)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    density = np.exp(model.log_prob(tf.constant(points)))
    return density.sum() * step**2


# Density.


@pytest.mark.parametrize("batch_norm, edge", [(False, 10), (True, 25)])
def test_density_on_the_plane_integrates_to_one(float64, batch_norm, edge):
    model = build(POINTS, noise=0.15, batch_norm=batch_norm)
    total = integral(model, -edge, edge, 0.05)
    np.testing.assert_allclose(total, 1, **tolerances.QUADRATURE)


def test_density_of_gray_levels(float64):
    """A fresh model has logit(a + (1-a) x / levels) ~ N(0, 1).

    x >= 0 leaves out what lies below logit(a).
    """
    model = build(DataSpec((2,), levels=17), noise=0)
    below = 0.5 * (1 + math.erf(math.log(0.05 / 0.95) / math.sqrt(2)))
    np.testing.assert_allclose(
        integral(model, 0, 17, 0.05), (1 - below) ** 2, **tolerances.QUADRATURE
    )


@pytest.mark.parametrize("spec", [IMAGES, POINTS], ids=["images", "points"])
def test_log_det(float64, spec):
    model = cached(spec, "float64", blocks=0)
    x = gray(2, *spec.shape, dtype=np.float64)
    checks.check_inverse(model.flow, x)
    checks.check_log_det(model.flow, x)


@pytest.mark.parametrize("spec", [IMAGES, POINTS], ids=["images", "points"])
def test_same_as_transformed_distribution(float64, spec):
    """Eq. 3 by TFP: x = g(z), z ~ N(0, I)."""
    model = cached(spec, "float64", blocks=0)
    prior = tfp.distributions.MultivariateNormalDiag(
        tf.zeros(spec.size, tf.float64)
    )
    distribution = tfp.distributions.TransformedDistribution(
        prior, tfp.bijectors.Invert(model.flow)
    )
    x = gray(3, *spec.shape, dtype=np.float64)
    np.testing.assert_allclose(
        model.log_prob(x), distribution.log_prob(x), **tolerances.EXACT
    )
    assert distribution.sample(5, seed=1).shape == (5, *spec.shape)


def test_starts_as_the_logit(float64):
    """s = t = 0 at first: z holds the logits, in another order."""
    model = build(IMAGES, noise=0, blocks=0)
    x = gray(3, 4, 4, 1, dtype=np.float64)
    p = 0.05 + 0.95 * x.numpy().reshape(3, 16) / 17
    logit = np.log(p / (1 - p))
    z = model.encode(x)
    np.testing.assert_allclose(np.sort(z), np.sort(logit), **tolerances.EXACT)
    normal = -0.5 * (logit**2 + np.log(2 * np.pi))
    log_det = np.log(0.95 / 17 / (p * (1 - p)))
    np.testing.assert_allclose(
        model.log_prob(x), (normal + log_det).sum(axis=1), **tolerances.EXACT
    )


def test_dropout_of_points():
    model = build(POINTS, dropout=0.5, batch_norm=False)
    x = np.ones((4, 2), np.float32)
    np.testing.assert_array_equal(model.log_prob(x), model.log_prob(x))
    changed = model.log_prob(x, training=True) != model.log_prob(x)
    assert np.any(changed)


def test_points_start_as_they_are():
    x = tf.random.normal((5, 2))
    np.testing.assert_array_equal(build(POINTS, noise=0).encode(x), x)


def test_bits_per_dim_of_the_uniform_density(monkeypatch):
    """Density 1/17 in each dimension: log2(17) bits, 16 log(17) nats."""
    model = images()
    uniform = tf.fill([2], -16 * math.log(17))
    monkeypatch.setattr(RealNVP, "log_prob", lambda *args: uniform)
    metrics = model.per_example_metrics({"x": gray(2, 4, 4, 1)})
    assert list(metrics) == ["bits_per_dim", "nats"]
    np.testing.assert_allclose(
        metrics["bits_per_dim"], [math.log2(17)] * 2, **tolerances.SAME
    )
    np.testing.assert_allclose(
        metrics["nats"], [16 * math.log(17)] * 2, **tolerances.SAME
    )


# Capabilities.


def test_call_is_log_prob():
    model, x = images(), gray(3, 4, 4, 1)
    np.testing.assert_array_equal(model(x), model.log_prob(x))


def test_mixed_precision(mixed_bfloat16):
    """Values and densities stay float32, near those of float32 networks."""
    model = build(IMAGES, batch_norm=True, blocks=0)
    x = gray(3, 4, 4, 1)
    z, log_prob = model.encode(x), model(x)
    assert z.dtype == log_prob.dtype == tf.float32
    np.testing.assert_array_equal(log_prob, model.log_prob(x))
    keras.config.set_dtype_policy("float32")
    exact = build(IMAGES, batch_norm=True, blocks=0)
    exact.set_weights(model.get_weights())
    np.testing.assert_allclose(z, exact.encode(x), **tolerances.BFLOAT16)
    # The inverse sees the same s and t, however coarse.
    np.testing.assert_allclose(model.decode(z), x, **tolerances.FLOAT32)


def test_float32_reconstructs():
    model, x = images(), gray(50, 4, 4, 1)
    np.testing.assert_allclose(
        model.decode(model.encode(x)), x, **tolerances.FLOAT32
    )


def test_samples_are_gray_levels():
    """Far out in the latent space x leaves [0, 17); a sample does not."""
    model, z = images(), 3 * tf.random.stateless_normal((20, 16), (0, 0))
    x, sample = model.decode(z).numpy(), model.sample(z).numpy()
    assert x.min() < 0 and x.max() >= 17
    assert sample.min() == 0 and sample.max() < 17
    inside = (x >= 0) & (x < 17)
    np.testing.assert_array_equal(sample[inside], x[inside])
    # Samples are data: they can be encoded.
    assert np.isfinite(model.log_prob(sample)).all()
    points = build(POINTS)
    z = 3 * tf.random.normal((20, 2))
    np.testing.assert_array_equal(points.sample(z), points.decode(z))


def test_enlarged():
    """Appendix C: larger images, the same weights."""
    model = images()
    large = model.enlarged(2)
    assert large.spec.shape == (8, 8, 1)
    for weight, same in zip(model.variables, large.variables, strict=True):
        np.testing.assert_array_equal(weight, same)
    x = gray(2, 8, 8, 1)
    z = large.encode(x)
    np.testing.assert_allclose(large.decode(z), x, **tolerances.FLOAT32)
    assert large.latents_of_scales() == [32, 32]


def test_sample_signature():
    """One seed and temperature a row, whatever the other rows."""
    signature = capabilities.signatures(images())["sample"]
    assert not signature.on_device
    seed, cold = tf.constant([3, 4, 3]), tf.constant([1.0, 1.0, 0.0])
    x = signature.function(seed, cold)["x"]
    again = signature.function(seed[::-1], cold[::-1])["x"]
    np.testing.assert_allclose(x, again[::-1], **tolerances.FLOAT32)
    assert np.any(np.abs(x[0] - x[1]) > 1e-3)
    mean = images().sample(tf.zeros((1, 16)))
    np.testing.assert_allclose(x[2:], mean, **tolerances.FLOAT32)


def test_conditional():
    """The class changes s and t (appendix F), and the signatures."""
    model = images(conditional=True, blocks=0)
    x, z = gray(3, 4, 4, 1), tf.random.normal((3, 16))
    one, two = tf.constant([0, 1, 2]), tf.constant([1, 2, 0])
    check_condition(model, x, z, {"label": one}, {"label": two})
    for name, signature in capabilities.signatures(model).items():
        assert signature.inputs[-1].name == "label", name
    batch = {"x": x, "label": one}
    nats = model.per_example_metrics(batch)["nats"]
    np.testing.assert_array_equal(nats, -model.log_prob(x, label=one))


def check_condition(model, x, z, one, two):
    """Two values of a condition give other densities, and other samples."""
    assert np.all(model.log_prob(x, **one) != model.log_prob(x, **two))
    samples, others = model.sample(z, **one), model.sample(z, **two)
    assert np.all(np.any(samples != others, axis=1))
    np.testing.assert_allclose(
        model.decode(model.encode(x, **one), **one), x, **tolerances.FLOAT32
    )


def test_conditional_on_attributes():
    """CelebA's 40 (appendix F) come as a field of the data, without labels."""
    attributes = Field("attributes", (40,))
    spec = DataSpec((4, 4, 1), levels=17, fields=(attributes,))
    model = cached(spec, conditional=True, blocks=0)
    assert model.conditions == ("attributes",)
    x, z = gray(3, 4, 4, 1), tf.random.normal((3, 16))
    one = tf.constant(np.random.default_rng(0).integers(0, 2, (3, 40)))
    one = tf.cast(one, tf.float32)
    check_condition(model, x, z, {"attributes": one}, {"attributes": 1 - one})
    for name, signature in capabilities.signatures(model).items():
        assert signature.inputs[-1].name == "attributes", name
        assert signature.inputs[-1].shape == [None, 40]
    loss = model.per_example_losses({"x": x, "attributes": one}, False)
    penalty = sum(model.losses)
    expected = penalty - model.log_prob(x, attributes=one)
    np.testing.assert_allclose(loss["flow"], expected, **tolerances.SAME)


def test_labels_are_ignored_without_condition():
    model, x = images(), gray(3, 4, 4, 1)
    labelled = model.log_prob(x, label=tf.constant([0, 1, 2]))
    np.testing.assert_array_equal(model.log_prob(x), labelled)
    inputs = [s.name for s in capabilities.signatures(model)["log_prob"].inputs]
    assert inputs == ["x"]


# Training.


def test_loss_is_nats_of_an_image_and_penalty(float64):
    """-log p(x) + 5e-5 sum g^2 (section 4.1), computed by NumPy.

    A fresh model has z = logit(a + (1-a) x / levels) and g = |v|, but for the
    last convolution of s and t, where g = 0.
    """
    model = RealNVP(dataclasses.replace(SMALL, scale_l2=5e-5), IMAGES)
    x = gray(3, 4, 4, 1, dtype=np.float64)
    p = 0.05 + 0.95 * x.numpy().reshape(3, 16) / 17
    log_normal = -0.5 * (np.log(p / (1 - p)) ** 2 + np.log(2 * np.pi))
    log_prob = (log_normal + np.log(0.95 / 17 / (p * (1 - p)))).sum(axis=1)
    v = [
        variable.numpy()
        for variable in model.trainable_variables
        if variable.path.endswith("/v")
    ]
    last = [network.conv_out.v for network in conv_nets(model)]
    squares = sum(np.sum(kernel**2) for kernel in v)
    squares -= sum(np.sum(kernel.numpy() ** 2) for kernel in last)
    # In each of 3 + 3 + 4 networks: 1 + 2 and two skips, and the last one.
    assert (len(v), len(last)) == (60, 10)
    (loss,) = model.per_example_losses({"x": x}, training=False).values()
    np.testing.assert_allclose(
        loss, -log_prob + 5e-5 * squares, **tolerances.EXACT
    )


def test_penalty_is_small_beside_the_bits(unbuilt):
    """CIFAR-10: 3.49 bits/dim are 2.42 nats/dim; the penalty starts at 0.001.

    Networks of the same width start with nearly the same.
    """
    model = RealNVP(PRESETS["cifar10"].network, DataSpec((32, 32, 3), 256))
    first, *_, last = networks = conv_nets(model)
    first.build((None, 32, 32, 3))
    last.build((None, 16, 16, 6))
    widths = [network.features for network in networks]
    assert sorted(widths) == [64] * 3 + [128] * 7
    penalty = 3 * float(sum(first.losses)) + 7 * float(sum(last.losses))
    assert 0.0008 < penalty / (32 * 32 * 3) < 0.001


def test_training_moves_the_running_averages():
    model = build(POINTS, batch_norm=True)
    before = [v.numpy() for v in model.non_trainable_variables]
    batch = {"x": 3 + tf.random.normal((8, 2))}
    model.per_example_losses(batch, training=False)
    for variable, value in zip(model.non_trainable_variables, before):
        np.testing.assert_array_equal(variable, value)
    model.per_example_losses(batch, training=True)
    for variable, value in zip(model.non_trainable_variables, before):
        assert np.all(variable.numpy() != value)


def test_compiled_steps_on_two_replicas(two_replicas, float64):
    """Three steps of one compiled function are those of one replica."""
    x = np.random.default_rng(0).standard_normal((3, 8, 2))
    results = []
    for strategy in (make_strategy("cpu"), two_replicas):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            model = build(POINTS, couplings=2, batch_norm=True)
            optimizer = make_optimizer(OptimizerConfig("sgd"), steps=3)
            optimizer.build(model.trainable_variables)
        parts = np.split(x, strategy.num_replicas_in_sync, axis=1)
        batch = strategy.experimental_distribute_values_from_function(
            lambda c, parts=parts: {
                "x": tf.constant(parts[c.replica_id_in_sync_group])
            }
        )
        steps = make_train_steps(model, {"flow": optimizer}, 8, strategy)
        losses = steps(batch)["flow"]
        assert losses.shape == (3,)
        results.append([losses, *(v.numpy() for v in model.variables)])
    (losses, *one), (same_losses, *two) = results
    np.testing.assert_allclose(same_losses, losses, **tolerances.SAME)
    for got, expected in zip(two, one):
        np.testing.assert_allclose(got, expected, **tolerances.EXACT)


# Architecture.


@pytest.fixture
def unbuilt(monkeypatch):
    """Models without the variables of their networks: fast, of any size."""
    monkeypatch.setattr(RealNVP, "log_prob", lambda *args, **given: None)


@pytest.fixture(scope="module")
def paper():
    """The model of the paper for 32 x 32, without variables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RealNVP, "log_prob", lambda *args, **given: None)
        config = Config(bn_momentum=0.8, bn_lag=True)
        return RealNVP(config, DataSpec((32, 32, 3), levels=256))


def scales_of(model):
    """Returns, for each scale, its bijectors without batch normalization."""
    _, multi_scale = model.flow.bijectors
    return [
        [b for b in s.bijectors if not isinstance(b, bijectors.BatchNorm)]
        for s in multi_scale._scales
    ]


def test_composition_of_section_3_6(paper):
    """3 checkerboards, squeeze, 3 channel-wise a scale; 4 at the last."""
    middle = ["Checkerboard"] * 3 + ["Squeeze"] + ["Halves"] * 3
    names = [
        [type(getattr(b, "_split", b)).__name__ for b in s]
        for s in scales_of(paper)
    ]
    assert names == [middle] * 3 + [["Checkerboard"] * 4]
    # Masks alternate, so that each dimension changes.
    for scale in scales_of(paper):
        swaps = [b._split._swap for b in couplings(scale)]
        expected = [False, True, False] * 2
        assert swaps == (expected if len(swaps) == 6 else [False, True] * 2)


def couplings(scale):
    return [b for b in scale if isinstance(b, bijectors.Coupling)]


def test_features_double_at_each_scale(paper):
    features = [
        [b._conditioner.features for b in couplings(s)]
        for s in scales_of(paper)
    ]
    assert features == [
        [32] * 3 + [64] * 3,
        [64] * 3 + [128] * 3,
        [128] * 3 + [256] * 3,
        [256] * 4,
    ]


def test_half_leaves_at_each_scale_down_to_4x4(paper):
    shapes = paper.flow.bijectors[1].latent_shapes
    assert shapes == [(16, 16, 6), (8, 8, 12), (4, 4, 24), (4, 4, 24)]
    assert sum(math.prod(shape) for shape in shapes) == 32 * 32 * 3


def test_batch_norm_follows_each_coupling(paper):
    """Also inside s and t, there with scale and offset (section 3.7)."""
    for scale in paper.flow.bijectors[1]._scales:
        names = [type(b).__name__ for b in scale.bijectors]
        for name, after in zip(names, [*names[1:], ""]):
            assert name.endswith("Coupling") == (after == "BatchNorm")
    norms = [
        layer
        for layer in paper._flatten_layers()
        if isinstance(layer, RunningBatchNorm)
    ]
    # 22 couplings, each with 4 blocks of two, one before the end, one after.
    assert len(norms) == 22 * (2 * 4 + 1 + 1)
    assert sum(norm.affine for norm in norms) == 22 * (2 * 4 + 1)
    assert {(norm.momentum, norm.lag) for norm in norms} == {(0.8, True)}


@pytest.mark.parametrize("D", [2, 3, 5])
def test_vectors(D):
    """Alternating halves, so that every dimension changes."""
    model = build(DataSpec((D,)), couplings=2)
    kinds = [type(b).__name__ for b in model.flow.bijectors]
    assert kinds == ["Coupling"] * 2
    x = tf.random.normal((4, D))
    assert np.all(model.encode(x) != x)
    np.testing.assert_allclose(
        model.decode(model.encode(x)), x, **tolerances.FLOAT32
    )


@pytest.mark.parametrize("couplings", [4, 5])
def test_other_halves(float64, couplings):
    """Numbers of one half see each other, too: by the same log-determinant."""
    options = {"couplings": couplings, "permute": True}
    model, x = build(DataSpec((5,)), **options), checks.normal(3, 5)
    slopes = checks.jacobian(model.encode, x)
    assert np.all(slopes != 0)
    z = model.encode(x)
    expected = model.latents["z"].log_prob(z) + np.linalg.slogdet(slopes)[1]
    np.testing.assert_allclose(model.log_prob(x), expected, **tolerances.EXACT)
    np.testing.assert_allclose(model.decode(z), x, **tolerances.EXACT)


# Presets.

PAPER = {
    # blocks, feature maps, scales, side: sections 3.6 and 4.1.
    "cifar10": (8, 64, 2, 32),
    "imagenet32": (4, 32, 4, 32),
    "imagenet64": (2, 32, 5, 64),
    "lsun": (2, 32, 5, 64),
    "celeb_a": (2, 32, 5, 64),
    "celeb_a_attributes": (2, 32, 5, 64),
}


@pytest.mark.parametrize("name", PAPER)
def test_presets_of_the_paper(name, unbuilt):
    preset, (blocks, features, scales, side) = PRESETS[name], PAPER[name]
    network = preset.network
    assert (network.blocks, network.features) == (blocks, features)
    assert network.scales == scales
    assert (network.alpha, network.scale_l2) == (0.05, 5e-5)
    assert network.batch_norm and network.diagonal
    # Appendix E: "for our results on CIFAR-10"; the authors' code, which trains
    # on the others, has no lag.
    assert network.bn_lag == (name == "cifar10")
    # Kingma & Ba's defaults; the authors' code clips at 100 nats.
    assert network.optimizer == OptimizerConfig(
        "adam", 1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8, clip_norm=100
    )
    assert preset.train.batch_size == 64
    assert preset.data.name in TFDS
    assert preset.data.dequantize
    # "We also augment the CIFAR-10, CelebA and LSUN datasets".
    assert preset.data.flip == (not name.startswith("imagenet"))
    assert f"{side}x{side}" in TFDS[preset.data.name]
    attributes = (Field("attributes", (40,)),)
    spec = DataSpec((side, side, 3), levels=256, fields=attributes)
    model = RealNVP(network, spec)
    assert bool(model.conditions) == name.endswith("attributes")
    *_, last = model.flow.bijectors[1].latent_shapes
    assert last[:2] == ((16, 16) if name == "cifar10" else (4, 4))


def test_every_preset_fits_its_data(unbuilt):
    specs = {
        "digits": DataSpec((8, 8, 1), levels=17, num_classes=10),
        "moons": DataSpec((2,), num_classes=2),
        "mnist": DataSpec((28, 28, 1), levels=256, num_classes=10),
        "photographs": DataSpec((32, 32, 3), levels=256, num_classes=2),
    }
    for name in set(PRESETS) - set(PAPER):
        preset = PRESETS[name]
        assert RealNVP(preset.network, specs[preset.data.name]), name


# Errors.


@pytest.mark.parametrize(
    "spec, options, message",
    [
        (
            IMAGES,
            {"scales": 4},
            r"network\.scales=4: images of 4 x 4 pixels .*= 8",
        ),
        (IMAGES, {"scales": 0}, r"network\.scales=0: .*at least 1"),
        (POINTS, {"couplings": 0}, r"network\.couplings=0: .*at least 1"),
        (IMAGES, {"features": 0}, r"network\.features=0: .*at least 1"),
        (IMAGES, {"blocks": -1}, r"network\.blocks=-1: .*0 or more"),
        (IMAGES, {"dropout": 1.0}, r"network\.dropout=1\.0: .*below 1"),
        (
            DataSpec((2,)),
            {"conditional": True},
            r"network\.conditional=true: the data have no labels, attributes",
        ),
        (DataSpec((1,)), {}, r"data: vectors of 1; expected 2 or more"),
    ],
)
def test_errors(spec, options, message):
    with pytest.raises(UserError, match=message):
        build(spec, **options)


def test_a_logit_of_zero_is_refused_before_training():
    spec = DataSpec((4, 4, 1), levels=16)
    with pytest.raises(UserError, match="^network.alpha=0: expected above 0"):
        RealNVP(Config(scales=1, alpha=0), spec)
