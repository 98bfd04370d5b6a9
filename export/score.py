"""Rows of what a signature of a SavedModel says of files.

Inputs and output are those of `tfgen.scoring`. What the data are (gray levels,
classes' names) is known where the SavedModel lies in the workdir that it was
exported from; elsewhere its signature alone tells, and images are not taken.
"""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from export import operators
from export.calls import DEFAULT
from export.signature_defs import read_signature_defs
from tfgen import beam, saved_config
from tfgen.config import DataSpec
from tfgen.data.keys import digest
from tfgen.errors import UserError, one_of
from tfgen.scoring import inputs
from tfgen.scoring.block import Source
from tfgen.scoring.outputs import Output, write_columns
from tfgen.scoring.rows import Scoring, ScoringJob, write_rows

_PAIR = ("premise", "hypothesis")
_AT_ONCE = 64  # rows of a call


class _Taken(NamedTuple):
    """What a signature takes, and what its data are.

    Attributes:
      name: of the signature.
      spec: of the data; the shape is that of the first input.
      types: name of an input -> type; the first is read as `x`, or `_PAIR`.
      sizes: likewise -> sizes of a row.
      whole: gray levels have to be whole.
      background: colour behind transparent pixels.
      label_column: of a table, its classes.
    """

    name: str
    spec: DataSpec
    types: Mapping[str, np.dtype]
    sizes: Mapping[str, tuple[int, ...]]
    whole: bool = False
    background: str = "white"
    label_column: str = ""


class _Settings(NamedTuple):
    """What a user asks for; a worker is sent it."""

    folder: pathlib.Path
    paths: tuple[str, ...]
    signature: str
    columns: tuple[str, ...]


def score(
    folder: str | os.PathLike,
    paths: Sequence[str],
    output: str | os.PathLike,
    signature: str = "",
    columns: Sequence[str] = _PAIR,
    runner: Sequence[str] | None = None,
) -> Output:
    """Writes what a signature says of each input, a row each, in order.

    Args:
      folder: of the SavedModel.
      paths: see `tfgen.library.ArrayRun.score`; fields of a signature with
        several inputs are read from `.npz` files, by their names.
      output: likewise; so it goes on where a process was killed.
      signature: its name; the default one if there is none.
      columns: of premise and hypothesis.
      runner: options of Apache Beam's pipeline, whose workers call the
        signature by `RunInference`; None for this process.

    Raises:
      UserError: no SavedModel or signature, one that does not take such
        inputs, or see `tfgen.library.ArrayRun.score`.
    """
    settings = _Settings(
        pathlib.Path(folder).absolute(), tuple(paths), signature, tuple(columns)
    )
    if may := operators.warning(settings.folder):
        logging.warning(may)
    if not _config_of(settings.folder):
        logging.warning(
            "%s: lies in no workdir; gray levels and classes are not checked.",
            settings.folder,
        )
    taken = _taken(settings)
    elsewhere: Callable[[list[ScoringJob]], None] | None = None
    if runner is not None:
        elsewhere = functools.partial(
            beam.infer,
            functools.partial(_compute, settings),
            functools.partial(_read, settings),
            _call,
            _write,
            options=runner,
        )
    compute = _compute(settings)
    sources = _sources(settings, logging.warning)
    scoring = Scoring(
        sources,
        compute,
        compute(_zeros(taken), np.zeros(1, int)),
        {
            "signature": taken.name,
            "weights": _fingerprint(settings.folder),
            "input": [source.identity for source in sources],
        },
    )
    return write_rows(scoring, output, taken.spec.labels, elsewhere)


# What Beam's workers do.


@functools.lru_cache(1)
def _sources_once(settings):
    return _sources(settings, logging.info)


def _read(settings: _Settings, job: ScoringJob):
    for good, places in job.read(_sources_once(settings)):
        yield job.path, good, places


def _call(compute, read):
    path, good, places = read
    return path, compute(good, places)


def _write(answered) -> None:
    write_columns(*answered)


# A signature.


