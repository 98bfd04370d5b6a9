import numpy as np
import pytest
import tensorflow as tf

from tests import tolerances
from tests.conformance.zoo import shared
from tfgen.capabilities import seeded_normal, signatures
from tfgen.example_inputs import example_inputs
from tfgen.projection import Search


def noise(seed, temperature):
    return seeded_normal(
        tf.constant(seed, tf.int32), tf.constant(temperature, tf.float32), 3
    ).numpy()


def test_a_row_depends_on_its_seed_alone():
    rows = noise([1, -1, 2**31 - 1, -(2**31), 1], [1, 1, 1, 1, 2])
    assert np.isfinite(rows).all() and len(np.unique(rows)) == 5 * 3
    np.testing.assert_array_equal(rows[4], 2 * rows[0])
    np.testing.assert_array_equal(noise([-1], [1])[0], rows[1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_temperature_is_a_number(bad):
    with pytest.raises(tf.errors.InvalidArgumentError, match="temperature: no"):
        noise([1, 2], [1, bad])


def test_a_search_is_served_where_there_is_no_other_way():
    assert not {"complete", "project"} & set(signatures(shared("gan")))
    found = {n: signatures(shared(n), Search(2)) for n in ("gan", "nice")}
    assert all({"complete", "project"} < set(f) for f in found.values())
    own = signatures(shared("nice"))["complete"]
    assert found["nice"]["complete"].inputs == own.inputs
    assert "project" not in signatures(shared("rbm"), Search())


def test_a_bound_has_the_noise_of_the_model():
    """Uniform, of bits: of normal numbers half would be below 0."""
    model = shared("vimco")
    rows, found = example_inputs(model, 3, 0), signatures(model)
    assert np.all((rows["epsilon"] >= 0) & (rows["epsilon"] < 1))
    shape = rows["epsilon"].shape[1:]
    epsilon = [
        tf.random.stateless_uniform(shape, [seed, 0], alg="philox")
        for seed in rows["seed"]
    ]
    inputs = rows["x"], tf.stack(epsilon)
    np.testing.assert_allclose(
        found["elbo"].function(rows["x"], rows["seed"])["elbo"],
        found["elbo_with_noise"].function(*inputs)["elbo"],
        **tolerances.FLOAT32,
    )


def test_rows_of_a_search_do_not_depend_on_one_another():
    model = shared("gan")
    rows = example_inputs(model, 3, 0)
    found = signatures(model, Search(20))
    for name, output in (("complete", "x"), ("project", "z")):
        function = found[name].function
        inputs = [rows[spec.name] for spec in found[name].inputs]
        both = function(*inputs)[output].numpy()
        alone = function(*(i[1:2] for i in inputs))[output].numpy()
        np.testing.assert_allclose(alone[0], both[1], rtol=1e-4, atol=1e-4)
