"""Each technique in the step of a game, and all that is not there when off."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import compiled_steps
from benchmarks.compiled_steps import deviation
from tests import tolerances
from tests.models.games.play import B, batch, losses_of
from tests.train import graphs
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.losses import ADVERSARIAL, feature_matching, orthogonality
from tfgen.models import techniques
from tfgen.models.bigan_networks import last_hidden
from tfgen.models.conditional_game import judged
from tfgen.models.games import dcgan, gan
from tfgen.models.techniques import Techniques
from tfgen.nn import randomize
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import train_step

IMAGES = DataSpec((8, 8, 1), levels=17, num_classes=10)
EVERY = ("color", "translation", "cutout")


def tiny(module=gan, spec=IMAGES, network=(), **settings):
    keras.utils.set_random_seed(0)
    config = dataclasses.replace(
        module.PRESETS["tiny"].network,
        techniques=Techniques(**settings),
        **dict(network),
    )
    model = getattr(module, module.__name__.split(".")[-1].upper())
    model = model(config, spec)
    randomize(model.variables, 0.3, seed=0)
    return model


def losses(**settings):
    """Those of a GAN; and without the settings, of the same weights."""
    plain, model = tiny(), tiny(**settings)
    found = losses_of(model, batch(model))
    return model, found, losses_of(plain, batch(plain))


# What each adds.


def test_smoothing_is_of_data_alone():
    """-0.9 log D(x) - 0.1 log(1 - D(x)) - log(1 - D(G(z)))."""
    model, found, _ = losses(label_smoothing=0.1)
    data = model.with_generated(batch(model), training=True)
    real = model.discriminator(model.to_unit(data["x"])).numpy()
    fake = model.discriminator(data["generated"]).numpy()

    def log(a):
        return -np.log1p(np.exp(-a))

    expected = -0.9 * log(real) - 0.1 * log(-real) - log(-fake)
    np.testing.assert_allclose(
        found["discriminator"], expected, **tolerances.FLOAT32
    )


def test_the_best_discriminator_of_smoothed_labels():
    """0.9 p / (p + q): where there are no data, D does not praise samples."""
    p, q = np.float64([0.5, 0.3, 0.2, 0.0]), np.float64([0.1, 0.3, 0.1, 0.5])
    D = 0.9 * p[:3] / (p + q)[:3]
    logit = tf.constant(np.log(D / (1 - D)))
    with tf.GradientTape() as tape:
        tape.watch(logit)
        loss = ADVERSARIAL["non_saturating"].discriminator
        # As `techniques.applied` has it.
        smoothed = loss(logit, -100 + 0 * logit) + 0.1 * logit
        total = tf.reduce_sum(p[:3] * smoothed + q[:3] * tf.nn.softplus(logit))
    np.testing.assert_allclose(
        tape.gradient(total, logit), np.zeros(3), **tolerances.EXACT
    )


def test_features_take_the_place_of_the_generators_loss():
    model, found, plain = losses(feature_matching=True)
    data = model.with_generated(batch(model), training=True)
    features = [
        last_hidden(model.discriminator, x, False)
        for x in (model.to_unit(data["x"]), data["generated"])
    ]
    np.testing.assert_allclose(
        found["generator"],
        np.full(B, feature_matching(*features)),
        **tolerances.FLOAT32,
    )
    np.testing.assert_array_equal(
        found["discriminator"], plain["discriminator"]
    )


def test_orthogonality_is_each_players_own():
    model, found, plain = losses(orthogonal=0.5)
    for name, player in model.players().items():
        np.testing.assert_allclose(
            found[name] - plain[name],
            np.full(B, 0.5 * orthogonality(player.variables)),
            **tolerances.FLOAT32,
        )


def test_discriminator_sees_data_and_samples_changed():
    """Each image by numbers of its own; the generator's samples are not."""
    model = tiny(augment=EVERY)
    data, plain = batch(model), tiny()
    assert data["augment"].shape == (B, 2, 7)
    np.testing.assert_array_equal(
        model.decode(data["z"]), plain.decode(data["z"])
    )
    data["augment"] = tf.random.stateless_uniform((B, 2, 7), [0, 0])
    before = losses_of(model, data)
    changed = tf.tensor_scatter_nd_add(data["augment"], [[2, 0, 0]], [0.1])
    after = losses_of(model, {**data, "augment": changed})
    moved = after["discriminator"] != before["discriminator"]
    np.testing.assert_array_equal(moved, np.arange(B) == 2)
    np.testing.assert_array_equal(after["generator"], before["generator"])


