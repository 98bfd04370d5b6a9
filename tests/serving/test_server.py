import asyncio
import socket
import threading
import time

import numpy as np
import pytest
from tensorflow_serving.apis.prediction_service_pb2_grpc import (
    PredictionServiceStub,
)

from serving.access import Access
from serving.folder.model_configs import FILE
from serving.folder.publish import promote, rollback
from serving.server import ServerConfig, running
from tests.serving.asking import X, ask, channel, predict_request
from tests.serving.server_thread import Server
from tfgen.errors import UserError


def test_no_request_is_lost_in_a_version_change(tmp_path, publish_factor):
    """Clients ask all the time while versions come and are rolled back."""
    publish_factor(tmp_path, 2.0)
    answers, stop = [], threading.Event()

    def client(server, of_model):
        path = f"/v1/models/toy{of_model}:predict"
        while not stop.is_set():
            answers.append(ask(server, path, {"instances": X}))

    with Server(tmp_path, poll_seconds=3600) as server:
        clients = [
            threading.Thread(target=client, args=[server, of_model])
            for of_model in ("", "", "/labels/stable", "/labels/canary")
        ]
        for thread in clients:
            thread.start()
        publish_factor(tmp_path, 3.0)
        server.poll()
        promote(tmp_path, "toy", 2)
        server.poll()
        publish_factor(tmp_path, 2.0)
        publish_factor(tmp_path, 3.0)
        server.poll()
        promote(tmp_path, "toy", 4)
        server.poll()
        rollback(tmp_path, "toy")
        server.poll()
        stop.set()
        for thread in clients:
            thread.join()
        _, last = ask(server, "/v1/models/toy:predict", {"instances": X})
    assert {status for status, _ in answers} == {200}
    found = {a["predictions"][0][0] for _, a in answers}
    assert found == {2, 3} and last["predictions"][0][0] == 2


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="needs an address of IPv6")
def test_ipv6(tmp_path, publish_factor):
    publish_factor(tmp_path, 2.0)
    with Server(tmp_path, host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        body = {"instances": X}
        assert ask(server, "/v1/models/toy:predict", body)[0] == 200
        with channel(server) as c:
            stub = PredictionServiceStub(c)
            response = stub.Predict(predict_request(x=np.float32(X)))
    assert response.model_spec.version.value == 1


@pytest.mark.parametrize("port", ["port", "rest_api_port"])
def test_where_nobody_can_listen(port):
    async def start(**settings):
        async with running(dict, ServerConfig(**settings)):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        ports = {"port": 0, "rest_api_port": 0, port: number}
        expected = f"{port}={number} host=127.0.0.1: cannot listen there"
        with pytest.raises(UserError, match=expected):
            asyncio.run(start(**ports))
    # 192.0.2.0/24 is for documentation: no machine has it.
    with pytest.raises(UserError, match="host=192.0.2.1.*an address of this"):
        access = Access("secret")  # other machines would reach it
        asyncio.run(
            start(host="192.0.2.1", port=0, rest_api_port=0, access=access)
        )


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_broken_config_is_said_once_until_it_changes(
    tmp_path, publish_factor, caplog
):
    publish_factor(tmp_path, 2.0)
    path, looks = tmp_path / FILE, []
    good = path.read_text()

    def said():
        return caplog.text.count("what is served stays as it is")

    with Server(tmp_path, poll_seconds=0.01) as server:
        poll = server.running.models.poll

        async def counted():
            looks.append(None)
            await poll()

        server.running.models.poll = counted

        def look_five_times():
            seen = len(looks)
            wait_for(lambda: len(looks) > seen + 5)

        for text, expected in [
            ("broken", 1),
            ("other", 2),
            (good, 2),
            ("broken", 3),
        ]:
            path.with_suffix(".new").write_text(text)
            path.with_suffix(".new").replace(path)
            look_five_times()
            assert said() == expected
        body = {"instances": X}
        assert ask(server, "/v1/models/toy:predict", body)[0] == 200
