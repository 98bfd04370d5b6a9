import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.apps import command
from tfgen.data import catalog, pipeline, prepare, records, source
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError


def table(folder):
    random = np.random.default_rng(0)
    rows = [
        f"{a:.3f},{b:.2f},{'cat' if a > 0 else 'dog'},{c:.1f}"
        for a, b, c in random.standard_normal((300, 3))
    ]
    path = folder / "a.csv"
    path.write_text("\n".join(["a,b,kind,c", *rows]) + "\n")
    return DataConfig(
        f"csv:{path}",
        columns=("a", "b"),
        label_column="kind",
        condition_columns=("c",),
    )


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder of the digits: 1,437 to train on, in three files."""
    folder = tmp_path_factory.mktemp("records") / "digits"
    prepare.prepare(DataConfig(), 0, folder, examples=500)
    return folder


def load(folder):
    return catalog.load(DataConfig(f"records:{folder}"), 0)


def assert_same(a, b):
    assert a.spec == b.spec and a.sizes == b.sizes
    for split in a.splits:
        assert list(a.splits[split]) == list(b.splits[split])
        for name, values in a.splits[split].items():
            got = b.splits[split][name]
            assert got.dtype == values.dtype
            np.testing.assert_array_equal(got, values, err_msg=name)
        assert a.digest(split) == b.digest(split)


def test_what_is_read_is_what_was_written(digits, tmp_path, unlabelled):
    """Gray levels, numbers, classes, conditions, columns: to the bit."""
    assert_same(catalog.load(DataConfig(), 0), load(digits))
    images = DataConfig(unlabelled, image_size=8)
    for config in (table(tmp_path), images, DataConfig("moons")):
        folder = tmp_path / config.name.partition(":")[0]
        prepare.prepare(config, 0, folder, examples=70)
        assert_same(catalog.load(config, 0), load(folder))


def batches(data):
    """The first steps, and all that is held out."""
    settings = {"batch_size": 64, "seed": 0}
    yield from pipeline.train_batches(data, num_steps=30, **settings)
    yield from pipeline.eval_batches(data, "test", **settings)


def test_what_does_not_fit_is_read_as_needed(digits, monkeypatch):
    """All examples once an epoch, in an order of the seed alone."""
    held = load(digits)
    monkeypatch.setattr(source, "MEMORY_BUDGET", 0)
    read = load(digits)
    assert isinstance(read, source.RecordSource) and read.sizes == held.sizes
    for a, b in zip(batches(read), batches(read)):
        for name, values in a.items():
            np.testing.assert_array_equal(values, b[name])
    for split in read.sizes:
        x = np.stack([e["x"] for e in pipeline.in_order(read, split)])
        np.testing.assert_array_equal(x, held.splits[split]["x"])
    epoch = pipeline.train_batches(
        read, batch_size=479, seed=0, num_steps=3, dequantize=False
    )
    two = DataConfig(f"records:{digits}", binarize=9).load(0)
    x = np.stack([e["x"] for e in pipeline.in_order(two.source, "test")])
    np.testing.assert_array_equal(x, held.splits["test"]["x"] >= 9)
    x = np.concatenate([b["x"][0] for b in epoch]).reshape(1437, -1)
    expected = held.splits["train"]["x"].reshape(1437, -1)
    assert sorted(map(tuple, x)) == sorted(map(tuple, expected))


def test_it_goes_on_where_it_was_killed(digits, tmp_path, monkeypatch):
    """Shards that are there stay; the result is the same."""
    whole = (digits / records.FILE).read_text()
    folder = tmp_path / "cut"
    write, written = prepare.write_shard, []

    def killed(folder, contents, source, shard):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(write(folder, contents, source, shard))
        return written[-1]

    monkeypatch.setattr(prepare, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        prepare.prepare(DataConfig(), 0, folder, 500)
    with pytest.raises(UserError, match="is missing, or not whole; prepare"):
        load(folder)
    monkeypatch.setattr(prepare, "write_shard", write)
    before = (folder / written[0].name).stat().st_mtime_ns
    prepare.prepare(DataConfig(), 0, folder, 500)
    assert (folder / records.FILE).read_text() == whole
    assert (folder / written[0].name).stat().st_mtime_ns == before
    with pytest.raises(UserError, match="^output=.*holds other data"):
        prepare.prepare(DataConfig(), 0, folder, 400)


def test_damage_is_named_and_mended(digits, tmp_path, caplog):
    folder = shutil.copytree(digits, tmp_path / "a")
    name = "train-00001-of-00003.tfrecord"
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1])
    with pytest.raises(UserError, match=f"{name} is missing, or not whole"):
        load(folder)
    damaged = content[:100] + b"\0\1" + content[102:]
    (folder / name).write_bytes(damaged)
    with pytest.raises(UserError, match="damaged .*; prepare it again"):
        load(folder)
    prepare.prepare(DataConfig(), 0, folder, 500)
    assert f"{name}: damaged (" in caplog.text
    assert (folder / name).read_bytes() == content
    path = folder / records.FILE
    held = json.loads(path.read_text())
    held["shards"][0]["name"] = "../x"
    path.write_text(json.dumps(held))
    with pytest.raises(UserError, match="'../x': no file name"):
        load(folder)
    path.write_text('{"data": 3}')
    with pytest.raises(UserError, match=f"^{path}: digest: missing"):
        load(folder)
    with pytest.raises(UserError, match="^data.skip_bad_records: what is bad"):
        name = f"records:{folder}"
        catalog.load(DataConfig(name, skip_bad_records=True), 0)
    path.unlink()
    with pytest.raises(UserError, match=f"^data=records:{folder}: has no"):
        load(folder)


def test_a_cut_at_random_is_said(tmp_path, caplog, monkeypatch):
    x = tf.range(200)
    data = source.RecordSource(
        dataclasses.replace(catalog.load(DataConfig("moons"), 0).spec),
        {"train": 8, "validation": 1, "test": 1},
        lambda split: tf.data.Dataset.from_tensor_slices(
            x[: 8 if split == "train" else 1]
        ),
        lambda record, place: {
            "x": tf.cast(record, tf.float32) + tf.cast(place, tf.float32)
        },
        "made",
    )
    monkeypatch.setattr(catalog, "load", lambda *_: data)
    prepare.prepare(DataConfig("made"), 0, tmp_path)
    assert "made: cut at random while training; here, at the cen" in caplog.text


def test_shards_in_a_row_are_one_pass(tmp_path, monkeypatch):
    """Also those that are missing in the middle."""
    sizes = {"train": 10, "validation": 2, "test": 2}
    passes = []

    def made(split):
        passes.append(split)
        return tf.data.Dataset.range(sizes[split])

    data = source.RecordSource(
        catalog.load(DataConfig("moons"), 0).spec,
        sizes,
        made,
        lambda record, place: {"x": tf.cast([record, 0], tf.float32)},
    )
    monkeypatch.setattr(catalog, "load", lambda *_: data)
    contents = prepare.prepare(DataConfig("made"), 0, tmp_path, 3)
    looks = 2 * ["train"]  # at the first example, and how it is cut
    assert passes == [*looks, "train", "validation", "test"]
    for shard in contents.shards[2:4]:
        (tmp_path / shard.name).unlink()
    assert prepare.prepare(DataConfig("made"), 0, tmp_path, 3) == contents
    assert passes[5:] == [*looks, "train"]
    monkeypatch.undo()
    read = load(tmp_path).splits["train"]["x"]
    np.testing.assert_array_equal(read[:, 0], np.arange(10))
    rows = prepare._rows_of_shards(list(range(70)))
    assert len(rows) <= 32 and sum(rows, []) == list(range(70))


def test_the_app(tmp_path):
    code, out, error = command.run_here(
        "apps.prepare",
        "--data=moons",
        f"--output={tmp_path}",
        "--set=data.num_examples=200",
        "--shard_examples=50",
    )
    assert code == 0, error
    assert out[:2] == [
        "train: 160 examples in 4 files",
        "validation: 20 examples in 1 files",
    ]
    for flag, expected in (
        ("--set=flip=true", "error: --set data.flip: says how to train"),
        ("--beam=--x=1", "error: --beam=--x=1: only with --runner."),
    ):
        code, _, error = command.run_here(
            "apps.prepare", "--data=moons", f"--output={tmp_path}", flag
        )
        assert code == 2 and error[-1].startswith(expected)


def test_beam_writes_the_same_files(digits, tmp_path):
    pytest.importorskip("apache_beam")
    runner = ["--runner=DirectRunner"]
    prepare.prepare(DataConfig(), 0, tmp_path, 500, runner)
    for path in digits.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_without_beam_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(UserError, match=r"^runner: .*'tfgen\[beam\]'"):
        prepare.prepare(DataConfig("moons"), 0, tmp_path, runner=[])
