import csv
import gzip
import json
import re

import pytest

from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.nli import catalog, table
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.tally import Tally

ROWS = [
    ("A dog, a cat.", 'He said "no".', "neutral"),
    ("Two\nlines", "ünïcode", "contradiction"),
    ("A dog.", "A dog.", "-"),
    ("x", "y", "Entailment"),
    ("x", "z", "maybe"),
]
LABELS = ["neutral", "contradiction", "entailment", "maybe"]
COLUMNS = ("premise", "hypothesis", "label")


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
def test_a_folder(tmp_path, kind):
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.{kind}")
    source = opened(tmp_path)
    for split, name in zip(SPLITS, ("train", "dev", "test")):
        tally = Tally(split)
        pairs = list(source.read(split, tally))
        assert [p.label for p in pairs] == LABELS
        assert pairs[0][:2] == ("A dog, a cat.", 'He said "no".')
        assert pairs[1][:2] == ("Two lines", "ünïcode")
        line = {"csv": 5, "tsv": 4, "jsonl": 3}[kind]
        assert tally.text() == (
            f"{split}: 0 pairs; rows without a label: 1 (the first:"
            f" {tmp_path / name}.{kind}, line {line})"
        )


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
        UserError, match="line 1: no 'premise'; .* s1, s2, gold"
    ):
        list(wrong.read("train"))


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
@pytest.mark.parametrize("skip", [False, True])
def test_a_column_that_is_not_there_is_asked_for(tmp_path, kind, skip):
    """To skip the rows would be the wrong advice: it leaves nothing."""
    path = tmp_path / f"a.{kind}"
    write(path, names=("premise", "hypothesis", "gold_label"))
    with pytest.raises(UserError) as error:
        list(opened(path, skip_bad_records=skip).read("train"))
    message = str(error.value)
    assert "no 'label'; it has premise, hypothesis, gold_label" in message
    if not (skip and kind == "jsonl"):
        assert message.endswith("name the column by data.label_column=NAME.")
    else:
        assert "most of its 5 rows cannot be used" in message
    assert "add skip_bad_records" not in message


def test_columns_are_three(tmp_path):
    write(tmp_path / "a.csv")
    with pytest.raises(UserError, match="^data.label_column=premise: expected"):
        opened(tmp_path / "a.csv", label_column="premise")


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
def test_malformed_rows(tmp_path, content, line, message):
    path = tmp_path / "train.csv"
    path.write_bytes(content)
    for name in ("dev", "test"):
        write(tmp_path / f"{name}.csv")
    with pytest.raises(
        UserError, match=rf"train.csv, line {line}: .*{message}"
    ):
        list(opened(tmp_path).read("train"))
    good = b"a,b,0\r\n" * 5
    header, newline, rest = content.partition(b"\n")
    path.write_bytes(header + newline + good + rest)
    tally = Tally("train")
    pairs = opened(tmp_path, skip_bad_records=True).read("train", tally)
    assert len(list(pairs)) in (5, 6)
    where = re.escape(f"{path}, line {line + 5}: ")
    assert re.search(
        rf"malformed rows left out: [12] \(the first: {where}.*{message}",
        tally.text(),
    )


@pytest.mark.parametrize("skip", [False, True])
def test_most_rows_must_be_good(tmp_path, skip):
    """One quote that is not closed takes all rows after it."""
    lines = ["premise,hypothesis,label", *["a,b,0"] * 20]
    lines[8] = '"' + lines[8]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError) as error:
        list(opened(path, skip_bad_records=skip).read("train"))
    assert "line 9: not CSV" in str(error.value)
    assert "the row goes on to line 21" in str(error.value)
    if skip:
        assert (
            "most of its 20 rows cannot be used: malformed rows left out:"
            in str(error.value)
        )


def test_labels_that_training_does_not_have(tmp_path):
    write(tmp_path / "train.csv", [("a", "b", "ja"), ("c", "d", "nein")] * 5)
    for name in ("dev", "test"):
        write(tmp_path / f"{name}.csv", [("a", "b", "Ja"), ("c", "d", "ja")])
    config = NliDataConfig(name=f"pairs:{tmp_path}")
    train, vocabulary = catalog.prepare(config, 0, "train")
    assert train.labels == ("ja", "nein")
    with pytest.raises(
        UserError, match="dev.csv, line 2: 'label' is 'Ja', expected one of ja"
    ):
        catalog.prepare(config, 0, "validation", vocabulary, train.labels)


