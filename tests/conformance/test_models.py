"""Every model of the registry through the same properties, as `tiny`."""

import contextlib
import dataclasses
import functools

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.conformance.zoo import build, data, every, shared
from tfgen import capabilities, config, registry
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import (
    make_train_steps,
    players_of,
    round_length,
    train_step,
)
from tfgen.train.strategy import make_strategy

B = 8  # examples in a batch


@contextlib.contextmanager
def restored(model):
    """Puts the variables back at the end."""
    before = [v.numpy() for v in model.variables]
    try:
        yield
    finally:
        for variable, value in zip(model.variables, before):
            variable.assign(value)


def batches(model, name, steps=1, replicas=1):
    """Returns the elements of the data set for so many steps in one call."""
    train = config.TrainConfig(steps=steps, batch_size=B, steps_per_call=steps)
    return list(
        data(name).train_batches(train, model.noise, num_replicas=replicas)
    )


def first_batch(model, name):
    (call,) = batches(model, name)
    return {key: values[0] for key, values in call.items()}


def held_out(model, name):
    """Examples to measure, which have what a training may hide."""
    train = config.TrainConfig(batch_size=B)
    batches = data(name).eval_batches("validation", train, 0, model.noise)
    batch = next(iter(batches))
    return {key: values[:B] for key, values in batch.items()}


@every
def test_presets_survive_json(name):
    """What `config.json` holds of a preset is the preset."""
    module = registry.MODELS[name].load()
    for preset, settings in module.PRESETS.items():
        assert isinstance(settings.network, module.Config), preset
        again = config.from_dict(
            config.Preset,
            dataclasses.asdict(settings),
            network=module.Config,
            data=type(settings.data),
        )
        assert again == settings


# Shapes.


def calls(model, batch):
    """Returns capability -> (a call, the shape it must return)."""
    if "premise" in batch:
        return sentence_capabilities(model, batch)
    x, n = batch["x"], len(batch["x"])
    z = tf.random.normal((n, model.sample_noise))
    known = {
        "log_prob": (lambda: model.log_prob(x), (n,)),
        "energy": (lambda: model.energy(x), (n,)),
        "encode": (lambda: model.encode(x), z.shape),
        "decode": (lambda: model.decode(z), x.shape),
        "sample": (lambda: model.sample(z), x.shape),
        "reconstruct": (lambda: model.reconstruct(x), x.shape),
        "classify": (
            lambda: model.classify(x)["probabilities"],
            (n, model.spec.num_classes),
        ),
    }
    return {name: v for name, v in known.items() if model.can(name)}


def sentence_capabilities(model, batch):
    """Those of a classifier of sentence pairs."""
    premise, hypothesis = batch["premise"], batch["hypothesis"]
    shapes = {
        "label": (B,),
        "probabilities": (B, model.spec.num_classes),
        "premise_attention": premise.shape,
        "hypothesis_attention": hypothesis.shape,
    }
    outputs = model.classify(premise, hypothesis)
    assert {"label", "probabilities"} <= set(outputs) <= set(shapes)
    return {
        name: (functools.partial(outputs.get, name), shapes[name])
        for name in outputs
    }


@every
def test_shapes_of_capabilities(name):
    model = shared(name)
    found = calls(model, first_batch(model, name))
    assert found
    for capability, (call, shape) in found.items():
        value = call()
        assert tuple(value.shape) == tuple(shape), capability
        assert np.all(np.isfinite(value)), capability


@every
def test_losses_and_metrics_are_per_example(name):
    model = shared(name)
    batch = model.with_generated(first_batch(model, name), training=False)
    losses = model.per_example_losses(batch, training=False)
    players = list(model.players())
    assert list(losses)[: len(players)] == players
    metrics = model.per_example_metrics(held_out(model, name))
    assert metrics
    for key, value in (losses | metrics).items():
        assert value.shape == (B,), key
        assert np.all(np.isfinite(value)), key


# Learning.


@every
def test_players_share_out_all_variables(name):
    model = shared(name)
    owned = {
        variable.path
        for player in players_of(model).values()
        for variable in player.variables
    }
    assert owned == {v.path for v in model.trainable_variables}
    assert len(owned) == len(model.trainable_variables)


@every
def test_every_parameter_gets_a_gradient(name):
    model = shared(name)
    batch = first_batch(model, name)
    for key, player in model.players().items():
        values = [v.value for v in player.variables]
        with restored(model), tf.GradientTape() as tape:
            seen = model.with_generated(batch, training=True)
            losses = model.per_example_losses(seen, training=True)
        gradients = tape.gradient(losses[key], values)
        for variable, gradient in zip(player.variables, gradients):
            assert gradient is not None, variable.path
            assert np.all(np.isfinite(gradient)), variable.path
            assert np.any(gradient), variable.path


