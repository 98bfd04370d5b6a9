"""The app of sentence pairs, as a user starts it."""

import json
import re

import pytest

from tests.apps import command

PAIRS = "premise,hypothesis\nA dog runs.,It moves.\n"


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """What the app without --mode leaves of a tiny model."""
    workdir = tmp_path_factory.mktemp("snli") / "run"
    code, out, _ = command.run_here(
        "apps.snli",
        "--preset=tiny",
        f"--workdir={workdir}",
        "--quantize=float32",
        "--set=steps_per_call=4",  # one call, one trace
        "--set=evaluate_every=4",
    )
    assert code == 0
    (workdir / "out.txt").write_text("\n".join(out))
    return workdir


def snli(workdir, *arguments):
    return command.run_here("apps.snli", f"--workdir={workdir}", *arguments)


@pytest.mark.slow
def test_without_a_mode_it_trains_evaluates_and_exports(workdir):
    out = (workdir / "out.txt").read_text().splitlines()
    assert re.match(r"best validation \d\.\d{4} at step \d$", out[0])
    assert out[1].startswith("accuracy  0.")
    report = (workdir / "report.txt").read_text().splitlines()
    assert out[1 : 1 + len(report)] == report
    assert any(line.startswith("saved_model") for line in out)
    assert out[-1] == str(workdir / "export")
    assert list(workdir.glob("export/saved_model/*/1/saved_model.pb"))


def test_predict_a_pair(workdir):
    code, (line,), error = snli(
        workdir, "--mode=predict", "--premise=Rain.", "--hypothesis=Wet."
    )
    assert (code, error) == (0, [])
    assert re.match(r"(\w+) \(entailment 0\.\d+, neutral 0\.\d+, contr", line)


@pytest.mark.slow
def test_predict_a_file(workdir, tmp_path):
    source, result = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text(PAIRS)
    flags = ("--mode=predict", f"--input={source}")
    code, out, error = snli(workdir, *flags)
    assert (code, error) == (0, [])
    assert out[0].split("\t")[:3] == ["premise", "hypothesis", "label"]
    assert out[1].startswith("A dog runs.\tIt moves.\t")
    assert snli(workdir, *flags, f"--output={result}") == (0, [], [])
    row = json.loads(result.read_text())
    assert list(map(str, row.values())) == out[1].split("\t")


def test_attention_is_drawn(workdir):
    code, out, error = snli(workdir, "--mode=attention", "--count=1")
    assert (code, error) == (0, [])
    assert any(re.match(r"premise +\w+\(0\.\d\d\) ", line) for line in out)
    assert out[-2:] == [
        str(workdir / "attention" / "attention.png"),
        str(workdir / "attention" / "attention.html"),
    ]


@pytest.mark.parametrize(
    "flags, expected",
    [
        (["--mode=predict", "--premise=a"], "error: --hypothesis: missing; "),
        (["--premise=a", "--hypothesis=b"], "error: --premise: not for --mode"),
        (["--mode=evaluate"], "error: --workdir=.*: there is no config.json"),
        (["--data=digits"], "error: --data=digits: unknown. Known sentence pa"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(tmp_path, flags, expected):
    code, out, error = snli(tmp_path / "new", *flags)
    assert (code, out, len(error)) == (2, [], 1)
    assert re.match(expected, error[0])
    assert not (tmp_path / "new").exists()


def test_a_table_must_be_named():
    code, out, error = command.run_here(
        "apps.reproduce", "--table=inner_attention"
    )
    assert code == 1 and not out
    assert "value should be one of <" in error[0]
