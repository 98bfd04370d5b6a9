import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.bijectors import checks
from tfgen import registry
from tfgen.config import Column, DataSpec, Field
from tfgen.data.settings import DataConfig
from tfgen.models import conditions
from tfgen.models.flows import real_nvp

NUMBERS = Field("condition", (1,), columns=(Column("dose", 0.0, 1.0),))
FACTORS = Field("factors", (4,))


@pytest.mark.parametrize(
    "classes, fields, known",
    [
        (0, (), ()),
        (0, (FACTORS,), ()),
        (3, (FACTORS,), ("label",)),
        (3, (NUMBERS,), ("label", "condition")),
        (3, (Field("attributes", (40,)), NUMBERS), ("label", "condition")),
        (0, (Field("attributes", (40,)), NUMBERS), ("attributes", "condition")),
    ],
)
def test_what_may_be_a_condition(classes, fields, known):
    """Tables have settings that use it where there is one, and only there."""
    columns = (Column("a", 0.0, 1.0),)
    spec = DataSpec((1,), 0, classes, fields=fields, columns=columns)
    assert conditions.known(spec) == known
    network = real_nvp.auto(spec, 100, DataConfig("csv:x.csv")).network
    assert network.conditional == bool(known)


COLUMNS = Field(
    "condition", (2,), columns=(Column("dose", 3.0, 2.0), Column("age", 40, 9))
)
VECTORS = {
    "iaf": {},
    "maf": {},
    "maf, mixture": {"components": 2},
    "neural_spline": {},
    "neural_spline, autoregressive": {"autoregressive": True},
    "nice": {},
    "planar": {"energy": 0},
    "planar, radial": {"energy": 0, "kind": "radial"},
    "real_nvp": {},
    "deep_nade": {},
    "fvbn": {},
    "made": {},
    "nade": {},
}
IMAGES = ("gated_pixel_cnn", "glow", "pixel_cnn", "pixel_cnn_pp")


def build(name):
    """A conditional model, three examples, and what they are given."""
    entry = registry.get(name.partition(",")[0])
    tiny = entry.module().PRESETS["tiny"].network
    options = {**VECTORS.get(name, {}), "conditional": True}
    levels = 4 if entry.family == "autoregressive" or name in IMAGES else 0
    shape = (4, 4, 1) if name in IMAGES else (3,)
    spec = DataSpec(shape, levels, fields=(COLUMNS,))
    model = entry.build(dataclasses.replace(tiny, **options), spec)
    assert model.conditions == ("condition",)
    checks.randomize(model.variables, 0.3)
    x = np.random.default_rng(0).uniform(0, 4, (3, *shape))
    rows = np.array([[3.0, 40.0], [5.0, 40.0], [3.0, 22.0]])
    return model, tf.constant(x, keras.config.floatx()), rows


@pytest.mark.parametrize("name", [*VECTORS, *IMAGES])
def test_columns_change_densities_and_samples(float64, name):
    """Each column, of each row alone; numbers are in the columns' units."""
    model, x, rows = build(name)
    log_p = model.log_prob(x, condition=tf.constant(rows))
    for column in (0, 1):
        other = rows.copy()
        other[0, column] += 9.0
        changed = model.log_prob(x, condition=tf.constant(other))
        assert changed[0] != log_p[0]
        np.testing.assert_allclose(changed[1:], log_p[1:], rtol=1e-12)
    noise = checks.normal(20, model.sample_noise)
    one, two = (
        model.sample(noise, condition=tf.constant(np.tile(row, (20, 1))))
        for row in ([3.0, 40.0], [23.0, 130.0])
    )
    assert np.any(one != two)


@pytest.mark.parametrize("name", ["nice", *IMAGES])
def test_bfloat16_is_of_networks_alone(name, mixed_bfloat16):
    """Densities and samples are float32, and flows find x again."""
    model, x, rows = build(name)
    given = {"condition": tf.constant(rows, tf.float32)}
    noise = tf.cast(checks.normal(3, model.sample_noise), tf.float32)
    for found in model.log_prob(x, **given), model.sample(noise, **given):
        assert found.dtype == tf.float32 and np.all(np.isfinite(found))
    if model.can("encode"):
        again = model.decode(model.encode(x, **given), **given)
        np.testing.assert_allclose(again, x, **tolerances.FLOAT32)
