import bz2
import dataclasses
import gzip

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tfgen.config import Column, DataSpec
from tfgen.data import table_source
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError

RANDOM = np.random.default_rng(0)
N = 400
ROWS = {
    "height": RANDOM.normal(170, 10, N),
    "age": RANDOM.integers(0, 90, N),
    "dose": RANDOM.integers(0, 200, N) / 100,
    "sex": np.array(["f", "m"])[RANDOM.integers(0, 2, N)],
}


def text(columns, separator=",", point="."):
    def cell(value):
        shown = str(value)
        return shown if isinstance(value, str) else shown.replace(".", point)

    lines = [[*columns], *zip(*columns.values())]
    return "".join(separator.join(map(cell, line)) + "\n" for line in lines)


def load(tmp_path, content, name="a.csv", like=None, **settings):
    path = tmp_path / name
    if isinstance(content, dict):
        content = text(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return table_source.load(str(path), DataConfig(**settings), like)


def everything(source, field="x"):
    return np.concatenate([s[field] for s in source.splits.values()])


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.bz2"])
def test_a_quoted_value_may_have_lines(tmp_path, name):
    """Wherever the first is, and whatever the file is packed by."""
    rows = ["x,kind\n", *(f"{i % 97}.5,plain\n" for i in range(60_000))]
    rows += [f'{i}.25,"on two\nlines, ""so"""\n' for i in range(100)]
    pack = {"csv": bytes, "gz": gzip.compress, "bz2": bz2.compress}
    content = pack[name.rpartition(".")[2]]("".join(rows).encode())
    source = load(tmp_path, content, name, label_column="kind")
    assert source.spec.labels == ('on two\nlines, "so"', "plain")
    assert sum(source.sizes.values()) == 60_100


def in_order(x):
    return x[np.lexsort(x.T)]


def expected(*names):
    return in_order(np.stack([ROWS[n] for n in names], 1).astype(np.float32))


def test_all_columns_of_numbers_in_their_units(tmp_path, caplog):
    source = load(tmp_path, ROWS)
    names = ("height", "age", "dose")
    np.testing.assert_array_equal(
        in_order(everything(source)), expected(*names)
    )
    assert [c.name for c in source.spec.columns] == [*names]
    assert [c.step for c in source.spec.columns] == [0.0, 1.0, 0.01]
    train = source.splits["train"]["x"].astype(np.float64)
    for j, column in enumerate(source.spec.columns):
        np.testing.assert_allclose(column.mean, train[:, j].mean(), rtol=1e-6)
        np.testing.assert_allclose(column.stddev, train[:, j].std(), rtol=1e-5)
    (line,) = caplog.messages
    assert "read 400 rows: " in line and "left out sex (no numbers" in line
    assert "multiples are dequantized (of 1: age, of 0.01: dose)" in line


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.tsv", text(ROWS, "\t")),
        ("a.csv", text(ROWS, ";", ",")),
        ("a.csv", "\ufeff" + text(ROWS).replace("\n", "\r\n")),
        ("a.csv", text(ROWS).replace("\n", "\r")),
        ("a.csv.gz", gzip.compress(text(ROWS).encode())),
        ("a.csv", text({**ROWS, "note": ['"a\nb"'] * N})),
    ],
)
def test_spellings(tmp_path, name, content):
    source = load(tmp_path, content, name)
    np.testing.assert_array_equal(
        in_order(everything(source)), expected("height", "age", "dose")
    )


def test_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(ROWS), path)
    config = DataConfig(f"csv:{path}", label_column="sex")
    source = config.load(0).source
    np.testing.assert_array_equal(
        in_order(everything(source)), expected("height", "age", "dose")
    )
    assert source.spec.labels == ("f", "m")


def test_labels_and_conditions_stay_with_their_rows(tmp_path):
    source = load(
        tmp_path,
        {**ROWS, "tall": np.where(ROWS["height"] > 170, "yes", "no")},
        columns=("age", "height"),
        label_column="tall",
        condition_columns=("dose",),
    )
    spec = source.spec
    assert [c.name for c in spec.columns] == ["age", "height"]
    assert (spec.num_classes, spec.labels) == (2, ("no", "yes"))
    (field,) = spec.fields
    assert (field.name, field.shape) == ("condition", (1,))
    assert not field.discrete
    together = np.concatenate(
        [everything(source), everything(source, "condition")], axis=1
    )
    np.testing.assert_array_equal(
        in_order(together), expected("age", "height", "dose")
    )
    label = everything(source, "label")
    np.testing.assert_array_equal(label, everything(source)[:, 1] > 170)


