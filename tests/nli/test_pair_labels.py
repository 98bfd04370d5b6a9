"""Labels of a user's own pairs: which there are, and which are none."""

import csv

import pytest

from tfgen.data.source import split_of
from tfgen.nli import catalog, records, rows
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.tally import Tally

COLUMNS = dict.fromkeys(("premise", "hypothesis", "label"), "name it")


def premises(split, count):
    """Premises whose rows are in a split of a single file."""
    names = (f"premise {i}" for i in range(10_000))
    found = (p for p in names if split_of("nli table", p) == split)
    return [next(found) for _ in range(count)]


def write(path, found):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("premise", "hypothesis", "label"), *found])
    return NliDataConfig(name=f"pairs:{path}")


@pytest.fixture
def rare(tmp_path):
    """A file whose label `vielleicht` has a pair to test alone."""
    named = [
        (p, "h", ("ja", "nein")[i % 2])
        for split in ("train", "validation", "test")
        for i, p in enumerate(premises(split, 4))
    ]
    last = premises("test", 5)[-1]
    return write(tmp_path / "a.csv", [*named, (last, "h", "vielleicht")])


def test_labels_of_a_single_file_are_those_of_all_its_rows(rare, capsys):
    train, vocabulary = catalog.prepare(rare, 0, "train")
    assert train.labels == ("ja", "nein", "vielleicht")
    assert capsys.readouterr().err == (
        f"data={rare.name}, train: 4 pairs; labels: ja 2, nein 2, vielleicht"
        " 0; never learnt, of no training pair: vielleicht; give them more"
        " premises, or a folder with train, validation and test\n"
    )
    test, _ = catalog.prepare(rare, 0, "test", vocabulary, train.labels)
    assert test.label.tolist() == [0, 1, 0, 1, 2]
    assert "never learnt" not in capsys.readouterr().err


def test_prepared_pairs_keep_them(rare):
    assert records.texts(rare, 0).spec.labels == ("ja", "nein", "vielleicht")


@pytest.mark.parametrize(
    "written, hint",
    [
        (["NA", "ja"], "NA stands for none, add data.no_label=NA"),
        (
            ["nan", "NA", "ja"],
            "NA and nan stand for none, add data.no_label=NA,nan",
        ),
    ],
)
def test_a_label_that_may_be_none(tmp_path, capsys, written, hint):
    pairs = [(f"p {i}", "h", written[i % len(written)]) for i in range(60)]
    config = write(tmp_path / "a.csv", [*pairs, ("q", "h", "")])
    train, _ = catalog.prepare(config, 0, "train")
    assert train.labels == tuple(sorted(written))  # an empty cell is no label
    assert f"(if {hint})\n" in capsys.readouterr().err


@pytest.mark.parametrize("blank", ["\n", "\r\n \r\n", ""])
def test_a_json_array_after_blank_lines(tmp_path, blank):
    path = tmp_path / "a.json"
    path.write_text(
        blank + '[{"premise": "p",\n"hypothesis": "h", "label": 1}]',
        newline="",
    )
    assert list(rows.read_pairs(path, COLUMNS, False, Tally())) == [
        ("p", "h", "1")
    ]


GLUE = (
    "index\tcaptionID\tpairID\tsentence1_binary_parse\tsentence2_binary_parse"
    "\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1"
    "\tgold_label"
)


def glue(path, header, labels):
    front = "0\tc\tp\t(A)\t(B)\t(A)\t(B)\tA man.\tA dog.\t"
    path.write_text(
        "\n".join([header, *(front + "\t".join(row) for row in labels)])
    )
    columns = dict.fromkeys(("sentence1", "sentence2", "gold_label"), "")
    tally = Tally("glue")
    return list(rows.read_pairs(path, columns, False, tally)), tally


def test_rows_of_glue_that_are_longer_than_its_header(tmp_path):
    path = tmp_path / "dev.tsv"
    labels = [["neutral"] * 5 + ["entailment"], ["neutral"] * 2]
    pairs, tally = glue(path, GLUE, labels)
    assert [p.label for p in pairs] == ["entailment", "neutral"]
    assert pairs[0][:2] == ("A man.", "A dog.")
    assert tally.text() == (
        "glue: 0 pairs; rows of GLUE with labels 2 to 5, whose last field is"
        f" gold_label: 1 (the first: {path}, line 2)"
    )
    # All rows may be so; none is left out.
    assert len(glue(path, GLUE, labels[:1] * 3)[0]) == 3


def test_other_headers_are_held_to(tmp_path):
    header = GLUE.replace("label1", "label")
    with pytest.raises(rows.UserError, match="15 columns, expected the head"):
        glue(tmp_path / "a.tsv", header, [["neutral"] * 6])
