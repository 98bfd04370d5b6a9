"""The app of sentence pairs, as a user starts it."""

import io
import json
import re

import pytest

from tests.apps import command
from tests.export.in_process import in_process

PAIRS = "premise,hypothesis\nA dog runs.,It moves.\n"


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """What the app without --mode leaves of a tiny model."""
    workdir = tmp_path_factory.mktemp("snli") / "run"
    with in_process():
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
    assert code == 0
    (said,) = error
    assert said.startswith("premise and hypothesis: 1 pairs; unknown words: ")
    assert re.match(r"(\w+) \(entailment 0\.\d+, neutral 0\.\d+, contr", line)


@pytest.mark.slow
def test_predict_a_file(workdir, tmp_path):
    source, result = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_text(PAIRS)
    flags = ("--mode=predict", f"--input={source}")
    code, out, error = snli(workdir, *flags)
    assert code == 0
    (said,) = error
    assert said.startswith(f"{source}: 1 pairs")
    assert out[0].split("\t")[:3] == ["premise", "hypothesis", "label"]
    assert out[1].startswith("A dog runs.\tIt moves.\t")
    assert snli(workdir, *flags, f"--output={result}") == (0, [], [said])
    row = json.loads(result.read_text())
    assert list(map(str, row.values())) == out[1].split("\t")


def test_a_pipe_of_pairs(workdir, monkeypatch):
    text = "A man runs.\nHe moves.\n\nIt is.\nA dog.\nA cat.\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    code, out, (said,) = snli(workdir, "--mode=predict")
    assert (code, len(out)) == (0, 3)
    assert said.startswith("standard input: 3 pairs; ")
    assert "empty sentences: 1 (the first: the premise of pair 2)" in said
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert snli(workdir, "--mode=predict") == (
        2,
        [],
        ["error: standard input: no pairs in it; expected at least one."],
    )


def test_other_pairs_are_measured(workdir, tmp_path):
    """And the figures of the run's own stay."""
    path = tmp_path / "mine.csv"
    path.write_text(
        PAIRS.replace("\n", ",gold\n", 1).replace("s.\n", "s.,neutral\n")
    )
    before = (workdir / "report.json").read_text()
    code, out, error = snli(
        workdir,
        "--mode=evaluate",
        f"--data=pairs:{path}",
        "--set=label_column=gold",
    )
    assert code == 0, error
    assert out[0].endswith("; 1 pairs)")
    assert error[0].startswith(f"data=pairs:{path}, all: 1 pairs; ")
    assert (workdir / "report.json").read_text() == before
    assert len(list(workdir.glob("report-*.json"))) == 1
    for mode, other in (
        ("predict", f"--data=pairs:{path}"),
        ("evaluate", "--model=word_by_word"),
        ("attention", "--preset=grammar"),
    ):
        code, _, (error,) = snli(workdir, f"--mode={mode}", other)
        assert code == 2 and error.startswith(f"error: {other}: ")


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--mode=predict"], "pairs are given, so no data are read"),
        (["--mode=attention", "--input=x.csv"], "pairs are given, so no"),
        (["--mode=attention"], "--data=nli_grammar has no use for it"),
        (["--mode=export"], "--data=nli_grammar has no use for it"),
    ],
)
def test_flags_of_data_that_nothing_reads(
    workdir, tmp_path, monkeypatch, flags, message
):
    (tmp_path / "x.csv").write_text(PAIRS)
    monkeypatch.chdir(tmp_path)
    code, out, (error,) = snli(workdir, *flags, "--download")
    assert (code, out) == (2, [])
    assert error.startswith(f"error: --download=True: {message}")


def test_attention_is_drawn(workdir):
    code, out, error = snli(workdir, "--mode=attention", "--count=1")
    assert code == 0
    assert [line.startswith("the test split: 1 pairs") for line in error] == [1]
    assert any(re.match(r"premise +\w+\(0\.\d\d\) ", line) for line in out)
    assert out[-2:] == [
        str(workdir / "attention" / "attention.png"),
        str(workdir / "attention" / "attention.html"),
    ]


@pytest.mark.parametrize(
    "flags, expected",
    [
        (["--mode=predict", "--premise=a"], "error: --hypothesis: missing; "),
        (
            ["--premise=a", "--hypothesis=b"],
            "error: --premise=a: only for --mode=predict or attention.",
        ),
        (
            ["--mode=predict", "--steps=3"],
            "error: --steps=3: only for --mode=all or train.",
        ),
        (
            ["--mode=evaluate", "--quantize=int8"],
            "error: --quantize=int8: only for --mode=all or export.",
        ),
        (
            ["--mode=predict", "--columns=a,b"],
            "error: --columns=a,b: only with --input.",
        ),
        (
            ["--mode=predict", "--skip_bad_records"],
            "error: --skip_bad_records: only with --input.",
        ),
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
