import dataclasses
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import export.check.__main__ as program
from export import calls
from export.calls import Call
from export.check import artefact as artefact_lib
from export.write import flatbuffer
from tests.export.test_operators import save, write

ROOT = pathlib.Path(program.__file__).parents[2]


def run(*arguments):
    """Runs the program; its standard error lists what it imports."""
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "export.check", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_program(toy, monkeypatch, capsys):
    paths = [toy.examples, toy.saved_model, toy.tflite("float32")]
    monkeypatch.setattr(sys, "argv", ["check", *map(str, paths)])
    with pytest.raises(SystemExit) as stopped:
        program.main()
    assert stopped.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "artefact",
        "saved_model",
        "float32",
    ]
    assert not any("not shipped" in line for line in lines)


@pytest.mark.slow
def test_program_without_the_model_code_and_tensorflow(toy):
    result = run(toy.examples, toy.tflite("float32"))
    assert result.returncode == 0, result.stderr
    imported = {
        line.rpartition("|")[2].strip()
        for line in result.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert "ai_edge_litert.interpreter" in imported
    assert not imported & {"tensorflow", "keras", "tfgen.models"}


@pytest.mark.parametrize(
    "name, content",
    [
        ("float32.tflite", b""),
        ("float32.tflite", b"TFL3 and no more"),
        ("float32.tflite", None),
        ("1/saved_model.pb", b"\xff" * 99),
        ("1/variables/variables.index", b""),
    ],
)
def test_an_artefact_that_cannot_be_run(
    tmp_path, monkeypatch, capsys, name, content
):
    calls.write(tmp_path / "e.npz", [Call("f", True, {"x": np.ones(1)})])
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    artefact = tmp_path / name.partition("/")[0]
    arguments = ["check", str(tmp_path / "e.npz"), str(artefact)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stopped:
        program.main()
    assert stopped.value.code == 1
    kind = "saved_model" if artefact.is_dir() else "float32"
    _, line = capsys.readouterr().out.splitlines()
    assert line.startswith(kind) and "cannot be run (" in line


def test_what_an_artefact_may_do_is_said_first(tmp_path):
    save(tmp_path / "1", write)
    said = program._may(tmp_path / "1")
    assert "may read and write files (WriteFile)" in said
    path = tmp_path / "a.tflite"
    code = schema.OperatorCodeT()
    code.customCode = "FlexWriteFile"
    model = schema.ModelT()
    model.operatorCodes = [code]
    flatbuffer.write(path, model)
    assert "operators of its own (FlexWriteFile), which may" in program._may(
        path
    )
    model.operatorCodes[0].customCode = None
    flatbuffer.write(path, model)
    assert not program._may(path)


def test_examples_that_are_none(tmp_path, monkeypatch):
    path = tmp_path / "examples.npz"
    path.write_bytes(b"PK")
    arguments = ["check", str(path), str(tmp_path / "float32.tflite")]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stopped:
        program.main()
    assert stopped.value.code.startswith(
        f"error: {path}: not the examples of an export ("
    )


@pytest.mark.slow
def test_program_with_other_numbers(toy, tmp_path):
    wrong = [
        dataclasses.replace(
            e, outputs={n: a * 1.001 for n, a in e.outputs.items()}
        )
        for e in calls.read(toy.examples)
    ]
    path = tmp_path / "examples.npz"
    calls.write(path, wrong)
    result = run(path, toy.tflite("float32"))
    assert result.returncode == 1
    assert "not shipped: error" in result.stdout


@pytest.mark.slow
def test_a_model_that_gives_nan(toy):
    told = calls.read(toy.examples)
    for example in told:
        if example.signature == "encode":
            example.outputs["z"][0, 0] = float("nan")
    row = artefact_lib.measure(toy.tflite("float32"), told)
    assert row.problem == "not finite: encode"


@pytest.mark.slow
def test_a_file_without_a_signature(toy):
    told = calls.read(toy.examples)
    row = artefact_lib.measure(
        toy.tflite("float32"),
        [*told, dataclasses.replace(told[0], signature="classify")],
    )
    assert row.problem == (
        "signatures: decode, encode, log_prob, not classify, decode, encode,"
        " log_prob"
    )


@pytest.mark.slow
def test_time_is_measured_after_the_comparison(toy):
    times = []

    def wait():
        times.append(1)

    row = artefact_lib.measure(
        toy.tflite("float32"), calls.read(toy.examples), wait
    )
    assert times == [1]
    assert 0 < row.milliseconds < 1000
