"""What all experiments share."""

import json
import re
import types

import pytest

from tests.apps import command
from tfgen import experiments
from tfgen.experiments import reproduce
from tfgen.tables.papers import Row, Table

FOUND = {0: {"a": {"cost": 3.0}}, 1: {"a": {"cost": 5.0}}}


@pytest.fixture
def small(monkeypatch):
    """An experiment; says which seeds have run."""
    ran = []

    def rows(seed):
        ran.append(seed)
        return FOUND[seed]

    module = types.SimpleNamespace(
        TABLE=Table(
            (Row("a", 4.0), Row("b", None)),
            "paper",
            {"cost": "cost"},
            units={"cost": "nats"},
        ),
        CLAIMS={
            "a costs": lambda r: r["a"]["cost"] > 0,
            "a costs less than 4": lambda r: r["a"]["cost"] < 4,
            "a is free": lambda r: r["a"]["cost"] == 0,
        },
        rows=lambda seed: rows(seed) | {"b": {"cost": 1.0}},
        __file__=__file__,
    )

    def here(function, jobs, parallel):
        yield from ((job, function(job)) for job in jobs)

    monkeypatch.setattr(experiments, "module", lambda name: module)
    monkeypatch.setattr(reproduce, "each_in_a_process", here)
    return ran


def test_seeds_run_once(small, tmp_path, monkeypatch):
    said = []
    text = reproduce.reproduce_claims("small", tmp_path, 2, 1, said.append)
    assert small == [0, 1]
    assert said[0] == "2 seeds, of which 0 are done"
    assert text.splitlines()[2:] == [
        # Student's quantile of one degree of freedom is 12.706.
        "| a | 4.00 nats | 4.00 nats | ± 12.71 | 2 |  |",
        "| b |  | 1.00 nats | ± 0.00 | 2 |  |",
        "",
        "- a costs: reproduced, 2 of 2 seeds.",
        "- a costs less than 4: partly reproduced, 1 of 2 seeds.",
        "- a is free: not reproduced, 0 of 2 seeds.",
    ]
    assert (tmp_path / "small.md").read_text() == text + "\n"
    assert "a,1,0,5.0" in (tmp_path / "small.csv").read_text()
    assert reproduce.reproduce_claims("small", tmp_path, 2, 1, print) == text
    assert small == [0, 1]

    # Of another version of the file, results are not taken.
    path = tmp_path / "small" / "seed-0" / "result.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"code": 0}))
    (tmp_path / "small" / "seed-1" / "result.json").write_text("{")
    reproduce.reproduce_claims("small", tmp_path, 2, 1, print)
    assert small == [0, 1, 0, 1]


@pytest.mark.parametrize("name", experiments.NAMES)
def test_an_experiment_says_what_it_is(name):
    module = experiments.module(name)
    assert module.PAPER.split("arXiv:")[1] in module.__doc__
    assert "What is claimed: " in module.__doc__
    assert re.search(r"\btried\b", module.__doc__.split("deviates")[1])
    assert module.CLAIMS and not module.TABLE.trained
    assert {*module.TABLE.units} <= {*module.TABLE.figures}


@pytest.mark.parametrize(
    "flag",
    ["--budget=3", "--preset=tiny", "--steps=3", "--set=a=b", "--data=mnist"],
)
def test_flags_of_trainings_are_refused(flag, tmp_path):
    code, out, error = command.run_here(
        "apps.reproduce", "--table=deepsim", f"--workdir={tmp_path}", flag
    )
    assert (code, out, len(error)) == (2, [], 1)
    assert "--table=deepsim takes --seeds and --parallel alone." in error[0]
    assert not list(tmp_path.iterdir())