def _taken(settings: _Settings) -> _Taken:
    """Reads what a signature takes, without loading the SavedModel.

    Raises:
      UserError: there is no such signature, or it takes what no file gives.
    """
    signatures = read_signature_defs(settings.folder)
    known = [name for name in signatures if name != DEFAULT]
    name = settings.signature or DEFAULT
    if name not in signatures or settings.signature:
        one_of("capability", name, known)
    ends = signatures[name].inputs
    # The graph's own order: x comes before what else it takes.
    order = sorted(ends, key=lambda n: (n != "x", n))
    types = {n: tf.as_dtype(ends[n].dtype).as_numpy_dtype for n in order}
    sizes = {
        n: tuple(dim.size for dim in ends[n].tensor_shape.dim)[1:]
        for n in order
    }
    text = {n for n in order if ends[n].dtype == tf.string}
    free = {n for n in order if -1 in sizes[n]}
    if (text or free) and set(order) != set(_PAIR):
        raise UserError(
            f"capability={name}: takes {', '.join(order)}; expected numbers of"
            " known sizes, or premise and hypothesis."
        )
    config = _config_of(settings.folder)
    if text:
        labels = config.spec.labels if config else ()
        spec = DataSpec((), words="a", labels=labels)
        return _Taken(name, spec, types, sizes)
    if not config or order[0] != "x":
        return _Taken(name, DataSpec(sizes[order[0]]), types, sizes)
    whole = config.spec.x.discrete and config.data.dequantize
    whole &= name.startswith(("log_prob", "elbo"))
    background = getattr(config.data, "background", "white")
    label = config.data.label_column
    return _Taken(name, config.spec, types, sizes, whole, background, label)


def _config_of(folder: pathlib.Path):
    """Settings of the run whose export it is, if it lies in its workdir.

    That is `<workdir>/export/saved_model/<name>/<version>`.
    """
    parents = folder.resolve().parents
    if len(parents) > 3 and parents[1].name == "saved_model":
        if (parents[3] / "config.json").exists():
            return saved_config.read(parents[3])
    return None


def _sources(settings: _Settings, say) -> list[Source]:
    taken = _taken(settings)
    return inputs.sources(
        settings.paths,
        taken.spec,
        whole=taken.whole,
        conditions=[] if taken.spec.words else list(taken.types)[1:],
        background=taken.background,
        label_column=taken.label_column,
        columns=settings.columns,
        say=say,
    )


def _zeros(taken: _Taken) -> dict[str, Any]:
    """An input that no file has, from which the columns are known."""
    if taken.spec.words:
        return {"pairs": [("", "")]}
    return {
        name if i else "x": np.zeros((1, *taken.sizes[name]), kind)
        for i, (name, kind) in enumerate(taken.types.items())
    }


def _compute(settings: _Settings):
    """Loads the SavedModel; returns good inputs, places -> columns."""
    taken = _taken(settings)
    try:
        loaded = tf.saved_model.load(os.fspath(settings.folder))
    except Exception as error:  # of whatever reads a damaged file
        reason = str(error).partition("\n")[0]
        raise UserError(
            f"{settings.folder}: not a SavedModel that TensorFlow can load"
            f" ({reason:.200}); export the model again."
        ) from error

    def call(rows):
        # Variables live as long as `loaded` does.
        function = loaded.signatures[taken.name]
        try:
            found = function(**{n: tf.constant(v) for n, v in rows.items()})
        except (tf.errors.OpError, ValueError) as error:
            line = str(error).strip().partition("\n")[0]
            raise UserError(
                f"capability={taken.name}: failed ({line:.200})."
            ) from error
        return {name: value.numpy() for name, value in found.items()}

    def compute(good, places):
        del places  # rows are independent of each other
        rows = _arrays(taken, good)
        count = len(next(iter(rows.values())))
        parts = [
            call({n: v[i : i + _AT_ONCE] for n, v in rows.items()})
            for i in range(0, count, _AT_ONCE)
        ]
        return {
            name: _column(name, np.concatenate([part[name] for part in parts]))
            for name in sorted(parts[0])
        }

    return compute


def _arrays(taken: _Taken, good: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Inputs by the signature's names, in its types."""
    if taken.spec.words:
        return {
            name: np.array(list(column), object)
            for name, column in zip(_PAIR, zip(*good["pairs"]))
        }
    first, *others = taken.types
    given = {first: good["x"], **{name: good[name] for name in others}}
    return {
        name: np.asarray(given[name]).astype(kind)
        for name, kind in taken.types.items()
    }


def _column(name: str, values: np.ndarray) -> np.ndarray:
    """Numbers, or text.

    Raises:
      UserError: it is neither, but the bytes of a file.
    """
    if values.dtype.kind in "bu":
        return values.astype(np.int32)
    if values.dtype != object:
        return values
    try:
        texts = [text.decode() for text in values.ravel()]
    except UnicodeDecodeError as error:
        raise UserError(
            f"capability: {name} are files, which no table holds; ask for the"
            " signature of their arrays."
        ) from error
    return np.array(texts, "U").reshape(values.shape)


def _fingerprint(folder: pathlib.Path) -> str:
    """A hash of the graph and the weights."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest(*(np.fromfile(path, np.uint8) for path in files))
