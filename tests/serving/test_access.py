import grpc
import numpy as np
import pytest

from serving.access import Access, read_token
from serving.client import connect
from serving.errors import RequestError
from serving.server import ServerConfig
from serving.target import Target
from tests.serving.asking import ask
from tests.serving.server_thread import Server
from tfgen.errors import UserError

HEADERS = {"authorization": "Bearer secret"}
X = np.ones((2, 3), np.float32)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1"])
def test_other_machines_need_a_token(host, caplog):
    with pytest.raises(UserError, match=f"^host={host}: .* token="):
        ServerConfig(host=host)
    ServerConfig(host=host, access=Access("secret"))
    assert "plain text" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1"])
def test_this_machine_needs_none(host, caplog):
    ServerConfig(host=host)
    assert not caplog.text


@pytest.mark.parametrize(
    "header", [None, "", "secret", "Bearer", "Bearer other", "Basic secret"]
)
def test_the_token_is_checked(header):
    access = Access("secret")
    with pytest.raises(RequestError) as error:
        access.check(header)
    assert error.value.code == grpc.StatusCode.UNAUTHENTICATED
    assert error.value.status == 401
    access.check("Bearer secret")
    access.check("bearer  secret")
    Access().check(header)


def test_a_token_is_kept_out_of_what_is_shown(tmp_path):
    path = tmp_path / "token"
    path.write_text("secret\n")
    assert read_token(f"@{path}") == read_token("secret") == "secret"
    assert read_token("") == ""
    assert "secret" not in repr(Access("secret"))
    for text in ("a b", "é", f"@{tmp_path}", f"@{path}x"):
        with pytest.raises(UserError, match="^token"):
            read_token(text)
    path.write_text("\n")
    with pytest.raises(UserError, match="^token: expected"):
        read_token(f"@{path}")


def test_half_of_tls(tmp_path):
    (tmp_path / "a.pem").write_text("no certificate")
    with pytest.raises(UserError, match="TLS needs both"):
        Access(cert_file="cert.pem")
    for name in ("a.pem", "b.pem"):
        path = str(tmp_path / name)
        with pytest.raises(UserError, match=f"^cert_file={path} .*PEM"):
            Access(cert_file=path, key_file=path)


def test_a_server_with_token_and_tls(tmp_path, publish_factor, certificate):
    publish_factor(tmp_path, 2.0)
    cert, key = map(str, certificate)
    access = Access("secret", cert, key)
    with Server(tmp_path, host="localhost", access=access) as server:
        for url in (
            server.url.replace("127.0.0.1", "localhost"),
            f"grpcs://{server.target.replace('127.0.0.1', 'localhost')}",
        ):
            target = Target(url, "toy", headers=HEADERS, ca_file=cert)
            client = connect(target)
            signature = client.signatures()["scale"]
            found = client.predict(signature, {"x": X})["y"]
            assert found.tolist() == (2 * X).tolist()
            for headers in ({}, {"authorization": "Bearer other"}):
                target = Target(url, "toy", headers=headers, ca_file=cert)
                with pytest.raises(UserError, match="wrong or no token"):
                    connect(target).signatures()


def test_nothing_is_told_without_the_token(tmp_path, publish_factor):
    publish_factor(tmp_path, 2.0)
    with Server(tmp_path, access=Access("secret")) as server:
        for path in (
            "/v1/models/toy",
            "/v1/models/none",
            "/v1/models/toy/metadata",
            "/monitoring/prometheus/metrics",
        ):
            status, body = ask(server, path)
            assert status == 401 and "authorization: Bearer" in body["error"]
        body = {"instances": X.tolist()}
        assert ask(server, "/v1/models/toy:predict", body)[0] == 401