def test_classes_that_are_numbers_are_in_their_order(tmp_path):
    rows = {**ROWS, "grade": np.arange(N) % 3 * 5 + 1}
    assert load(tmp_path, rows, label_column="grade").spec.labels == (
        "1",
        "6",
        "11",
    )


def test_the_split_is_that_of_the_row_alone(tmp_path):
    x = ROWS["height"], ROWS["age"]
    rows = {"a": np.tile(x[0], 2), "b": np.tile(x[1], 2)}
    twice = load(tmp_path, rows)
    once = load(
        tmp_path, {"b": x[1][::-1], "a": x[0][::-1]}, columns=("a", "b")
    )
    share = [n / N for n in once.sizes.values()]
    np.testing.assert_allclose(share, [0.8, 0.1, 0.1], atol=0.05)
    for split, fields in once.splits.items():
        np.testing.assert_array_equal(
            np.repeat(fields["x"], 2, axis=0), twice.splits[split]["x"]
        )
    other = load(tmp_path, rows, split_seed=1)
    assert other.sizes != twice.sizes


def test_the_split_is_the_same_everywhere():
    x = np.array([[0.0, 1.0], [-0.0, 1.0], [2.5, -1.0]], np.float32)
    places = [0.6948561653665809, 0.6948561653665809, 0.35187036907097713]
    np.testing.assert_allclose(table_source.hashed(x, 7), places, rtol=1e-12)


def test_a_column_says_the_split(tmp_path):
    split = np.array(["train", "TRAIN", "dev", "test"])[np.arange(N) % 4]
    source = load(tmp_path, {**ROWS, "part": split}, split_column="part")
    assert source.sizes == {"train": 200, "validation": 100, "test": 100}
    for name, rows in (("test", [3]), ("validation", [2]), ("train", [0, 1])):
        found = np.sort(source.splits[name]["x"][:, 0])
        there = np.sort(ROWS["height"].reshape(-1, 4)[:, rows], axis=None)
        np.testing.assert_array_equal(found, there.astype(np.float32))


def with_cell(row, value, column="age"):
    cells = [str(v) for v in ROWS[column]]
    cells[row - 1] = value
    return {**ROWS, column: cells}


@pytest.mark.parametrize(
    "value, what",
    [
        ("", "no value"),
        ("NA", "no value"),
        ("?", "'?' is no number"),
        ("1,5", "'1,5' is no number"),
        ("inf", "'inf' is no number"),
    ],
)
def test_a_bad_value_is_named_or_its_row_left_out(
    tmp_path, caplog, value, what
):
    rows = with_cell(123, f'"{value}"' if "," in value else value)
    where = f"row 123, column age: {what}"
    with pytest.raises(
        UserError, match=f"data=csv:.*: {where.replace('?', '.')}; mend"
    ):
        load(tmp_path, rows)
    source = load(tmp_path, rows, skip_bad_records=True)
    assert len(everything(source)) == N - 1
    assert f"1 rows left out, the first {where}" in caplog.messages[-1]


def test_rows_of_another_length(tmp_path, caplog):
    content = text(ROWS) + "1,2\n"
    with pytest.raises(UserError, match="Expected 4 columns, got 2.*skip_bad"):
        load(tmp_path, content)
    assert len(everything(load(tmp_path, content, skip_bad_records=True))) == N
    assert "1 rows left out, the first of another number" in caplog.text


def test_most_rows_must_be_good(tmp_path):
    cells = ["" if i % 3 else "1" for i in range(N)]
    with pytest.raises(UserError, match="266 rows left out.* of 400; expected"):
        load(tmp_path, {**ROWS, "z": cells}, skip_bad_records=True)


