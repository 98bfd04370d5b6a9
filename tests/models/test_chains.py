"""Samples that are the last states of chains."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.zoo import shared
from tests.measures.test_label_accuracy import Ink
from tfgen.errors import UserError
from tfgen.measures import Options, chain_classes
from tfgen.run import Run


@pytest.mark.parametrize("name", ["rbm", "dbm", "gsn"])
def test_a_chain_ends_in_the_sample(name):
    """And has all steps before it, of the numbers that are theirs."""
    model = shared(name)
    assert not shared("gan").can("chain")
    shape = 5, model.sample_noise
    uniforms = np.random.default_rng(0).random(shape, np.float32)
    states = model.chain(tf.constant(uniforms)).numpy()
    _, u = model.first(tf.constant(uniforms))
    assert states.shape == (5, u.shape[1] + 1, *model.spec.shape)
    np.testing.assert_array_equal(states[:, -1], model.draw(uniforms))
    # Numbers of the last step change the last state alone.
    other = uniforms.copy()
    other[:, -u.shape[2] :] = 1 - uniforms[:, -u.shape[2] :]
    again = model.chain(tf.constant(other)).numpy()
    np.testing.assert_array_equal(again[:, :-1], states[:, :-1])
    assert np.any(again[:, -1] != states[:, -1])


def test_classes_along_a_chain_are_counted(tmp_path, monkeypatch):
    """Each has its own; one that comes seldom counts, too."""
    run = Run.start(tmp_path / "gsn", "gsn", "tiny")
    model = run.build_model()
    assert not chain_classes.applies(model, run.config.spec)
    monkeypatch.setitem(run.sample_quality.__dict__, "classifier", Ink())
    classes = np.zeros((16, 4))
    classes[:8] = [1, 2, 2, 7]
    x = np.tile(classes[..., None, None, None], (8, 8, 1))
    monkeypatch.setattr(model, "chain", lambda _: tf.constant(x))
    found = chain_classes.measure(run, model, "test", Options())
    assert found == {"chain_classes": 2.0, "chain_steps": 3.0}
    run = Run.start(tmp_path / "gan", "gan", "tiny")
    with pytest.raises(UserError, match="^measure=chain_classes: expected a "):
        chain_classes.measure(run, run.build_model(), "test", Options())
