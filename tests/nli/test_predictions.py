import io
import json

import pytest

from tfgen.errors import UserError
from tfgen.nli import predictions, rows
from tfgen.nli.pairs import Pair

COLUMNS = ["premise", "hypothesis"]
ROWS = [
    {"premise": 'A "cat",\told', "label": "neutral", "neutral": 0.5},
    {"premise": "שלום 😀", "label": "entailment", "neutral": 0.25},
]


def given(
    premise=None, hypothesis=None, path=None, columns=COLUMNS, skip=False
):
    return predictions.given(premise, hypothesis, path, columns, skip)


@pytest.mark.parametrize(
    "mode, flags, expected",
    [
        (
            "predict",
            {"premise": "a"},
            "hypothesis: missing; premise and hypothesis go together.",
        ),
        (
            "attention",
            {"hypothesis": ""},
            "premise: missing; premise and hypothesis go together.",
        ),
        (
            "predict",
            {"premise": "a", "hypothesis": "b", "path": "c.csv"},
            "input=c.csv: expected either a file, or premise and hypothesis.",
        ),
        (
            "predict",
            {"path": "no.csv"},
            "input=no.csv: no such file; expected one that ends in .csv,"
            " .tsv, .jsonl.",
        ),
        (
            "predict",
            {"output": "a.txt"},
            "output=a.txt: expected a file that ends in .csv, .tsv, .jsonl.",
        ),
        (
            "all",
            {"premise": "a", "hypothesis": "b"},
            "premise: not for mode=all, but for mode=predict or"
            " mode=attention.",
        ),
        (
            "attention",
            {"output": "a.csv"},
            "output: not for mode=attention, but for mode=predict.",
        ),
    ],
)
def test_flags_that_do_not_fit(mode, flags, expected):
    assert complaint(mode, **flags) == expected


def complaint(mode, **flags):
    """Returns what `check` says, or "" if it raises nothing."""
    arguments = dict.fromkeys(["premise", "hypothesis", "path", "output"])
    try:
        predictions.check(mode, **arguments | flags)
    except UserError as error:
        return str(error)
    return ""


def test_flags_that_fit(tmp_path):
    path = tmp_path / "a.csv"
    assert complaint("predict", path=str(path)).endswith(".jsonl.")
    path.touch()
    assert not complaint("predict", path=str(path))
    assert not complaint("attention", path=str(path))
    assert not complaint("train")
    assert not complaint("predict")
    pair = {"premise": "a", "hypothesis": "b"}
    assert not complaint("predict", **pair, output="out.jsonl")


def test_a_pair_of_flags():
    assert list(given("A.", "")) == [Pair("A.", "", 0)]
    # As Python gives arguments that are no UTF-8.
    assert list(given("A\udcff", "B")) == [Pair("A\ufffd", "B", 0)]
    assert given() is None


@pytest.mark.parametrize(
    "name, text",
    [
        ("a.csv", 's1,label,s2\n"A, b.",?,C.\n'),
        ("a.tsv", "s1\tlabel\ts2\nA, b.\t?\tC.\n"),
        ("a.jsonl", '{"s1": "A, b.", "s2": "C."}\n'),
    ],
)
def test_a_file_with_any_labels(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    pairs = given(path=str(path), columns=["s1", "s2"])
    assert list(pairs) == [Pair("A, b.", "C.", 0)]


def test_malformed_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("premise,hypothesis\nA.,B.\nC.\nD.,E.\n")
    with pytest.raises(UserError) as error:
        list(given(path=str(path)))
    assert str(error.value) == (
        f"{path}, line 3: 1 columns, expected the header's 2; mend it, or add"
        " skip_bad_records."
    )
    pairs = list(given(path=str(path), skip=True))
    assert [pair.premise for pair in pairs] == ["A.", "D."]


def test_two_columns():
    with pytest.raises(UserError) as error:
        given(columns=["a"])
    assert str(error.value) == (
        "columns=a: expected two names, of premise and hypothesis."
    )


@pytest.mark.parametrize(
    "text", ["A.\nB.\nC.\n\n", "A.\nB.\nC.\n\n\nD.\nE.\n", " A. \nB.\nC.\n\n"]
)
def test_typed_until_an_empty_line_or_the_end(text, capsys):
    """An empty hypothesis is one."""
    pairs = list(predictions.typed(io.StringIO(text)))
    assert pairs == [Pair("A.", "B.", 0), Pair("C.", "", 0)]
    assert capsys.readouterr() == ("", "")


def test_a_terminal_is_asked(capsys):
    """Not where results are written."""
    terminal = io.StringIO("A.\nB.\n")
    terminal.isatty = lambda: True
    assert len(list(predictions.typed(terminal))) == 1
    assert capsys.readouterr() == ("", "premise: hypothesis: premise: ")


def test_typed_half_a_pair():
    with pytest.raises(UserError, match="standard input: it ends after a prem"):
        list(predictions.typed(io.StringIO("A.\n")))


def test_output_is_input(tmp_path):
    """What is written can be read again, whatever the text."""
    for ending in rows.ENDINGS:
        path = str(tmp_path / f"out{ending}")
        predictions.write(iter(ROWS), path)
        pairs = list(given(path=path, columns=["premise", "label"]))
        tab = " " if ending == ".tsv" else "\t"
        assert pairs == [
            Pair(f'A "cat",{tab}old', "neutral", 0),
            Pair("שלום 😀", "entailment", 0),
        ]


def test_json_lines(tmp_path):
    path = tmp_path / "out.jsonl"
    predictions.write(ROWS, str(path))
    assert [json.loads(line) for line in path.read_text().splitlines()] == ROWS


def test_standard_output_is_tsv(capsys):
    predictions.write(ROWS, None)
    assert capsys.readouterr().out.splitlines() == [
        "premise\tlabel\tneutral",
        'A "cat", old\tneutral\t0.5',
        "שלום 😀\tentailment\t0.25",
    ]


def test_a_file_that_cannot_be_written(tmp_path):
    path = str(tmp_path / "no" / "out.csv")
    with pytest.raises(UserError) as error:
        predictions.write(ROWS, path)
    assert str(error.value) == (
        f"output={path}: cannot be written (No such file or directory); name"
        " a file in a folder that exists and has room."
    )
