import pytest

from serving.folder.model_configs import read_configs
from serving.folder.publish import summary
from serving.promotion import promote_when_loaded
from tests.serving.server_thread import Server
from tfgen.errors import UserError


@pytest.mark.parametrize("interface", ["REST", "gRPC"])
def test_labels_wait_for_the_servers(tmp_path, publish_factor, interface):
    publish_factor(tmp_path, 2.0)
    with Server(tmp_path, poll_seconds=3600) as server:
        url = server.url if interface == "REST" else f"grpc://{server.target}"
        publish_factor(tmp_path, 3.0)
        before = read_configs(tmp_path)
        with pytest.raises(UserError, match="version 2 is not loaded after 0"):
            promote_when_loaded(tmp_path, "toy", [url], 0)
        assert read_configs(tmp_path) == before
        # The server looks while it is waited for.
        promote_when_loaded(
            tmp_path, "toy", [url], 60, sleep=lambda _: server.poll()
        )
    assert summary(tmp_path, "toy") == (
        "toy, versions 1, 2; canary is 2, stable is 1"
    )


def test_nothing_is_asked_for_a_model_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="promote=toy: .* no model at all"):
        promote_when_loaded(tmp_path, "toy", ["http://localhost:1"], 0)


def test_a_server_that_does_not_answer(tmp_path, publish_factor):
    publish_factor(tmp_path, 2.0)
    with pytest.raises(UserError, match="labels stay. server=http://127"):
        promote_when_loaded(tmp_path, "toy", ["http://127.0.0.1:1"], 0)