@pytest.mark.parametrize(
    "name, policy",
    [*((name, "float32") for name in registry.MODELS)]
    # A flow, convolutions, packed sentences, a ladder.
    + [
        (name, "mixed_bfloat16")
        for name in ("real_nvp", "dcgan", "inner_attention", "ebgan_ladder")
    ],
)
def test_every_parameter_moves(name, policy, mixed_bfloat16):
    model = shared(name) if policy == "float32" else build(name)
    batch, optimizers = first_batch(model, name), {}
    for key, player in model.players().items():
        optimizers[key] = make_optimizer(player.optimizer, steps=1)
        optimizers[key].build(player.variables)
    with restored(model):
        before = [v.numpy() for v in model.trainable_variables]
        # The last step of a round: everybody moves.
        turn = round_length(model) - 1
        losses = train_step(model, optimizers, batch, B, turn)
        assert list(losses) == list(model.players())
        for variable, value in zip(model.trainable_variables, before):
            assert np.all(np.isfinite(variable)), variable.path
            assert np.any(variable.numpy() != value), variable.path


@pytest.mark.parametrize(
    "name", [n for n, e in registry.MODELS.items() if e.family == "games"]
)
def test_a_player_leaves_the_others_variables_alone(name, monkeypatch):
    """Each player alone moves, and only what it owns."""
    model = shared(name)
    players, batch = model.players(), first_batch(model, name)
    for key, player in players.items():
        optimizer = make_optimizer(player.optimizer, steps=1)
        optimizer.build(player.variables)
        owned = {variable.path for variable in player.variables}
        resting = {
            other: dataclasses.replace(p, every=player.every + 1)
            for other, p in players.items()
        }
        alone = resting | {key: player}
        monkeypatch.setattr(model, "players", lambda: alone)
        with restored(model):
            before = [v.numpy() for v in model.trainable_variables]
            train_step(model, {key: optimizer}, batch, B, player.every - 1)
            for variable, value in zip(model.trainable_variables, before):
                moved = np.any(variable.numpy() != value)
                assert moved == (variable.path in owned), variable.path
        monkeypatch.undo()


@functools.cache
def under(strategy, name):
    """The same model on the strategy's replicas."""
    with strategy.scope():
        return build(name)


def two_steps(strategy, name, clip_norm, monkeypatch):
    """Returns losses, variables and their total movement after two steps.

    By plain SGD, whose updates are the gradients, in double precision.
    """
    model, replicas = under(strategy, name), strategy.num_replicas_in_sync
    optimizer = config.OptimizerConfig(
        "sgd", learning_rate=0.1, clip_norm=clip_norm
    )
    players = {
        key: dataclasses.replace(player, optimizer=optimizer)
        for key, player in model.players().items()
    }
    parts = [
        {
            key: tf.cast(v, tf.float64) if v.dtype.is_floating else v
            for key, v in part.items()
        }
        for part in batches(model, name, 2, replicas)
    ]
    assert len(parts) == replicas
    batch = strategy.experimental_distribute_values_from_function(
        lambda context: parts[context.replica_id_in_sync_group]
    )
    with monkeypatch.context() as patch, restored(model):
        patch.setattr(type(model), "players", lambda self: players)
        with strategy.scope():
            optimizers = {
                key: make_optimizer(optimizer, steps=2) for key in players
            }
            for key, player in players.items():
                optimizers[key].build(player.variables)
        before = [v.numpy() for v in model.trainable_variables]
        # Compiling for two replicas takes a minute.
        tf.config.run_functions_eagerly(True)
        try:
            losses = make_train_steps(model, optimizers, B, strategy)(batch)
        finally:
            tf.config.run_functions_eagerly(False)
        moved = sum(
            np.sum((v.numpy() - value) ** 2)
            for v, value in zip(model.trainable_variables, before)
        )
        variables = [(v.path, v.numpy()) for v in model.variables]
    return losses, variables, np.sqrt(moved)


@every
def test_rows_do_not_depend_on_one_another(name, float64):
    """So any number of replicas makes the same losses; by trait, below."""
    model = build(name)
    batch = {
        key: tf.cast(v, tf.float64) if v.dtype.is_floating else v
        for key, v in first_batch(model, name).items()
    }
    # Statistics of a batch, and terms of a whole batch, are left out.
    loose = {"ebgan": ("generator",)}.get(name, ())

    def losses(rows):
        part = {key: v[rows] for key, v in batch.items()}
        part = model.with_generated(part, training=False)
        return model.per_example_losses(part, training=False)

    whole = losses(slice(None))
    for rows in (slice(3), slice(3, B)):
        for key, part in losses(rows).items():
            if key not in loose:
                np.testing.assert_allclose(
                    part, whole[key][rows], **tolerances.EXACT, err_msg=key
                )


