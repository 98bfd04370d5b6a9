import csv
import json
import logging
import re

import pytest

from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.nli import catalog, table
from tfgen.nli.settings import NliDataConfig

ROWS = [
    ("A dog, a cat.", 'He said "no".', "neutral"),
    ("Two\nlines", "ünïcode", "contradiction"),
    ("A dog.", "A dog.", "-"),
    ("x", "y", "Entailment"),
    ("x", "z", "2"),
]
LABELS = [1, 2, 0, 2]


def opened(path, **settings):
    return table.table_pairs(str(path), NliDataConfig(**settings))


def write(path, rows=ROWS, names=("premise", "hypothesis", "label")):
    if path.suffix == ".jsonl":
        path.write_text(
            "".join(json.dumps(dict(zip(names, row))) + "\n" for row in rows)
        )
    elif path.suffix == ".tsv":
        lines = [names, *rows]
        path.write_text(
            "\n".join("\t".join(v.replace("\n", " ") for v in r) for r in lines)
        )
    else:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([names, *rows])


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
def test_a_folder(tmp_path, kind, caplog):
    caplog.set_level(logging.INFO)
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.{kind}")
    source = opened(tmp_path)
    for split in ("train", "validation", "test"):
        pairs = list(source.read(split))
        assert [p.label for p in pairs] == LABELS
        assert pairs[0][:2] == ("A dog, a cat.", 'He said "no".')
        assert pairs[1][:2] == ("Two lines", "ünïcode")
    said = "left out 0 malformed rows and 1 without a label."
    assert all(message.endswith(said) for message in caplog.messages)
    assert len(caplog.messages) == 3


def test_named_columns(tmp_path):
    write(tmp_path / "a.csv", names=("s1", "s2", "gold"))
    source = opened(
        tmp_path / "a.csv",
        premise_column="s1",
        hypothesis_column="s2",
        label_column="gold",
    )
    assert sum(len(list(source.read(s))) for s in SPLITS) == 4
    wrong = opened(tmp_path / "a.csv", label_column="gold")
    with pytest.raises(
        UserError, match="line 2: no 'premise'; .* s1, s2, gold"
    ):
        list(wrong.read("train"))


def test_one_file_is_divided_by_premise(tmp_path):
    rows = [
        (f"premise {i // 3}", f"hypothesis {i}", str(i % 3)) for i in range(900)
    ]
    write(tmp_path / "all.csv", rows)
    source = opened(tmp_path / "all.csv")
    splits = {s: list(source.read(s)) for s in SPLITS}
    assert sum(map(len, splits.values())) == 900
    premises = [{p.premise for p in pairs} for pairs in splits.values()]
    assert not premises[0] & premises[1] and not premises[1] & premises[2]
    assert 0.7 < len(splits["train"]) / 900 < 0.9
    # More rows move none that are there.
    write(tmp_path / "all.csv", rows[:450])
    for split, pairs in splits.items():
        fewer = list(source.read(split))
        assert fewer == [p for p in pairs if p in fewer]


@pytest.mark.parametrize(
    "content, line, message",
    [
        (b"premise,hypothesis,label\na,b\n", 2, "2 columns, expected .* 3"),
        (b"premise,hypothesis,label\na,b,c\n", 2, "'label' is 'c', expected"),
        (b'premise,hypothesis,label\n"a\nb",c,\n', 2, "'label' is ''"),
        (b'premise,hypothesis,label\na,b,0\n"a"b,c,0\n', 3, "not CSV"),
        (b'premise,hypothesis,label\na,b,0\n"a,b,0\n', 3, "not CSV"),
        (b"premise,hypothesis,label\na,\xff,0\n", 2, "not UTF-8"),
        (
            b"premise,hypothesis,label\n" + b"a" * (1 << 21) + b",b,0\n",
            2,
            "not CSV",
        ),
    ],
)
def test_malformed_rows(tmp_path, content, line, message, caplog):
    path = tmp_path / "train.csv"
    path.write_bytes(content)
    for name in ("dev", "test"):
        write(tmp_path / f"{name}.csv")
    with pytest.raises(
        UserError, match=rf"train.csv, line {line}: .*{message}"
    ):
        list(opened(tmp_path).read("train"))
    list(opened(tmp_path, skip_bad_records=True).read("train"))
    assert re.search(r"train\.csv: left out [12] malformed rows", caplog.text)


def test_leaves_the_csv_module_as_it_was(tmp_path):
    before = csv.field_size_limit()
    write(tmp_path / "a.csv")
    reading = opened(tmp_path / "a.csv").read("train")
    list(reading)
    assert csv.field_size_limit() == before


def test_byte_order_mark_and_line_ends(tmp_path):
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_bytes(
            b"\xef\xbb\xbfpremise,hypothesis,label\r\na,b,0\r\n\r\n"
        )
    (pair,) = opened(tmp_path).read("train")
    assert tuple(pair) == ("a", "b", 0)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.csv", b"a,a\n", "two columns of one name"),
        ("a.csv", b'"a\n', "line 1: no header"),
        (
            "a.tsv",
            b"\xff\tb\n",
            "line 1: no header: the byte 0xff is not UTF-8",
        ),
        ("a.xls", b"", r"a.xls: expected a file that ends in .jsonl"),
    ],
)
def test_files_that_are_none(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(opened(path).read("train"))


def test_missing_files(tmp_path):
    with pytest.raises(UserError, match="none.csv: not found; expected a file"):
        opened(tmp_path / "none.csv")
    write(tmp_path / "train.csv")
    with pytest.raises(UserError, match="no validation or dev"):
        opened(tmp_path)


def test_no_labelled_pairs(tmp_path):
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.csv", [("a", "b", "-")])
    with pytest.raises(UserError, match="no labelled pairs in the split 'tra"):
        catalog.prepare(NliDataConfig(name=f"pairs:{tmp_path}"), 0, "train")
