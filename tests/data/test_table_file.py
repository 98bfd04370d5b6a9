"""Names of a table's columns, and rows of another length."""

import pytest

from tfgen.data.settings import DataConfig
from tfgen.data.table_file import TableFile
from tfgen.data.table_source import load
from tfgen.errors import UserError

ROWS = "".join(f"{i**2 % 41},{i**3 % 43},{'äöü'[i % 3]}\n" for i in range(40))


def table(tmp_path, content, encoding="utf-8", **settings):
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode(encoding))
    return load(str(path), DataConfig(**settings), None)


def test_a_header_that_is_not_utf8_is_refused(tmp_path):
    with pytest.raises(UserError) as error:
        table(tmp_path, f"größe,b,c\n{ROWS}", "latin-1")
    assert str(error.value) == (
        f"data=csv:{tmp_path}/a.csv, line 1: the column b'gr\\xf6\\xdfe' is not"
        " UTF-8; save the file as UTF-8."
    )
    # Of columns that are not read, the bytes say nothing.
    assert table(tmp_path, f"a,b,c\n{ROWS}", "latin-1").spec.shape == (2,)
    with pytest.raises(UserError, match=r"Row #2: .*; save the file as UTF-8"):
        table(tmp_path, f"a,b,c\n{ROWS}", "latin-1", label_column="c")


@pytest.mark.parametrize("name", ["g\nh", "g\r\nh", "g;h,i,j", "größe"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_quoted_name(tmp_path, name, separator):
    """It may hold ends of lines, and more separators than the header has."""
    rows = ROWS.replace(",", separator)
    source = table(
        tmp_path, f'"{name}"{separator}b{separator}c\n{rows}', label_column="c"
    )
    assert [column.name for column in source.spec.columns] == [name, "b"]
    assert source.spec.labels == ("ä", "ö", "ü")


def test_a_name_with_another_end_of_lines(tmp_path):
    """Unicode has more of them than CSV."""
    source = table(tmp_path, f"g\u2028h,b,c\n{ROWS}")
    assert [c.name for c in source.spec.columns] == ["g\u2028h", "b"]


def test_malformed_rows_have_their_places(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n\n3\n"4\n",5\n6,7,8\n')
    found = TableFile(str(path), skip_malformed=True)
    found.left_out = []
    (piece,) = found.pieces(["a", "b"], [], mend=True)
    assert piece.numbers.tolist() == [[1, 2], [4, 5]]
    assert found.left_out == [
        (2, "has 1 columns; expected the header's 2"),
        (4, "has 3 columns; expected the header's 2"),
    ]
