import numpy as np
import pytest

from tests.train import game
from tfgen import saved_config
from tfgen.errors import UserError
from tfgen.run import Run
from tfgen.train.strategy import make_strategy

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
