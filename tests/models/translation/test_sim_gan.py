"""What SimGAN's paper says, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.apps import command
from tests.models.translation.pairs import (
    SAME,
    X,
    batch_of,
    l1,
    losses,
    tiny,
    unit,
)
from tests.train import game
from tfgen.config import DataSpec, Field
from tfgen.errors import UserError


def softplus(z):
    return np.log1p(np.exp(z))


@pytest.mark.parametrize("step, plays", [(2, 0), (3, 1)])
def test_losses(float64, step, plays):
    """Eqs. 2 and 4; at first R has the distance alone."""
    model = tiny("sim_gan", SAME, l1=0.3, warm_up=3)
    batch = batch_of(model, step)
    x, y = unit(batch["x"], 17), unit(batch["y"], 17)
    made = model.refiner(x).numpy()
    real, fake = (model.discriminator(p).numpy() for p in (y, made))
    found = losses(model, batch)
    expected = {
        "discriminator": (softplus(-real) + softplus(fake)).mean(1) / 2,
        "refiner": plays * softplus(-fake).mean(1) + 0.3 * l1(made, x),
        "l1_x": l1(made, x) / 2,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **tolerances.EXACT)


def test_the_history_fills_and_half_of_it_is_shown():
    """The most copied one never does: after k steps it holds pictures of all.

    And D sees none of the pictures of now twice.
    """
    model, k = tiny("sim_gan", SAME, pool=20), 60
    repeated, steps = 0, []
    for step in range(k):
        batch = batch_of(model, step, seed=step)
        found = model.generate(batch, training=True)
        made, shown = found["made"].numpy(), found["shown"].numpy()
        repeated += sum(not (made == s).all((1, 2, 3)).any() for s in shown)
        assert len(np.unique(shown, axis=0)) == len(shown)
        steps += [(step, picture) for picture in made]
        filled = np.any(model.history.pool.numpy(), axis=(1, 2, 3)).sum()
        assert filled == min(20, 4 * (step + 1))
    assert 0.35 < repeated / (4 * (k - 5)) < 0.65
    held = model.history.pool.numpy()
    origins = {s for s, p in steps if (held == p).all((1, 2, 3)).any()}
    assert len(origins) > 5


def test_d_moves_at_the_last_of_some_steps():
    players = tiny("sim_gan", SAME, refiner_steps=5).players()
    assert list(players) == ["discriminator", "refiner"]
    assert [p.every for p in players.values()] == [5, 1]


def test_pairs_select_where_there_are_some():
    never = Field("y", X, 17, paired="never")
    for spec, names in (
        (SAME, ["l1", "refiner"]),
        (DataSpec(X, 17, fields=(never,)), ["refiner"]),
    ):
        model = tiny("sim_gan", spec)
        batch = batch_of(model)
        batch.pop("step")  # held-out batches have none
        assert list(model.per_example_metrics(batch)) == names
        # L_R falls where D is weak.
        last = "last" if spec is not SAME else "metrics"
        assert model.selected_by == last


def test_a_resumed_run_has_the_pool(tmp_path):
    """Bit by bit the run that was not interrupted."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for workdir, steps in (whole, 4), (cut, 2), (cut, 4):
        code, _, _ = command.run_here(
            "apps.train",
            f"--workdir={workdir}",
            "--model=sim_gan",
            "--preset=tiny",
            f"--steps={steps}",
        )
        assert code == 0
    game.assert_same_training(whole, cut)
    held = game.checkpoint(whole).values()
    (pool,) = (v for v in held if v.shape == (3, 8, 8, 1))
    assert pool.any(axis=(1, 2, 3)).all()


def test_a_refined_picture_has_the_shape_of_its_own():
    model = tiny("sim_gan", SAME)
    x = batch_of(model)["x"]
    assert model.translate(x).shape == x.shape
    assert tf.reduce_max(tf.abs(model.translate(x) - x)) > 0
    with pytest.raises(UserError, match="data: expected domains of one shape"):
        tiny("sim_gan")
