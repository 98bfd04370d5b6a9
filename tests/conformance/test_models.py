"""Every model of the registry through the same properties, as `tiny`."""

import dataclasses

import numpy as np

from benchmarks.compiled_steps import B
from tests import tolerances
from tests.conformance.zoo import (
    batch_of,
    eager,
    every,
    held_out,
    restored,
    shared,
    start,
    steps,
)
from tfgen import config, registry
from tfgen.nn import randomize
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import players_of, round_length, train_step


@every
def test_presets_survive_json(name):
    """What `config.json` holds of a preset is the preset."""
    module = registry.MODELS[name].module()
    for preset, settings in module.PRESETS.items():
        assert isinstance(settings.network, module.Config), preset
        again = config.from_dict(
            config.Preset,
            dataclasses.asdict(settings),
            network=module.Config,
            data=type(settings.data),
        )
        assert again == settings


@every
def test_losses_are_per_example(name, float64):
    """Whatever other rows there are, so any number of replicas makes the same.

    By trait: see test_traits.py.
    """
    double = steps(name, "float64")
    model, batch = double.model, batch_of(double)
    # Statistics of a batch, and terms of a whole batch, are left out.
    loose = {
        "ebgan": ("generator",),
        "dip_vae": ("autoencoder", "penalty"),
        "factor_vae": ("discriminator",),
        "improved_gan": ("generator",),
        # Wrong pairs.
        "next_frame": ("discriminator",),
        "stack_gan": ("discriminator_1", "discriminator_2"),
    }.get(name, ())

    def losses(rows):
        part = {key: v[rows] for key, v in batch.items()}
        part = model.with_generated(part, training=False)
        return model.per_example_losses(part, training=False)

    whole, players = losses(slice(None)), list(model.players())
    assert list(whole)[: len(players)] == players
    for key, value in whole.items():
        assert value.shape == (B,), key
        assert np.all(np.isfinite(value)), key
    for rows in (slice(3), slice(3, B)):
        for key, part in losses(rows).items():
            if key not in loose:
                np.testing.assert_allclose(
                    part, whole[key][rows], **tolerances.EXACT, err_msg=key
                )


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
    """So plain steps along it move each."""
    model, result = steps(name, "float64").model, eager(name)
    values = zip(model.variables, start(name)[2], result.variables.values())
    for variable, before, after in values:
        assert np.all(np.isfinite(after)), variable.path
        if variable.trainable:
            assert np.any(after != before), variable.path


@every
def test_a_player_moves_its_variables_alone(name, monkeypatch):
    """Each player, by its own optimizer: all that it owns, and nothing else."""
    model, batch = steps(name).model, batch_of(steps(name))
    monkeypatch.delattr(model, "players")  # those of plain steps
    players, turn = model.players(), round_length(model) - 1
    for key, player in players.items():
        optimizer = make_optimizer(player.optimizer, steps=1)
        optimizer.build(player.variables)
        owned = {variable.path for variable in player.variables}
        resting = players.keys() - {key}
        with restored(model):
            before = [v.numpy() for v in model.trainable_variables]
            train_step(model, {key: optimizer}, batch, B, turn, resting)
            for variable, value in zip(model.trainable_variables, before):
                assert np.all(np.isfinite(variable)), variable.path
                moved = np.any(variable.numpy() != value)
                assert moved == (variable.path in owned), variable.path


# Checkpoints.


@every
def test_checkpoint_restores_everything(name, tmp_path):
    """A fresh model with the checkpoint's variables measures the same.

    No test trains the shared one.
    """
    model, fresh = steps(name).model, shared(name)
    held = held_out(name)
    with restored(model), restored(fresh):
        randomize(model.variables, 0.1, seed=1)
        # Statistics of layers that Keras does not track would move here.
        batch = model.with_generated(batch_of(steps(name)), training=True)
        model.per_example_losses(batch, training=True)
        expected = model.per_example_metrics(held)
        assert expected
        for key, value in expected.items():
            assert value.shape == (B,), key
            assert np.all(np.isfinite(value)), key

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
