import pytest

from serving.folder.model_configs import one_model, published
from tfgen.errors import UserError


def test_a_published_folder(tmp_path, publish_factor):
    publish_factor(tmp_path, 2.0)
    config = published(tmp_path)["toy"]
    # Not where a container sees it.
    assert config.base_path == str(tmp_path / "models" / "toy")
    assert list(config.model_version_policy.specific.versions) == [1]


def test_a_path_of_the_user_is_left_alone(tmp_path):
    (tmp_path / "models.config").write_text(
        'model_config_list { config { name: "a" base_path: "/elsewhere/a" } }'
    )
    assert published(tmp_path)["a"].base_path == "/elsewhere/a"


def test_a_path_stays_in_the_folder(tmp_path):
    (tmp_path / "models.config").write_text(
        "model_config_list { config {"
        ' name: "a" base_path: "/serving/models/../../a" } }'
    )
    with pytest.raises(UserError, match="models.config: .* leads out of"):
        published(tmp_path)


def test_the_versions_of_one_model(tmp_path):
    (tmp_path / "toy" / "1").mkdir(parents=True)
    (config,) = one_model(tmp_path / "toy").values()
    assert (config.name, config.base_path) == ("toy", str(tmp_path / "toy"))


def test_nothing_to_serve(tmp_path):
    with pytest.raises(UserError, match="folder=.*has no models.config"):
        published(tmp_path)
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError, match="model_base_path=.*named 1, 2"):
            one_model(path)