@pytest.mark.parametrize(
    "name, clip_norm",
    [
        ("bigan", 0.0),  # players at once
        ("ebgan", 0.0),  # players in turn, and a term of the whole batch
        ("wgan", 0.0),  # rounds of several steps
        ("ladder", 0.0),  # statistics of the batch
        ("ebgan_ladder", 0.0),  # these, and stages
        ("real_nvp", 0.0),  # statistics that lag
        ("inner_attention", 0.0),  # shapes that depend on the data
        # Clipping is the loop's: players in turn, all at once, and one alone.
        *((name, 1e-3) for name in ("gan", "bigan", "ladder")),
    ],
)
def test_two_replicas_are_one(
    name, clip_norm, two_replicas, float64, monkeypatch
):
    one = two_steps(make_strategy("cpu"), name, clip_norm, monkeypatch)
    two = two_steps(two_replicas, name, clip_norm, monkeypatch)
    for key, losses in one[0].items():
        assert losses.shape == (2,)
        np.testing.assert_allclose(two[0][key], losses, **tolerances.SAME)
    for (path, expected), (_, got) in zip(one[1], two[1]):
        np.testing.assert_allclose(
            got, expected, **tolerances.EXACT, err_msg=path
        )
    assert one[2] > 0
    if clip_norm:
        # Two steps of 0.1, each of a gradient no longer than that.
        assert two[2] <= len(one[0]) * 2 * 0.1 * clip_norm * (1 + 1e-9)


# Export and checkpoints.


@every
def test_example_inputs_fit_the_signatures(name):
    model = shared(name)
    inputs = capabilities.example_inputs(model, 3, seed=1)
    for key, value in inputs.items():
        again = capabilities.example_inputs(model, 3, seed=1)[key]
        np.testing.assert_array_equal(value, again, err_msg=key)
    for signature in capabilities.signatures(model).values():
        for spec in signature.inputs:
            assert spec.shape[0] is None, spec.name
            value = tf.constant(inputs[spec.name])
            assert spec.is_compatible_with(value), spec.name
            assert len(value) == 3, spec.name
    if model.spec.levels and "x" in inputs:
        assert np.all(inputs["x"] >= 0)
        assert np.all(inputs["x"] <= model.spec.levels)


def assert_rows(actual, expected, name):
    """The same rows, but for the padding of sentences."""
    inside = tuple(map(slice, actual.shape))
    if np.issubdtype(expected.dtype, np.floating):
        assert np.all(np.isfinite(expected)), name
        np.testing.assert_allclose(
            actual, expected[inside], **tolerances.FLOAT32, err_msg=name
        )
    else:
        np.testing.assert_array_equal(actual, expected[inside], err_msg=name)
    padding = expected.copy()
    padding[inside] = b"" if expected.dtype == object else 0
    assert not np.any(padding), name


@every
def test_signatures_at_two_batch_sizes(name):
    """Named outputs with a row for each row of the inputs, whatever others."""
    model = shared(name)
    inputs = capabilities.example_inputs(model, 3, seed=1)
    for key, signature in capabilities.signatures(model).items():
        function = tf.function(
            signature.function,
            input_signature=signature.inputs,
            autograph=False,
        )
        rows = [tf.constant(inputs[spec.name]) for spec in signature.inputs]
        whole = function(*rows)
        part = function(*[row[:2] for row in rows])
        assert whole and list(whole) == list(part)
        for output, value in whole.items():
            assert value.shape[0] == 3, (key, output)
            assert_rows(part[output].numpy(), value[:2].numpy(), (key, output))


@every
def test_checkpoint_restores_everything(name, tmp_path):
    """A fresh model with the checkpoint's variables computes the same."""
    model, fresh = shared(name), shared(name, seed=1)
    held = held_out(model, name)
    with restored(model), restored(fresh):
        # Statistics of layers that Keras does not track would move here.
        batch = model.with_generated(first_batch(model, name), training=True)
        model.per_example_losses(batch, training=True)
        expected = model.per_example_metrics(held)

        def same():
            got = fresh.per_example_metrics(held)
            return all(np.array_equal(got[k], expected[k]) for k in expected)

        assert not same()
        saved = Checkpoints(tmp_path, "last", 1, model=model.variables)
        saved.save(1, {"step": 1})
        loaded = Checkpoints(tmp_path, "last", 1, model=fresh.variables)
        assert loaded.restore().step == 1
        for variable, value in zip(fresh.variables, model.variables):
            np.testing.assert_array_equal(variable, value, err_msg=value.path)
        assert same()