def test_columns_without_a_density(tmp_path, caplog):
    rows = {
        "": np.arange(N), "id": np.arange(N) + 7, **ROWS, "one": np.ones(N),
        "cm": 2 * ROWS["height"] + 1e-9 * RANDOM.normal(size=N),
    }  # fmt: skip
    source = load(tmp_path, rows)
    names = [c.name for c in source.spec.columns]
    assert names == ["height", "age", "dose", "cm"]
    (line,) = caplog.messages
    for said in (
        "left out one (constant)",
        "left out id (the number of the row)",
        "left out a column without a name, sex",
        "height and cm correlate by 1.000",
        "height, cm depend linearly on each other",
    ):
        assert said in line
    with pytest.raises(UserError, match="column one is constant"):
        load(tmp_path, rows, columns=("age", "one"))


def test_numbers_far_from_0(tmp_path, caplog):
    load(tmp_path, {**ROWS, "time": 1.7e9 + 100 * RANDOM.normal(size=N)})
    assert "time is so far from 0 that float32" in caplog.text


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"columns": ("hight",)}, r"data.columns=hight: unknown\. Did you"),
        ({"columns": ("sex",)}, "data.columns=sex: text; expected a column of"),
        ({"label_column": "x"}, "data.label_column=x: unknown.*height, age"),
        ({"label_column": "height"}, "label_column=height: 400 classes"),
        ({"columns": ("age",), "label_column": "age"}, "age: named twice"),
        ({"split_column": "sex"}, "row 1 has '.'; expected train, validation"),
    ],
)
def test_bad_settings(tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        load(tmp_path, ROWS, **settings)


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "the first row is ; expected names of columns"),
        ("1,2\n3,4\n", "the first row is 1, 2; expected names"),
        ("a,b,a\n1,2,3\n", "two columns are called 'a'"),
        ("a,b\nx,y\n", "no column of numbers; expected some"),
        ("a,b\n1,2\n3,5\n", "no rows for "),
        (b"\xff\xfea\x00,\x00b\x00", "expected UTF-8"),
    ],
)
def test_bad_files(tmp_path, content, message):
    with pytest.raises(UserError, match=f"^data=csv:.*{message}"):
        load(tmp_path, content)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="cannot be read .*No such"):
        table_source.load(str(tmp_path / "none.csv"), DataConfig())


def test_a_models_own_statistics_stay(tmp_path):
    known = load(tmp_path, ROWS, label_column="sex").spec
    rows = {n: v[:200] for n, v in ROWS.items()}
    rows = {"other": np.ones(200), **rows}
    rows["sex"] = ["m"] * 200
    config = DataConfig(f"csv:{tmp_path}/b.csv", label_column="sex")
    (tmp_path / "b.csv").write_text(text(rows))
    data = config.load(0, known)
    assert data.spec == known
    assert set(everything(data.source, "label")) == {1}
    missing = {n: v for n, v in rows.items() if n != "age"}
    (tmp_path / "b.csv").write_text(text(missing))
    with pytest.raises(UserError, match="no numbers in a column age; expected"):
        config.load(0, known)


def test_noise_stays_within_the_step(tmp_path):
    from tfgen.config import TrainConfig

    path = tmp_path / "a.csv"
    path.write_text(text(ROWS))
    data = DataConfig(f"csv:{path}").load(0)
    (batch,) = data.eval_batches("test", TrainConfig(batch_size=400))
    x = data.source.splits["test"]["x"]
    noise = batch["x"].numpy() - x
    assert data.noisy and not noise[:, 0].any()
    for j, step in ((1, 1), (2, 0.01)):
        assert -1e-6 < noise[:, j].min() < 0.2 * step
        assert 0.8 * step < noise[:, j].max() < step + 1e-6
    plain = DataConfig(f"csv:{path}", dequantize=False).load(0)
    (batch,) = plain.eval_batches("test", TrainConfig(batch_size=400))
    np.testing.assert_array_equal(batch["x"], x)


def test_settings_of_before_are_read():
    assert dataclasses.asdict(DataSpec((2,)))["columns"] == ()
    assert not DataSpec((2,)).x.discrete
    assert DataSpec((1,), columns=(Column("a", step=1.0),)).x.discrete
