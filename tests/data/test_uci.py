"""Small files in the formats of the published ones."""

import h5py
import numpy as np
import pytest

from tfgen import registry
from tfgen.config import apply_overrides
from tfgen.data import catalog, uci
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.tables.papers import TABLES

N = 200


def load(name, folder):
    return catalog.load(DataConfig(f"uci:{name}", data_dir=str(folder)), 0)


def splits(source):
    return [split["x"] for split in source.splits.values()]


@pytest.fixture
def random():
    return np.random.default_rng(0)


def save(path, data):
    path.parent.mkdir()
    np.save(path, data)


def test_miniboone(tmp_path, random):
    """180 of 200 rows are not tested: mean 0 and variance 1, in order."""
    data = random.normal(3, 2, (N, 4))
    save(tmp_path / "miniboone/data.npy", data)
    train, validation, test = splits(load("miniboone", tmp_path))
    assert [len(x) for x in (train, validation, test)] == [162, 18, 20]
    seen = np.concatenate([train, validation])
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(seen.std(axis=0), 1, rtol=1e-6)
    mean, stddev = data[:180].mean(axis=0), data[:180].std(axis=0)
    np.testing.assert_allclose(test, (data[180:] - mean) / stddev, rtol=1e-5)
    assert train.dtype == np.float32


def test_power(tmp_path, random):
    """Shuffled, two columns left out, steps filled with their noise."""
    data = random.integers(0, 9, (N, 8)).astype(float)
    data[:, 1] = data[:, 3] = np.nan
    data[:, 7] = np.arange(N)  # the time says which row it was
    save(tmp_path / "power/data.npy", data)
    source = load("power", tmp_path)
    assert source.spec.shape == (6,)
    assert source.spec.columns[1].name == "voltage"
    assert (source.spec.columns[1].mean, source.spec.columns[1].stddev) == (
        0,
        1,
    )
    order = np.arange(N)
    np.random.RandomState(42).shuffle(order)
    found = np.concatenate(splits(source))
    steps = np.polyfit(data[order, 7], found[:, 5], 1, full=True)[1]
    assert steps.sum() < 1e-6
    sub = found[:, 2] * 2.5  # of deviation about 2.6: noise as wide as a step
    assert len(np.unique(sub)) == N


def test_gas(tmp_path, random):
    """Of sensors that are as one, the last is kept."""
    a, b = random.normal(5, 2, (2, N))
    names = "Time,Meth,Eth,a,near_a,b"
    table = [np.arange(N), a * 0, a * 0, a, a + 0.01 * b, b]
    (tmp_path / "gas").mkdir()
    path = tmp_path / "gas/ethylene_CO.csv"
    np.savetxt(
        path, np.transpose(table), "%.9g", ",", header=names, comments=""
    )
    source = load("gas", tmp_path)
    assert [c.name for c in source.spec.columns] == ["near_a", "b"]
    found = np.concatenate(splits(source))
    np.testing.assert_allclose(found.std(axis=0, ddof=1), 1, rtol=1e-5)
    np.testing.assert_allclose(
        found[:, 1], (b - b.mean()) / b.std(ddof=1), 1e-4
    )


def test_a_pickle_is_not_read(tmp_path):
    (tmp_path / "gas").mkdir()
    (tmp_path / "gas/ethylene_CO.pickle").write_bytes(b"cos\nsystem\n")
    with pytest.raises(UserError, match="pickles are not read: write gas/"):
        load("gas", tmp_path)


def test_hepmass(tmp_path, random):
    """Signal alone; no columns of few values; one column more of tests."""
    rows = random.normal(size=(N, 4))
    rows[:, 0] = np.arange(N) % 2
    rows[:, 2] = np.maximum(rows[:, 2], 0)
    folder = tmp_path / "hepmass"
    folder.mkdir()
    header = "# label,f0,f1,f2"
    options = {"delimiter": ",", "comments": "", "header": header}
    np.savetxt(folder / "1000_train.csv", rows, **options)
    more = np.concatenate([rows, np.full((N, 1), 1000.0)], axis=1)
    np.savetxt(folder / "1000_test.csv", more, **options)
    source = load("hepmass", tmp_path)
    assert [c.name for c in source.spec.columns] == ["f0", "f2"]
    train, validation, test = splits(source)
    assert [len(x) for x in (train, validation, test)] == [90, 10, 100]
    np.testing.assert_array_equal(test, np.concatenate([train, validation]))


def test_bsds300(tmp_path, random):
    (tmp_path / "BSDS300").mkdir()
    with h5py.File(tmp_path / "BSDS300/BSDS300.hdf5", "w") as file:
        for split, n in (("train", 5), ("validation", 3), ("test", 2)):
            file[split] = random.normal(size=(n, 63)).astype(np.float32)
    source = load("bsds300", tmp_path)
    assert source.sizes == {"train": 5, "validation": 3, "test": 2}
    assert source.spec.shape == (63,)


@pytest.mark.parametrize("name", uci.READERS)
def test_no_file(name, tmp_path):
    with pytest.raises(UserError, match=f"data=uci:{name}: .*published file"):
        load(name, tmp_path)


def test_names_and_folders(tmp_path):
    with pytest.raises(UserError, match="data=uci:powr: unknown.*'uci:power'"):
        load("powr", tmp_path)
    with pytest.raises(UserError, match="expected data.data_dir=FOLDER"):
        load("power", "")
    objects = np.array([{}], object)
    save(tmp_path / "miniboone/data.npy", objects)
    with pytest.raises(UserError, match="allow_pickle=False"):
        load("miniboone", tmp_path)


def test_the_table_has_every_set():
    rows = TABLES["maf_uci"].rows
    named = {row.overrides[0] for row in rows}
    assert named == {f"data.name=uci:{name}" for name in uci.READERS}


def test_the_table_has_every_model_of_the_paper():
    """A validation an epoch, of which 30 without progress are the end."""
    suite = ("MADE", "MADE MoG", "Real NVP (5)", "Real NVP (10)")
    suite += "MAF (5)", "MAF (10)", "MAF MoG (5)"
    table = TABLES["maf_uci"]
    expected = [f"{row}, {d.upper()}" for d in uci.READERS for row in suite]
    assert sorted(row.name for row in table.rows) == sorted(expected)
    epochs = {"POWER": 16_600, "MINIBOONE": 296}
    for row in table.rows:
        preset = registry.get(row.model).module().PRESETS[row.presets[""]]
        settings = apply_overrides(preset, row.overrides)
        train, adam = settings.train, settings.network.optimizer
        assert (train.patience, train.batch_size) == (30, 100)
        of_data = row.name.split(", ")[1]
        epoch = epochs.get(of_data, train.evaluate_every)
        assert train.evaluate_every == train.checkpoint_every == epoch
        made = row.name.startswith("MADE")
        assert adam.learning_rate == (1e-3 if made else 1e-4)
        assert adam.schedule == "constant"
        if row.model == "real_nvp":
            assert f"({settings.network.couplings})" in row.name
            assert settings.network.batch_norm
