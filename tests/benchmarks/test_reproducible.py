from types import SimpleNamespace

import numpy as np

from benchmarks import reproducible
from tfgen.errors import UserError
from tfgen.run import Run


def test_a_training_has_a_checksum_or_a_reason(capsys, monkeypatch):
    settings = "tiny", 2, True
    reproducible.train("nice", 0, 1, settings)
    assert len(capsys.readouterr().out.split()[-1]) == 8

    def fail(*_):
        raise UserError("loss: not finite")

    monkeypatch.setattr(Run, "train", fail)
    reproducible.train("nice", 0, 1, settings)
    assert capsys.readouterr().out == "weights - loss: not finite\n"

    model = SimpleNamespace(can=lambda _: True, variables=[])
    monkeypatch.setattr(Run, "train", lambda *_: None)
    monkeypatch.setattr(Run, "restore", lambda *_: model)
    for number, said in ((np.inf, "- samples: not finite"), (1.0, "00000000")):
        rows = {"x": np.array([0, number])}
        monkeypatch.setattr(
            reproducible, "example_inputs", lambda *_, rows=rows, **__: rows
        )
        reproducible.train("nice", 0, 1, settings)
        assert capsys.readouterr().out == f"weights {said}\n"


def test_processes_share_the_runs(monkeypatch):
    asked = []

    class Done:
        returncode, stdout = 0, "weights 1\n"

    def run(command, **_):
        asked.append(command[3:])
        return Done

    monkeypatch.setattr(reproducible.subprocess, "run", run)
    found = reproducible.results("nice", 3, 2, ["--steps=5"])
    assert found == ["weights 1"] * 2
    shares = [("--worker=0", "--runs=1"), ("--worker=1", "--runs=2")]
    for command, share in zip(asked, shares, strict=True):
        assert command == [*share, "--model=nice", "--steps=5"]
