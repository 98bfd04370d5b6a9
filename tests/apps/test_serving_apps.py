import json
import signal
import types

import numpy as np
import pytest
import tensorflow as tf

import export.run
from export.calls import Call
from serving.folder.publish import publish
from tests.apps import command
from tfgen.run import Run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A published model that doubles."""
    module = tf.Module()
    module.double = tf.function(
        lambda x: {"y": 2 * x},
        input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")],
    )
    saved = tmp_path_factory.mktemp("saved")
    tf.saved_model.save(module, str(saved), {"serving_default": module.double})
    folder = tmp_path_factory.mktemp("published")
    x = np.ones((1, 2), np.float32)
    example = Call("serving_default", True, {"x": x}, {"y": x})
    for _ in range(2):
        publish(saved, folder, "double", [example])
    return folder


@pytest.mark.parametrize("app", ["serve", "query"])
def test_help_and_length(app):
    code, out, error = command.run(f"apps.{app}", "--help")
    assert code in (0, 1) and not error
    assert f"python -m apps.{app}" in "\n".join(out)
    text = (command.ROOT / "apps" / f"{app}.py").read_text()
    assert len(text.splitlines()) <= 80


@pytest.mark.slow
def test_a_server_and_its_clients(folder):
    serve = command.start(
        "apps.serve", f"--folder={folder}", "--rest_api_port=0", "--port=0"
    )
    rest, grpc = serve.stdout.readline().removeprefix("REST ").split(", gRPC ")
    assert serve.stdout.readline() == "In production:\n"
    production = serve.stdout.readline()
    assert production.startswith("docker run ")
    by_rest, by_grpc = (
        command.run_here(
            "apps.query",
            f"--server={server.strip()}",
            "--model=double",
            "--label=stable",
            *arguments,
        )
        for server, *arguments in (
            (rest, "--input=x=[[1, 2.5], [3, 4]]"),
            (f"grpc://{grpc}", "--input=x=[1, 2]"),
        )
    )
    serve.send_signal(signal.SIGTERM)
    code, _, error = command.finish(serve)
    assert json.loads(by_rest[1][0]) == {"y": [[2, 5], [6, 8]]}
    assert json.loads(by_grpc[1][0]) == {"y": [[2, 4]]}
    assert code == 0, error


def test_promote_and_rollback(folder):
    code, out, _ = command.run_here(
        "apps.export", f"--publish={folder}", "--promote=double", "--server="
    )
    assert code == 0
    expected = "double, versions 1, 2; canary is 2, stable is 1"
    assert out == [f"{folder}: {expected}"]
    code, out, _ = command.run_here(
        "apps.export", f"--publish={folder}", "--rollback=double"
    )
    assert code == 0
    assert out == [f"{folder}: double, versions 1; canary is 1, stable is 1"]


def test_flags_that_exclude_each_other(folder):
    code, out, error = command.run_here(
        "apps.export", "--workdir=runs/x", "--rollback=double"
    )
    assert (code, out) == (1, [])
    assert "workdir, promote, rollback" in "\n".join(error)


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--publish_as=a b", "error: --publish_as=a b: "),
        ("--publish=FILE", "cannot write "),
    ],
)
def test_bad_flags_are_found_before_the_export(
    tmp_path, monkeypatch, flag, message
):
    run = types.SimpleNamespace(
        workdir=tmp_path, config=types.SimpleNamespace(model="double")
    )
    monkeypatch.setattr(Run, "resume", lambda workdir: run)
    exports = []
    monkeypatch.setattr(export.run, "export_run", lambda *_: exports.append(1))
    (tmp_path / "file").write_text("")
    code, _, error = command.run_here(
        "apps.export",
        f"--workdir={tmp_path}",
        f"--publish={tmp_path / 'folder'}",
        flag.replace("FILE", str(tmp_path / "file")),
    )
    assert code == 2 and message in error[-1]
    assert not exports


def test_the_workdir_is_needed_to_export():
    code, out, error = command.run_here("apps.export")
    assert (code, out) == (2, [])
    assert error[-1].startswith("error: --workdir=: there is no config.json;")
