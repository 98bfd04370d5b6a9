"""A small SavedModel, published, and a server that answers from it."""

import shutil
import subprocess

import pytest

from serving.batching import BatchingConfig
from serving.folder.publish import promote, publish
from tests.serving.server_thread import Server
from tests.serving.toy import examples, save


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """SavedModels by factor."""
    folder = tmp_path_factory.mktemp("saved")
    for factor in (2.0, 3.0):
        save(folder / str(factor), factor)
    return {factor: folder / str(factor) for factor in (2.0, 3.0)}


@pytest.fixture
def publish_factor(saved):
    def publish_factor(folder, factor, **settings):
        return publish(saved[factor], folder, "toy", examples(), **settings)

    return publish_factor


@pytest.fixture(scope="session")
def server(saved, tmp_path_factory):
    """Version 1 multiplies by 2; it is `stable`. Version 2, by 3; `canary`."""
    folder = tmp_path_factory.mktemp("published")
    for factor in (2.0, 3.0):
        publish(saved[factor], folder, "toy", examples())
    promote(folder, "toy", 2)
    settings = {
        "poll_seconds": 3600,
        "read_timeout": 1.0,
        "max_body_bytes": 1 << 20,
        "batching": BatchingConfig(max_batch_size=8),
    }
    with Server(folder, **settings) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The files of a certificate of localhost, and of its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem",
        shell=True,
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem", folder / "key.pem"
