"""Blocks of lines, and the table that threads make of them."""

import gzip
import io

import numpy as np
import pytest

from tfgen.data import table_file
from tfgen.data.plain_lines import PlainLines, in_order
from tfgen.data.table_file import TableFile
from tfgen.errors import UserError


@pytest.mark.parametrize("size", [9, 12, 100])
@pytest.mark.parametrize(
    "text, plain, end",
    [
        ("a,b\n1,2\n3,4\n", "1,2\n3,4\n", None),
        ("a,b\n1,2\n3,4", "1,2\n3,4", None),  # no end of the last line
        ("a,b\r\n1,2\r\n\r\n", "1,2\r\n", None),
        ('"a","b"\n1,2\n', "1,2\n", None),  # names alone in quotes
        ("a,b\n", "", None),
        ("a,b", "", 0),
        ("", "", 0),
        ('a,b\n1,"2"\n', "", 4),
        ("a\tb\n\t\n\t\n", "\t\n\t\n", None),  # rows without values
    ],
)
def test_lines(text, plain, end, size):
    lines = PlainLines(io.BytesIO(text.encode()), size)
    found = b"".join(lines)
    assert found.replace(b"\r\n\r\n", b"\r\n") == plain.encode()
    assert lines.end == end


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,2\n"3\n3",4\n5,6\n',
        'a,"b\nc"\n1,2\n',
        "a,b\r1,2\r3,4\r",  # ends of lines that are none here
    ],
)
@pytest.mark.parametrize("size", [1, 8, 100])
def test_what_is_not_plain_is_left(text, size):
    """So are lines longer than a block."""
    lines = PlainLines(io.BytesIO(text.encode()), size)
    plain = b"".join(lines)
    left = text.encode()[lines.end :]
    assert b'"' in left or b"\r" in left
    assert b'"' not in plain and b"\r" not in plain
    assert text.encode()[: lines.end].endswith(plain)


def test_order():
    assert [*in_order(lambda n: n * n, range(50))] == [n * n for n in range(50)]
    assert [*in_order(str, [])] == []


@pytest.mark.parametrize("quoted", [None, 0, 40, 99])
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_quote_changes_nothing(tmp_path, monkeypatch, quoted, ending):
    """From the block with the first quote on, one thread reads on."""
    monkeypatch.setattr(table_file, "_BLOCK", 64)
    monkeypatch.setattr(table_file, "_BATCHES", 2)
    x = np.random.default_rng(0).normal(size=(100, 2))
    rows = [f"{a!r},t{i},{b!r}" for i, (a, b) in enumerate(x.tolist())]
    names = [f"t{i}" for i in range(100)]
    if quoted is not None:
        a, b = x[quoted].tolist()
        rows[quoted], names[quoted] = f'{a!r},"t\n,",{b!r}', "t\n,"
    content = "\n".join(["a,c,b", *rows]).encode()
    path = tmp_path / f"x{ending}"
    path.write_bytes(gzip.compress(content) if ".gz" in ending else content)
    pieces = [*TableFile(str(path), False).pieces(["b", "a"], ["c"])]
    assert len(pieces) > 5
    np.testing.assert_array_equal(
        np.concatenate([piece.numbers for piece in pieces]), x[:, ::-1]
    )
    assert sum((piece.texts["c"] for piece in pieces), []) == names
    counts = np.cumsum([1] + [len(piece.numbers) for piece in pieces])
    assert [piece.first for piece in pieces] == counts[:-1].tolist()


def test_bad_rows_are_counted_or_named(tmp_path, monkeypatch):
    monkeypatch.setattr(table_file, "_BLOCK", 8)
    monkeypatch.setattr(table_file, "_BATCHES", 1)
    path = tmp_path / "x.csv"
    rows = ["a,b"] + [f"{i},{i}" for i in range(60)]
    for bad in (20, 21, 50):
        rows[bad] += ",1"
    path.write_text("\n".join(rows))
    table = TableFile(str(path), skip_malformed=True)
    assert sum(len(p.numbers) for p in table.pieces(["a"], [])) == 57
    assert table.malformed == 3
    table = TableFile(str(path), skip_malformed=False)
    with pytest.raises(UserError, match=r"Row #21: Expected 2 columns, got 3"):
        [*table.pieces(["a"], [])]
