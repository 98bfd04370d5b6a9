import numpy as np
import pytest
import tensorflow as tf

from tests.train import game
from tfgen import saved_config
from tfgen.errors import UserError
from tfgen.run import Run
from tfgen.train.strategy import make_strategy
from tfgen.train.warm_start import begin, copy_weights

SETTINGS = ("num_examples=200", "steps=2")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    run = Run.start(
        tmp_path_factory.mktemp("other"), "gan", "tiny", "moons", SETTINGS
    )
    run.train(make_strategy("cpu"))
    return run


def start(workdir, other, *settings, model="gan"):
    settings = [*SETTINGS, f"init_from={other.workdir}", *settings]
    return Run.start(workdir, model, "tiny", "moons", settings)


def weights(model, player):
    return [v.numpy() for v in model.players()[player].variables]


def test_a_run_begins_with_the_weights_of_another(other, tmp_path, caplog):
    run = start(tmp_path, other, "*.learning_rate=1e-30", "seed=1")
    run.train(make_strategy("cpu"))
    for player in ("generator", "discriminator"):
        for a, b in zip(
            weights(run.restore("last"), player), weights(other.model, player)
        ):
            np.testing.assert_array_equal(a, b)
    assert saved_config.read(tmp_path).train.init_from == str(other.workdir)
    assert "left as new" not in caplog.text
    # To resume, the other run is no longer needed.
    assert game.folders(tmp_path)[-1] == 2


def test_what_does_not_fit_is_named(other, tmp_path, caplog):
    run = start(tmp_path, other, "network.latent=5")
    run.train(make_strategy("cpu"))
    (line,) = [m for m in caplog.messages if "left as new" in m]
    assert f"init_from={other.workdir}: " in line
    assert "left as new: generator/" in line and "(5, " in line


def test_a_run_of_another_kind_is_refused(other, tmp_path):
    run = start(tmp_path, other, model="real_nvp")
    with pytest.raises(UserError, match="none of its weights fit"):
        run.train(make_strategy("cpu"))


@pytest.mark.parametrize("name", ["rbm", "nice"])
def test_what_was_taken_does_not_begin_by_the_data(name, tmp_path):
    run = Run.start(tmp_path, name, "tiny", None, ["steps=2"])
    model, other = run.build_model(), run.build_model()
    for variable in other.variables:
        variable.assign(variable + 1)
    copied, left = copy_weights(model, other)
    assert not left
    batches = run.data.train_batches(run.config.train, model.noise)
    begin(model, batches, copied)
    both = [*zip(model.trainable_variables, other.trainable_variables)]
    for mine, its in both:
        np.testing.assert_array_equal(mine.numpy(), its.numpy())
    begin(model, batches)
    assert any(np.any(mine.numpy() != its.numpy()) for mine, its in both)


def test_what_was_not_taken_begins_by_the_data(tmp_path, caplog):
    def run(name, *settings):
        return Run.start(tmp_path / name, "rbm", "tiny", None, settings)

    new, other = run("new", "network.chains=9"), run("other").build_model()
    other.visible.assign(tf.range(64.0))
    model = new.build_model()
    copied = new._begin_with(model, other)
    (line,) = caplog.messages
    assert "chains:1 (9, " in line
    assert "what was taken does not begin by the data" in line
    batches = new.data.train_batches(new.config.train, model.noise)
    begin(model, batches, copied)
    np.testing.assert_array_equal(model.visible.numpy(), np.arange(64))
    assert np.any(model.chains.numpy())


@pytest.mark.parametrize("files", [(), ("config.json",)])
def test_no_run_to_begin_with(other, files, tmp_path):
    """The setting is named, not the workdir."""
    folder = tmp_path / "nothing"
    folder.mkdir()
    for name in files:
        (folder / name).write_bytes((other.workdir / name).read_bytes())
    run = Run.start(
        tmp_path / "run", "gan", "tiny", "moons", [f"init_from={folder}"]
    )
    with pytest.raises(UserError, match=f"^train.init_from={folder}: [^w]"):
        run.train(make_strategy("cpu"))
