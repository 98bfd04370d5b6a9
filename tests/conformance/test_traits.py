"""What the training loop does to models, on one that has each trait.

A model with the traits of these adds nothing here.
"""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.compiled_steps import SGD, B
from tests import tolerances
from tests.conformance.zoo import batch_of, eager, held_out, start, steps
from tfgen import registry
from tfgen.capabilities import signatures
from tfgen.errors import UserError
from tfgen.example_inputs import example_inputs
from tfgen.train.optimizers import make_optimizer
from tfgen.train.step import round_length, train_step


# A flow, convolutions, packed sentences, a ladder.
@pytest.mark.parametrize(
    "model", ["real_nvp", "dcgan", "inner_attention", "ebgan_ladder"]
)
def test_every_parameter_moves_in_bfloat16(model, mixed_bfloat16):
    data, single, values = start(model)
    batch, optimizers = batch_of(steps(model)), {}
    model = registry.get(model).build(single.config, data.spec)
    for variable, value in zip(model.variables, values):
        variable.assign(value)
    for key, player in model.players().items():
        optimizers[key] = make_optimizer(player.optimizer, steps=1)
        optimizers[key].build(player.variables)
    before = [v.numpy() for v in model.trainable_variables]
    # The last step of a round: everybody moves.
    train_step(model, optimizers, batch, B, round_length(model) - 1)
    for variable, value in zip(model.trainable_variables, before):
        assert np.all(np.isfinite(variable)), variable.path
        assert np.any(variable.numpy() != value), variable.path


# What their layers say is reported, or meets what is float32.
@pytest.mark.parametrize(
    "name, options",
    [
        ("aae", {"normalize": True}),
        ("bigan", {"objective": "autoencoder_l1"}),
        ("improved_gan", {}),
        ("inner_attention", {}),
        ("next_frame", {}),
        ("nvil", {}),
        ("sentence_encoder", {"cell": "gru"}),
        ("stack_gan", {}),
        ("swapout", {}),
        ("tcl", {}),
        ("vimco", {}),
    ],
)
def test_what_is_reported_in_bfloat16_is_float32(name, options, mixed_bfloat16):
    """Losses, metrics, and what every capability returns."""
    data, single, _ = start(name)
    config = dataclasses.replace(single.config, **options)
    model = registry.get(name).build(config, data.spec)
    batch = model.with_generated(batch_of(steps(name)), training=True)
    rows = example_inputs(model, 3, 0)
    found = [
        model.per_example_losses(batch, training=True),
        model.per_example_metrics(held_out(name)),
        *(
            signature.function(*(rows[spec.name] for spec in signature.inputs))
            for signature in signatures(model).values()
        ),
    ]
    for key, value in (item for values in found for item in values.items()):
        if value.dtype.is_floating:
            assert value.dtype == tf.float32, key
            assert np.all(np.isfinite(value)), key


@pytest.mark.parametrize(
    "model, clip_norm",
    [
        ("bigan", 0.0),  # players at once
        ("ebgan", 0.0),  # players in turn, and a term of the whole batch
        ("wgan", 0.0),  # rounds of several steps
        ("ladder", 0.0),  # statistics of the batch
        ("ebgan_ladder", 0.0),  # these, and stages
        ("real_nvp", 0.0),  # statistics that lag
        ("next_frame", 0.0),  # wrong pairs, of neighbours
        ("factor_vae", 0.0),  # a permutation of the batch
        ("rbm", 0.0),  # chains
        ("cycle_gan", 0.0),  # pools of pictures
        ("sim_gan", 0.0),  # one, and a player that rests
        ("inner_attention", 0.0),  # shapes that depend on the data
        # Clipping is the loop's: players in turn, all at once, and one alone.
        *((name, 1e-3) for name in ("gan", "bigan", "ladder")),
    ],
)
def test_two_replicas_are_one(model, clip_norm, two_replicas):
    """Eagerly: compiling for two replicas takes a minute."""
    options = {}
    if clip_norm:
        options["optimizer"] = dataclasses.replace(SGD, clip_norm=clip_norm)
    one = eager(model, **options)
    two = eager(model, how="two_replicas", **options)
    for key, losses in one.losses.items():
        got = two.losses[key]
        np.testing.assert_allclose(got, losses, **tolerances.SAME, err_msg=key)
    for got, (path, expected) in zip(
        two.variables.values(), one.variables.items()
    ):
        np.testing.assert_allclose(
            got, expected, **tolerances.EXACT, err_msg=path
        )
    _, single, before = start(model)
    moved = sum(
        np.sum((got - value) ** 2)
        for variable, got, value in zip(
            single.variables, two.variables.values(), before
        )
        if variable.trainable
    )
    assert moved > 0
    if clip_norm:
        # All steps of all players, each of a gradient no longer than that.
        moves = sum(map(len, two.losses.values()))
        limit = moves * SGD.learning_rate * clip_norm
        assert np.sqrt(moved) <= limit * (1 + 1e-6)


@pytest.mark.parametrize(
    "model, options",
    [
        ("vae", {"pieces": 4}),  # one player
        ("vae", {"pieces": 2, "how": "two_replicas"}),
        ("bigan", {"pieces": 2}),  # players at once
        ("inner_attention", {"pieces": 2}),  # shapes that depend on the data
    ],
)
def test_a_batch_in_pieces_is_one(model, options, two_replicas):
    whole, cut = eager(model), eager(model, **options)
    for key, losses in whole.losses.items():
        np.testing.assert_allclose(cut.losses[key], losses, **tolerances.SAME)
    for got, (path, expected) in zip(
        cut.variables.values(), whole.variables.items()
    ):
        np.testing.assert_allclose(
            got, expected, **tolerances.EXACT, err_msg=path
        )


@pytest.mark.parametrize("model", ["real_nvp", "tcl", "rbm", "factor_vae"])
def test_a_model_of_the_whole_batch_cannot_have_it_in_pieces(model):
    with pytest.raises(UserError, match="train.accumulate: this model has"):
        eager(model, pieces=2)
