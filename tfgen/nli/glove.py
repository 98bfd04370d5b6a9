"""Word vectors from GloVe's text files.

Pennington et al. 2014. A line is a word and D numbers, separated by spaces; a
few words of `glove.840B.300d.txt` hold spaces themselves, so the last D fields
are the numbers. The file (5.6 GB, 2.2 million lines) is read once from end to
end, as bytes; only the rows of words in the vocabulary are parsed and kept.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import zipfile

import numpy as np
import tqdm
from absl import logging

from tfgen.data.keys import key
from tfgen.errors import UserError
from tfgen.files import replacing
from tfgen.nli.text.vocabulary import PADDING, SPECIAL, Vocabulary

# Words without a vector get numbers in (-LIMIT, LIMIT) (Liu et al. 2016, 3.2).
LIMIT = 0.05
_BUFFER = 1 << 22  # bytes read at once
# GloVe's lines are shorter. A file without line feeds must not fill the memory.
_MAX_LINE = 1 << 20


def word_vectors(
    path: str | os.PathLike, vocabulary: Vocabulary, seed: int, dimensions: int
) -> np.ndarray:
    """Reads the vectors of a vocabulary's words.

    The vectors that were found are kept in a file next to `path`. The next run
    with this vocabulary and this file (told by size and time) reads that. If
    the folder cannot be written, nothing is kept.

    Args:
      path: a text file of GloVe's, unpacked.
      vocabulary: V tokens.
      seed: of the rows of words that are not in the file.
      dimensions: D.

    Returns:
      [V, D] float32, row `i` for id `i`; padding is zero.

    Raises:
      UserError: the file cannot be read, or a line that is needed is malformed
        (it is named).
    """
    path = pathlib.Path(path)
    if path.suffix in (".zip", ".gz"):
        raise UserError(f"{path}: packed; expected the unpacked .txt file.")
    try:
        stat = path.stat()
        cache = _cache_path(path, stat, vocabulary, dimensions)
        found = _from_cache(cache)
        if found is None:
            found = _scan(path, stat.st_size, vocabulary, dimensions)
            _to_cache(cache, *found)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    ids, vectors = found
    logging.info(
        "%s: has vectors of %d of %d words; the others start at random.",
        path,
        len(ids),
        len(vocabulary) - len(SPECIAL),
    )
    matrix = random_rows(len(vocabulary), dimensions, seed)
    matrix[ids] = vectors
    return matrix


def random_rows(size: int, dimensions: int, seed: int) -> np.ndarray:
    """Returns random vectors, for words without one.

    Args:
      size: V.
      dimensions: D.
      seed: other seeds give other numbers.

    Returns:
      [V, D] float32, uniform in (-0.05, 0.05); row 0, padding, is zero.
    """
    bits = np.random.PCG64(key("glove", seed)).random_raw(size * dimensions)
    # 23 bits and a half: float32 holds them, and neither end is reached.
    u = ((bits >> np.uint64(41)).astype(np.float32) + 0.5) * 2.0**-23
    rows = ((2 * u - 1) * LIMIT).astype(np.float32).reshape(size, dimensions)
    rows[PADDING] = 0
    return rows


def _scan(
    path: pathlib.Path, size: int, vocabulary: Vocabulary, dimensions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ids that were found [F] int32, and their vectors [F, D] float32."""
    wanted = {
        token.encode(): i
        for i, token in enumerate(vocabulary.tokens)
        if token not in SPECIAL
    }
    ids: list[int] = []
    vectors: list[np.ndarray] = []
    bar = tqdm.tqdm(
        total=size,
        desc=f"Reading {path.name}",
        unit="B",
        unit_scale=True,
        disable=None,  # unless stderr is a terminal
    )
    with bar, open(path, "rb", buffering=_BUFFER) as file:
        lines = iter(lambda: file.readline(_MAX_LINE), b"")
        for number, line in enumerate(lines, start=1):
            bar.update(len(line))
            # Most lines end here: their first word is not wanted.
            if line[: line.find(b" ")] not in wanted:
                if len(line) >= _MAX_LINE:
                    raise UserError(
                        f"{path}, line {number}: longer than {_MAX_LINE} bytes;"
                        " expected a text file of GloVe's."
                    )
                continue
            fields = line.rstrip().rsplit(b" ", dimensions)
            # ". . ." is a word that starts like the wanted word ".".
            i = wanted.pop(fields[0], None)
            if i is None:
                if len(fields) <= dimensions:
                    _fail(path, number, dimensions, line)
                continue
            try:
                vector = np.array([float(f) for f in fields[1:]], np.float32)
            except ValueError:
                _fail(path, number, dimensions, line)
            if len(vector) != dimensions or not np.isfinite(vector).all():
                _fail(path, number, dimensions, line)
            ids.append(i)
            vectors.append(vector)
            if not wanted:
                break
        bar.update(size - bar.n)
    return (
        np.array(ids, np.int32),
        np.array(vectors, np.float32).reshape(len(ids), dimensions),
    )


def _fail(path, number, dimensions, line):
    raise UserError(
        f"{path}, line {number}: expected a word and {dimensions} finite"
        f" numbers, got {line[:40]!r}."
    )


def _cache_path(path, stat, vocabulary, dimensions) -> pathlib.Path:
    of = (
        stat.st_size,
        stat.st_mtime_ns,
        dimensions,
        hashlib.blake2b(vocabulary.text().encode()).hexdigest(),
    )
    return path.with_name(f"{path.stem}.{key('glove cache', *of):016x}.npz")


def _from_cache(cache: pathlib.Path) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        # The checksums of its parts are verified.
        with cache.open("rb") as file, np.load(file) as arrays:
            return arrays["ids"], arrays["vectors"]
    # Not there, or half of one.
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _to_cache(cache: pathlib.Path, ids, vectors) -> None:
    try:
        with replacing(cache) as partial, partial.open("wb") as file:
            np.savez(file, ids=ids, vectors=vectors)
    except UserError as error:
        logging.warning("not kept for the next run: %s", error)