def test_a_row_does_not_depend_on_others_with_a_virtual_batch():
    """In training, too, where batch normalization would see the batch."""
    model = tiny(
        dcgan,
        network={"batch_norm": True, "discriminator_norm": False},
        virtual_batch=5,
    )
    z = batch(model)["z"]
    together = model.generate({"z": z}, training=True)
    alone = model.generate({"z": z[:1]}, training=True)
    np.testing.assert_allclose(together[:1], alone, **tolerances.FLOAT32)
    # The latents are the prior's.
    keras.utils.set_random_seed(0)
    config = dataclasses.replace(
        model.config, techniques=Techniques(virtual_batch=500)
    )
    (latents,) = dcgan.DCGAN(config, IMAGES).generator.non_trainable_variables
    assert -1 < np.min(latents) < -0.95 and 0.95 < np.max(latents) < 1


@pytest.mark.parametrize(
    "network, settings, message",
    [
        ({}, {"r1": -1.0}, "r1=-1.0: expected 0 or more"),
        ({}, {"virtual_batch": 3}, "techniques.virtual_batch=3: expected netw"),
        (
            {"discriminator_norm": True, "discriminator": (3, 3)},
            {"spectral_norm": True},
            "techniques.spectral_norm: expected network.discriminator_norm=fal",
        ),
        (
            {},
            {"r1": 1.0, "minibatch_kernels": 2},
            "r1=1.0: expected network.techniques.minibatch_kernels=0; the",
        ),
        (
            {"conditional": True},
            {"feature_matching": True},
            "feature_matching: expected network.conditional=false; the means",
        ),
        (
            {"loss": "hinge"},
            {"label_smoothing": 0.1},
            "label_smoothing=0.1: expected network.loss=non_saturating or mi",
        ),
    ],
)
def test_errors(network, settings, message):
    with pytest.raises(UserError, match=message):
        tiny(network=network, **settings)


@pytest.mark.parametrize("how", ["concatenate", "projection", "acgan"])
def test_a_conditional_discriminator_has_them_too(how):
    """The penalty is on the slope of x alone."""
    network = {"conditional": True, "conditioning": how}
    plain = tiny(network=network, augment=EVERY)
    model = tiny(network=network, augment=EVERY, r1=2.0, label_smoothing=0.1)
    data = batch(model) | {"label": tf.range(B)}
    data["augment"] = tf.random.stateless_uniform((B, 2, 7), [0, 0])
    found, expected = losses_of(model, data), losses_of(plain, data)
    np.testing.assert_array_equal(found["generator"], expected["generator"])
    more = found["discriminator"] - expected["discriminator"]
    (x, _) = techniques.seen(
        model, {**data, "generated": data["x"]}, model.to_unit(data["x"])
    )
    with tf.GradientTape() as tape:
        tape.watch(x)
        real, _ = judged(model, model.discriminator, x, data, training=True)
    slope = tape.gradient(real, x).numpy().reshape(B, -1)
    np.testing.assert_allclose(
        more, np.sum(slope**2, 1) + 0.1 * real, **tolerances.FLOAT32
    )


def test_points_are_not_augmented():
    with pytest.raises(UserError, match="augment=color: expected images, not"):
        tiny(spec=DataSpec((2,)), augment=("color",))


@pytest.mark.parametrize("module", [gan, dcgan])
def test_bfloat16(module, mixed_bfloat16):
    """Every parameter moves; no number is infinite far out."""
    del mixed_bfloat16
    network = {"batch_norm": True}
    if module is dcgan:
        network["discriminator_norm"] = False
    model = tiny(
        module,
        network=network,
        feature_matching=True,
        minibatch_kernels=2,
        historical_averaging=0.1,
        virtual_batch=5,
        augment=EVERY,
        spectral_norm=True,
        orthogonal=0.1,
    )
    data = batch(model)
    optimizers = {}
    for name, player in model.players().items():
        optimizers[name] = make_optimizer(player.optimizer, 1)
        optimizers[name].build(player.variables)
    before = [v.numpy() for v in model.trainable_variables]
    train_step(model, optimizers, {**data, "x": 1e4 * data["x"]}, B)
    for variable, value in zip(model.trainable_variables, before):
        assert np.all(np.isfinite(variable)), variable.path
        assert np.any(variable.numpy() != value), variable.path


