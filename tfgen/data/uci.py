"""Five tables on which densities are compared, from their published files.

George Papamakarios, Theo Pavlakou, Iain Murray: Masked Autoregressive Flow for
Density Estimation. NIPS 2017. arXiv:1705.07057. `data.data_dir` holds

    power/data.npy                        POWER, 6 numbers an example
    gas/ethylene_CO.csv                   GAS, 8; see below
    hepmass/1000_train.csv, 1000_test.csv HEPMASS, 21
    miniboone/data.npy                    MINIBOONE, 43
    BSDS300/BSDS300.hdf5                  BSDS300, 63; by h5py, of Keras

The examples are split, standardized and left out as the authors' code does it
(github.com/gpapamak/maf), also where its comments say something else: figures
are in nats of these standardized numbers, and hold beside published ones.

GAS is published as a pickle, which can run any code and so is not read. Once:

    pandas.read_pickle("ethylene_CO.pickle").to_csv(
        "ethylene_CO.csv", index=False)
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from pyarrow import csv

from tfgen.config import Column, DataSpec
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS, ArraySource, say_read
from tfgen.errors import UserError, one_of

_POWER = ("active", "voltage", "sub_1", "sub_2", "sub_3", "time")
_CORRELATED = 0.98  # GAS: a sensor that is so near to another is left out
_REPEATED = 5  # HEPMASS: a number is discrete if its least value comes oftener
_NOT_SENSORS = ("Time", "Meth", "Eth")

Parts = tuple[list[np.ndarray], list[str]]


def read_table(name: str, config: DataConfig) -> ArraySource:
    """Returns a table as [N, D] float32, standardized.

    Args:
      name: of `READERS`.
      config: with `data_dir`.

    Raises:
      UserError: an unknown name, no such file, or one of another format.
    """
    argument = f"data=uci:{name}"
    one_of("data", f"uci:{name}", [f"uci:{known}" for known in READERS])
    if not config.data_dir:
        raise UserError(
            f"{argument}: expected data.data_dir=FOLDER, which holds {name}'s"
            " published files."
        )
    folder = pathlib.Path(os.path.expanduser(config.data_dir))
    try:
        parts, names = READERS[name](folder)
        if any(x.ndim != 2 or not x.size for x in parts):
            raise ValueError("expected rows of numbers in every split")
        parts = [np.ascontiguousarray(x, np.float32) for x in parts]
        if not all(np.isfinite(x).all() for x in parts):
            raise ValueError("a number is not finite")
    except _BAD as error:
        reason = getattr(error, "strerror", None) or error
        where = getattr(error, "filename", None) or folder
        raise UserError(
            f"{argument}: {where}: expected the published file"
            f" ({str(reason).splitlines()[0]:.200})."
        ) from error
    D = parts[0].shape[1]
    names = names or [f"x_{d + 1}" for d in range(D)]
    columns = tuple(Column(column) for column in names)
    splits = {split: {"x": x} for split, x in zip(SPLITS, parts)}
    source = ArraySource(DataSpec((D,), columns=columns), splits)
    say_read(f"uci:{name}", source, [f"{D} numbers each"], "rows")
    return source


_BAD = (
    OSError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    pa.ArrowException,
)


def _power(folder: pathlib.Path) -> Parts:
    data = np.load(folder / "power/data.npy", allow_pickle=False)
    random = np.random.RandomState(42)  # the same numbers in all versions
    random.shuffle(data)
    data = np.delete(data, [1, 3], axis=1)  # reactive power, intensity
    # The steps of the meters are filled; the order of the draws is theirs.
    voltage = 0.01 * random.rand(len(data))
    active = 0.001 * random.rand(len(data))
    data[:, 2:5] += random.rand(len(data), 3)
    data[:, 0] += active
    data[:, 1] += voltage
    return _of_training(data), [*_POWER]


def _gas(folder: pathlib.Path) -> Parts:
    path = folder / "gas/ethylene_CO.csv"
    if not path.exists() and path.with_suffix(".pickle").exists():
        raise ValueError(
            "pickles are not read: write gas/ethylene_CO.csv by pandas,"
            " read_pickle(…).to_csv(…, index=False)"
        )
    table = csv.read_csv(path)
    for name in _NOT_SENSORS:
        table = table.drop_columns(name)
    names, data = table.column_names, _numbers(table)
    near = np.corrcoef(data, rowvar=False) > _CORRELATED
    kept = np.arange(len(names))
    while np.any(many := near[np.ix_(kept, kept)].sum(axis=1) > 1):
        kept = np.delete(kept, np.argmax(many))
    data = data[:, kept]
    data = (data - data.mean(axis=0)) / data.std(axis=0, ddof=1)
    return _cut(data), [names[d] for d in kept]


def _hepmass(folder: pathlib.Path) -> Parts:
    # The first row names columns, of which the test file has one too many.
    options = csv.ReadOptions(skip_rows=1, autogenerate_column_names=True)
    train, test = (
        _numbers(csv.read_csv(folder / "hepmass" / name, options))
        for name in ("1000_train.csv", "1000_test.csv")
    )
    train = train[:, ~np.isnan(train).all(axis=0)]
    # Signal alone; the first column says so.
    train, test = (
        x[x[:, 0] == 1][:, 1 : train.shape[1]] for x in (train, test)
    )
    mean, stddev = train.mean(axis=0), train.std(axis=0, ddof=1)
    train, test = (train - mean) / stddev, (test - mean) / stddev
    kept = (train == train.min(axis=0)).sum(axis=0) <= _REPEATED
    train, test = train[:, kept], test[:, kept]
    names = [f"f{d}" for d in np.flatnonzero(kept)]
    return [*_last_tenth(train), test], names


def _miniboone(folder: pathlib.Path) -> Parts:
    data = np.load(folder / "miniboone/data.npy", allow_pickle=False)
    return _of_training(data), []


def _bsds300(folder: pathlib.Path) -> Parts:
    try:
        import h5py
    except ImportError as error:
        raise ValueError("it is read by h5py, which is not there") from error
    with h5py.File(folder / "BSDS300/BSDS300.hdf5") as file:
        return [file[split][:] for split in SPLITS], []


READERS: dict[str, Callable[[pathlib.Path], Parts]] = {
    "power": _power,
    "gas": _gas,
    "hepmass": _hepmass,
    "miniboone": _miniboone,
    "bsds300": _bsds300,
}


def _numbers(table: pa.Table) -> np.ndarray:
    columns = (c.cast(pa.float64()).to_numpy() for c in table.columns)
    return np.stack([*columns], axis=1)


def _last_tenth(data: np.ndarray) -> list[np.ndarray]:
    count = int(0.1 * len(data))
    return [data[: len(data) - count], data[len(data) - count :]]


def _cut(data: np.ndarray) -> list[np.ndarray]:
    """The last tenth to test; of the rest, the last tenth to validate."""
    rest, test = _last_tenth(data)
    return [*_last_tenth(rest), test]


def _of_training(data: np.ndarray) -> list[np.ndarray]:
    """Cut, and standardized by what is not tested."""
    rest, _ = _last_tenth(data)
    return _cut((data - rest.mean(axis=0)) / rest.std(axis=0))
