"""What CycleGAN's paper says, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.models.translation.pairs import (
    SAME,
    SPEC,
    X,
    batch_of,
    l1,
    losses,
    tiny,
    unit,
)
from tfgen.config import DataSpec, Field
from tfgen.errors import UserError


def test_losses(float64):
    """Eq. 3 with squares, and the identity of section 9.1."""
    weights = {"adversarial": 0.7, "cycle": 3.0, "identity": 0.5}
    model = tiny("cycle_gan", SAME, **weights)
    batch = batch_of(model)
    x, y = unit(batch["x"], 17), unit(batch["y"], 17)
    G, F = (
        lambda v, g=g: g(v).numpy()
        for g in (model.generator, model.generator_back)
    )
    D, D_back = (
        lambda v, d=d: d(v).numpy()
        for d in (model.discriminator, model.discriminator_back)
    )
    cycle = l1(F(G(x)), x) + l1(G(F(y)), y)
    same = l1(G(y), y) + l1(F(x), x)
    deceived = ((D(G(x)) - 1) ** 2).mean(1) + ((D_back(F(y)) - 1) ** 2).mean(1)
    judged = [
        ((d(real) - 1) ** 2 + d(fake) ** 2).mean(1) / 2
        for d, real, fake in ((D, y, G(x)), (D_back, x, F(y)))
    ]
    expected = {
        "discriminator": sum(judged),
        "generator": 0.7 * deceived + 3 * cycle + 1.5 * same,
        "cycle": cycle / 4,
    }
    found = losses(model, batch)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **tolerances.EXACT)


def with_maps(model, forward, back):
    """The model with these instead of its generators."""
    for name, function in (("generator", forward), ("generator_back", back)):
        layer = tf.keras.layers.Lambda(function)
        setattr(model, name, layer)
    return model


def test_an_inverse_pair_has_no_cycle_error_but_may_be_wrong():
    """Dark for light, and back: what the cycle cannot see, pairs do."""
    model = with_maps(tiny("cycle_gan", SAME), lambda x: -x, lambda y: -y)
    batch = batch_of(model)
    batch["y"] = batch["x"]
    found = model.per_example_metrics(batch)
    np.testing.assert_allclose(found["cycle"], 0, atol=1e-6)
    expected = l1(batch["x"], 16 - batch["x"]) / 16
    np.testing.assert_allclose(found["l1"], expected, **tolerances.FLOAT32)
    assert np.min(expected) > 0.3
    np.testing.assert_allclose(losses(model, batch)["cycle"], 0, atol=1e-6)


def test_pairs_select_where_there_are_some():
    never = Field("y", X, 17, paired="never")
    for spec, names in (
        (SPEC, ["l1", "cycle"]),
        (DataSpec(X, 17, fields=(never,)), ["cycle"]),
    ):
        model = tiny("cycle_gan", spec)
        assert list(model.per_example_metrics(batch_of(model))) == names


def test_a_discriminator_sees_pictures_of_steps_before():
    """In training alone; generators learn from those of now."""
    model = tiny("cycle_gan", pool=4)
    first, second = (batch_of(model, step, seed=step) for step in (0, 1))
    before = model.generate(first, training=True)
    for made, shown in zip(before["made"], before["shown"]):
        np.testing.assert_array_equal(made, shown)
    coins = tf.constant([[0.0, 0.9], [0.0, 0.3], [0.9, 0.3], [0.0, 0.9]])
    second |= {"pool": coins, "pool_back": coins}
    now = model.generate(second, training=True)
    for then, made, shown in zip(before["made"], now["made"], now["shown"]):
        expected = tf.stack([then[3], then[1], made[2], made[0]])
        np.testing.assert_array_equal(shown, expected)
    held = model.generate(second, training=False)
    for made, shown in zip(held["made"], held["shown"]):
        np.testing.assert_array_equal(made, shown)


def test_domains_of_other_colours():
    """They translate both ways; the identity needs as many."""
    model = tiny("cycle_gan", pool=0)
    batch = batch_of(model)
    assert not model.noise
    assert model.translate(batch["x"]).shape == batch["y"].shape
    assert model.translate_back(batch["y"]).shape == batch["x"].shape
    with pytest.raises(UserError, match="identity=0.5: expected domains of"):
        tiny("cycle_gan", identity=0.5)