@pytest.mark.parametrize(
    "written, labels",
    [
        (["0", "1"], ("0", "1")),
        (["1", "2", "3"], ("1", "2", "3")),
        (["-1", "1"], ("-1", "1")),
        (["0.0", "1.0", "10.0"], ("0", "1", "10")),
        (["ja", "nein"], ("ja", "nein")),
        (["Contradiction", "neutral", "ENTAILMENT"], catalog.LABELS),
        (["a", "b", "c", "d"], ("a", "b", "c", "d")),
        (["contradictory", "neutral"], ("contradictory", "neutral")),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_labels_are_those_of_the_file(tmp_path, capsys, written, labels, kind):
    rows = [(f"p {i}", "h", written[i % len(written)]) for i in range(12)]
    if kind == "jsonl":  # numbers are no texts there
        rows = [(p, h, _value(label)) for p, h, label in rows]
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.{kind}", rows)
    config = NliDataConfig(name=f"pairs:{tmp_path}")
    train, _ = catalog.prepare(config, 0, "train")
    assert train.labels == labels
    assert {*train.label.tolist()} == {*range(len(labels))}
    count = 12 // len(labels)
    shown = ", ".join(f"{label} {count}" for label in labels)
    assert capsys.readouterr().err == (
        f"data={config.name}, train: 12 pairs; labels: {shown}\n"
    )


def _value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def test_what_stands_for_no_label(tmp_path, capsys):
    rows = [(f"p {i}", "h", i % 4 - 1) for i in range(12)]
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.jsonl", rows)
    config = NliDataConfig(name=f"pairs:{tmp_path}")
    assert catalog.prepare(config, 0, "train")[0].labels[0] == "-1"
    hint = "(if -1 stands for none, add data.no_label=-1)\n"
    assert capsys.readouterr().err.endswith(hint)
    config = NliDataConfig(name=config.name, no_label=("-1",))
    assert catalog.prepare(config, 0, "train")[0].labels == ("0", "1", "2")
    assert "rows without a label: 3 (the first" in capsys.readouterr().err


@pytest.mark.parametrize(
    "labels, message",
    [
        (["yes"] * 20, "1 labels in 20 pairs: yes; expected at least two"),
        (range(20), "20 labels in 20 pairs: .* that several pairs have"),
        (["label", "no"] * 10, "2 labels .* none of premise, hypothesis and"),
    ],
)
def test_labels_that_are_none(tmp_path, labels, message):
    for name in ("train", "dev", "test"):
        write(tmp_path / f"{name}.csv", [("a", "b", x) for x in labels])
    config = NliDataConfig(name=f"pairs:{tmp_path}")
    with pytest.raises(UserError, match=f"^data.label_column=label: {message}"):
        catalog.prepare(config, 0, "train")


@pytest.mark.parametrize(
    "name, encode",
    [
        ("a.csv", lambda text: text.encode("utf-16")),
        ("a.csv", lambda text: text.encode("utf-16-le")),
        ("a.csv", lambda text: text.encode("utf-16-be")),
        ("a.csv", lambda text: text.replace("\n", "\r").encode()),
        ("a.csv", lambda text: text.replace("\n", "\r\n").encode()),
        ("a.csv", lambda text: text.replace(",", ";").encode()),
        ("a.csv", lambda text: text.replace(",", "\t").encode()),
        ("a.csv.gz", lambda text: gzip.compress(text.encode())),
        ("a.jsonl", lambda text: _array(text).encode()),
        ("a.json", lambda text: _array(text, indent=1).encode()),
    ],
)
def test_other_files_of_the_same_rows(tmp_path, name, encode):
    text = 'premise,hypothesis,label\n"ä x",y,ja\nz,"ü",nein\n'
    path = tmp_path / name
    path.write_bytes(encode(text))
    pairs = list(opened(path).read("all"))
    assert pairs == [("ä x", "y", "ja"), ("z", "ü", "nein")]


def _array(text, **options):
    return json.dumps(list(csv.DictReader(text.splitlines())), **options)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.csv", b"", "a.csv: empty; expected a header and rows"),
        (
            "a.csv.gz",
            gzip.compress(b"a" * 99, mtime=0)[:20],
            "cannot be read: Compr",
        ),
        ("a.csv.gz", b"premise,hypothesis", "cannot be read: Not a gzipped"),
        ("a.csv", "premise,x".encode("utf-16")[:-1], "a.csv: not text"),
        ("a.json", b'[{"premise": 1}', "a.json: not a JSON array"),
        (
            "a.jsonl",
            b'{"premise": null, "hypothesis": "", "label": 1}',
            "line 1: 'premise' is None, expected text",
        ),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(opened(path).read("train"))


def test_a_single_file_of_one_premise(tmp_path):
    path = tmp_path / "a.csv"
    write(path, [("p", f"h {i}", str(i % 2)) for i in range(30)])
    config = NliDataConfig(name=f"pairs:{path}")
    source = opened(path)
    empty = next(s for s in SPLITS if not list(source.read(s)))
    with pytest.raises(UserError) as error:
        catalog.prepare(config, 0, empty)
    assert str(error.value) == (
        f"data={config.name}: no labelled pairs in the split {empty!r}: of a"
        " single file the splits get 80, 10 and 10 % of the premises, and it"
        " has 1; give a folder with train, validation and test instead."
    )


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
    assert pair == ("a", "b", "0")


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
    with pytest.raises(UserError, match="rows without a label: 1 .the first"):
        catalog.prepare(NliDataConfig(name=f"pairs:{tmp_path}"), 0, "train")
