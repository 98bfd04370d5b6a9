import io
import json

import pytest

from tfgen.errors import UserError
from tfgen.nli import predictions, rows
from tfgen.nli.pairs import Pair
from tfgen.nli.tally import Tally

COLUMNS = ["premise", "hypothesis"]
ROWS = [
    {"premise": 'A "cat",\told', "label": "neutral", "neutral": 0.5},
    {"premise": "שלום 😀", "label": "entailment", "neutral": 0.25},
]


def given(
    premise=None,
    hypothesis=None,
    path=None,
    columns=COLUMNS,
    skip=False,
    tally=None,
):
    tally = tally or Tally()
    return predictions.given(premise, hypothesis, path, columns, skip, tally)


@pytest.mark.parametrize(
    "flags, expected",
    [
        (
            {"premise": "a"},
            "hypothesis: missing; premise and hypothesis go together.",
        ),
        (
            {"hypothesis": ""},
            "premise: missing; premise and hypothesis go together.",
        ),
        (
            {"premise": "a", "hypothesis": "b", "path": "c.csv"},
            "input=c.csv: expected either a file, or premise and hypothesis.",
        ),
        (
            {"path": "no.csv"},
            "input=no.csv: no such file; expected one that ends in .csv,"
            " .tsv, .jsonl.",
        ),
        (
            {"output": "a.txt"},
            "output=a.txt: expected a file that ends in .csv, .tsv, .jsonl.",
        ),
    ],
)
def test_flags_that_do_not_fit(flags, expected):
    assert complaint(**flags) == expected


def complaint(**flags):
    """Returns what `check` says, or "" if it raises nothing."""
    arguments = dict.fromkeys(["premise", "hypothesis", "path", "output"])
    try:
        predictions.check(**arguments | flags)
    except UserError as error:
        return str(error)
    return ""


def test_flags_that_fit(tmp_path):
    path = tmp_path / "a.csv"
    assert complaint(path=str(path)).endswith(".jsonl.")
    path.touch()
    assert not complaint(path=str(path))
    assert not complaint()
    pair = {"premise": "a", "hypothesis": "b"}
    assert not complaint(**pair, output="out.jsonl")


def test_a_pair_of_flags():
    assert list(given("A.", "")) == [Pair("A.", "")]
    # As Python gives arguments that are no UTF-8.
    assert list(given("A\udcff", "B")) == [Pair("A\ufffd", "B")]
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
    assert list(pairs) == [Pair("A, b.", "C.")]


def test_malformed_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("premise,hypothesis\nA.,B.\nC.\nD.,E.\n")
    tally = Tally()
    with pytest.raises(UserError) as error:
        list(given(path=str(path)))
    assert str(error.value) == (
        f"{path}, line 3: 1 columns, expected the header's 2; mend it, or add"
        " skip_bad_records=true."
    )
    pairs = list(given(path=str(path), skip=True, tally=tally))
    assert [pair.premise for pair in pairs] == ["A.", "D."]
    assert tally.text() == (
        f"{path}: 0 pairs; malformed rows left out: 1 (the first: {path}, line"
        " 3: 1 columns, expected the header's 2)"
    )


def test_other_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("s1,s2\nA.,B.\n")
    with pytest.raises(UserError) as error:
        list(given(path=str(path), skip=True))
    assert str(error.value) == (
        f"{path}, line 1: no 'premise'; it has s1, s2; name both by"
        " columns=PREMISE,HYPOTHESIS."
    )


def test_two_columns():
    with pytest.raises(UserError) as error:
        given(columns=["a"])
    assert str(error.value) == (
        "columns=a: expected two names, of premise and hypothesis."
    )


AB, C = Pair("A.", "B."), Pair("C.", "")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("A.\nB.\nC.\n\n", [AB, C]),
        (" A. \nB.\nC.\n\n\n", [AB, C]),
        ("A.\nB.\n\nD.\nA.\nB.\n", [AB, Pair("", "D."), AB]),
        ("A.\nB.\n\n\nA.\nB.", [AB, Pair("", ""), AB]),
    ],
)
def test_a_pipe_is_read_to_its_end(text, expected, capsys):
    """An empty sentence is one."""
    assert list(predictions.typed(io.StringIO(text))) == expected
    assert capsys.readouterr() == ("", "")


def test_a_terminal_is_asked(capsys):
    """Not where results are written."""
    terminal = io.StringIO("A.\nB.\n\nC.\nD.\n")
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
            Pair(f'A "cat",{tab}old', "neutral"),
            Pair("שלום 😀", "entailment"),
        ]


def test_json_lines(tmp_path):
    path = tmp_path / "out.jsonl"
    predictions.write(ROWS, str(path))
    assert [json.loads(line) for line in path.read_text().splitlines()] == ROWS


def test_standard_output_is_tsv(capsys):
    predictions.write(ROWS, predictions.STANDARD_OUTPUT)
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