# In the compiled step.

# Two games: a penalty is one of each example, minibatches are not.
TOGETHER = {
    "toolbox": (
        "feature_matching=true",
        "minibatch_kernels=3",
        "historical_averaging=0.1",
        "label_smoothing=0.1",
        "spectral_norm=true",
    ),
    "small data": (
        f"augment={','.join(EVERY)}",
        "spectral_norm=true",
        "r1=1.0",
        "orthogonal=0.1",
        "virtual_batch=5",
    ),
}


def steps(name, *how):
    network = (f"network.batch_norm={'virtual_batch=5' in TOGETHER[name]}",)
    own = tuple(f"network.techniques.{s}" for s in TOGETHER[name])
    return compiled_steps.Steps("gan", *how, settings=network + own)


@pytest.fixture(scope="module", params=TOGETHER)
def eager(request):
    """Steps, and the result of steps one by one in double precision."""
    double = steps(request.param, "float64")
    return request.param, compiled_steps.eager(double)


def test_two_replicas_are_one(eager, two_replicas):
    """Losses, weights and all state."""
    del two_replicas
    name, expected = eager
    found = compiled_steps.eager(steps(name, "float64", "two_replicas"))
    for got, value in zip(
        found.variables.values(), expected.variables.values()
    ):
        np.testing.assert_allclose(got, value, **tolerances.EXACT)
    assert deviation(found, expected) < 1e-6  # losses are float32


@pytest.mark.slow
def test_compiled_steps_are_the_eager_ones(eager):
    name, expected = eager
    single, results = steps(name, "float32"), []
    graph = graphs.optimized(lambda: results.append(single.run()))
    assert not graphs.unordered(graph)
    assert not graphs.long_sums(graph)
    assert deviation(results[0], expected) < 3e-5
    for variable, before in zip(single.model.variables, single.start):
        kept = variable.path.endswith("reference")
        assert np.any(variable.numpy() != before) != kept, variable.path


def test_state_is_in_the_checkpoint(eager, tmp_path):
    """A run that resumes goes on as one that was never stopped."""
    name, expected = eager
    first, rest = steps(name, "float64"), steps(name, "float64")
    tf.config.run_functions_eagerly(True)
    try:
        first._steps({k: v[:1] for k, v in first.batch.items()})
        saved = Checkpoints(tmp_path, "last", 1, model=first.model.variables)
        saved.save(1, {"step": 1})
        loaded = Checkpoints(tmp_path, "last", 1, model=rest.model.variables)
        loaded.restore()
        rest._steps({k: v[1:] for k, v in rest.batch.items()})
    finally:
        tf.config.run_functions_eagerly(False)
    pairs = zip(rest.model.variables, expected.variables.values())
    for variable, value in pairs:
        np.testing.assert_array_equal(variable, value, err_msg=variable.path)


def test_what_is_off_is_not_there(monkeypatch):
    """The traced step is that of a game that knows of no technique."""

    def operators():
        plain = compiled_steps.Steps("gan", "float32")
        step = plain._steps.get_concrete_function(plain.batch)
        graph = step.graph.as_graph_def()
        functions = [f.node_def for f in graph.library.function]
        kinds = [[n.op for n in nodes] for nodes in (graph.node, *functions)]
        return sorted(kinds), [v.shape for v in plain.model.variables]

    found = operators()
    monkeypatch.setattr(techniques, "observe", lambda *_: None)
    monkeypatch.setattr(
        techniques, "seen", lambda _, batch, x: (x, batch["generated"])
    )
    monkeypatch.setattr(
        techniques, "applied", lambda _, __, losses, *___: losses
    )
    assert found == operators()
    assert tiny().noise.keys() == {"z"}
