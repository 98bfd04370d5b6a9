"""Rows of tables: all of them have a place, those of another length, too."""

import numpy as np
import pytest

from tfgen.config import Column, DataSpec
from tfgen.data import table_file
from tfgen.scoring import block, inputs, rows

SPEC = DataSpec((2,), columns=(Column("a"), Column("b")))


def compute(good, places):
    return {"sum": good["x"].sum(1), "row": np.float32(places)}


def scored(path, source):
    template = {"sum": np.zeros(1, np.float32), "row": np.zeros(1, np.float32)}
    scoring = rows.Scoring([source], compute, template, {})
    return rows.write_rows(scoring, path)


@pytest.mark.parametrize("size", [1024, 3])
def test_rows_of_another_length_are_bad_ones(tmp_path, monkeypatch, size):
    monkeypatch.setattr(block, "SIZE", size)
    lines = [f"{i},{i}\n" for i in range(20)]
    lines[0], lines[7], lines[8] = "0\n", "7,7,7\n", "8,8,8\n"
    lines[9], lines[19] = "9,\n", "19,19,19\n"
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(lines))
    name = f"csv:{tmp_path}/a.csv"
    (source,) = inputs.sources([name], SPEC)
    found = scored(tmp_path / "s.csv", source)
    assert (found.done, found.bad) == (20, 5)
    written = found.path.read_text().splitlines()[1:]
    for i, line in enumerate(written):
        bad = i in (0, 7, 8, 9, 19)
        assert line.split(",")[0] == f"{name}#{i}"
        if not bad:
            assert [float(v) for v in line.split(",")[1:]] == [2 * i, i]
    bad = found.bad_path.read_text().splitlines()[1:]
    assert [line.split(",", 2)[::2] for line in bad] == [
        ["0", "has 1 columns; expected the header's 2"],
        ["7", "has 3 columns; expected the header's 2"],
        ["8", "has 3 columns; expected the header's 2"],
        ["9", "has a value that is missing or no number"],
        ["19", "has 3 columns; expected the header's 2"],
    ]
    # From any row on, the rest is the same.
    names = [name for part in source.blocks(8) for name in part.names]
    assert names == [f"{name}#{i}" for i in range(8, 20)]


def test_places_go_on_over_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(table_file, "_BLOCK", 200)
    monkeypatch.setattr(table_file, "_BATCHES", 1)
    lines = [f"{i},{i}\n" if i % 7 else f"{i}\n" for i in range(300)]
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(lines))
    (source,) = inputs.sources([f"csv:{tmp_path}/a.csv"], SPEC)
    parts = list(source.blocks(0))
    assert len(parts) > 3
    x = np.concatenate([part.good["x"] for part in parts])[:, 0]
    assert x.tolist() == [i for i in range(300) if i % 7]
    names = [name for part in parts for name in part.names]
    assert [int(name.partition("#")[2]) for name in names] == [*range(300)]
    first, bad = 0, []
    for part in parts:
        bad += [first + i for i in part.bad]
        first += len(part.names)
    assert bad == [*range(0, 300, 7)]
