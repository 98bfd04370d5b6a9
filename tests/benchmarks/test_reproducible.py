import pytest
from absl import flags
from absl.testing import flagsaver

from benchmarks import reproducible
from tfgen.errors import UserError
from tfgen.run import Run

flags.FLAGS.mark_as_parsed()


@flagsaver.flagsaver(preset="tiny", steps=2)
def test_a_training_has_a_checksum_or_a_reason(capsys, monkeypatch):
    reproducible.train("nice", first=0, runs=1)
    out = capsys.readouterr().out
    assert len(out.split()[-1]) == 8

    def fail(*_):
        raise UserError("loss: not finite")

    monkeypatch.setattr(Run, "train", fail)
    reproducible.train("nice", first=0, runs=1)
    assert capsys.readouterr().out == "weights - loss: not finite\n"


@pytest.mark.parametrize("runs, shares", [(3, [(0, 1), (1, 2)])])
def test_processes_share_the_runs(monkeypatch, runs, shares):
    asked = []

    class Done:
        returncode, stdout = 0, "weights 1\n"

    def run(command, **_):
        found = dict(part[2:].split("=") for part in command[3:])
        asked.append((int(found["worker"]), int(found["runs"])))
        return Done

    monkeypatch.setattr(reproducible.subprocess, "run", run)
    with flagsaver.flagsaver(runs=runs, processes=2):
        found = reproducible.results("nice")
    assert asked == shares and found == ["weights 1"] * 2
