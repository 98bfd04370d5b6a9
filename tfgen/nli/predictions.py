"""Pairs that a user gives without labels, and their predictions."""

from __future__ import annotations

import csv
import json
import pathlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from tfgen.errors import UserError
from tfgen.nli import rows
from tfgen.nli.pairs import Pair


def check(
    mode: str,
    premise: str | None,
    hypothesis: str | None,
    path: str | None,
    output: str | None,
) -> None:
    """Checks the flags about pairs, before anything is loaded.

    Args:
      mode: the app's.
      premise: text.
      hypothesis: text.
      path: of a file to read.
      output: of a file to write.

    Raises:
      UserError: one sentence without the other, both a pair and a file, a file
        that is not there or of an unknown kind, or any of these in a mode that
        reads none.
    """
    given_flags = {
        "premise": premise,
        "hypothesis": hypothesis,
        "input": path,
        "output": output,
    }
    for name, value in given_flags.items():
        modes = ("predict",) if name == "output" else ("predict", "attention")
        if value is not None and mode not in modes:
            raise UserError(
                f"{name}: not for mode={mode}, but for mode="
                f"{' or mode='.join(modes)}."
            )
    if path is not None and (premise is not None or hypothesis is not None):
        raise UserError(
            f"input={path}: expected either a file, or premise and hypothesis."
        )
    if (premise is None) != (hypothesis is None):
        missing = "premise" if premise is None else "hypothesis"
        raise UserError(
            f"{missing}: missing; premise and hypothesis go together."
        )
    if path is not None and not pathlib.Path(path).is_file():
        raise UserError(
            f"input={path}: no such file; expected one that ends in"
            f" {', '.join(rows.ENDINGS)}."
        )
    if output is not None:
        _ending(output)


def given(
    premise: str | None,
    hypothesis: str | None,
    path: str | None,
    columns: Sequence[str],
    skip_bad: bool,
) -> Iterator[Pair] | None:
    """Returns the pairs that the command line names; None if it names none.

    Args:
      premise: text.
      hypothesis: text.
      path: of a file; labels in it are not read.
      columns: those of premise and hypothesis in the file.
      skip_bad: skip its malformed rows.

    Raises:
      UserError: not two columns; while reading: a malformed row.
    """
    if len(columns) != 2:
        raise UserError(
            f"columns={','.join(columns)}: expected two names, of premise and"
            " hypothesis."
        )

    if path is not None:
        return rows.read_pairs(pathlib.Path(path), columns, skip_bad)
    if premise is None:
        return None
    return iter([Pair(_decoded(premise), _decoded(hypothesis), 0)])


def _decoded(argument: str) -> str:
    """Arguments have lone surrogates in place of bytes that are not UTF-8."""
    return argument.encode("utf-8", "surrogateescape").decode(
        "utf-8", "replace"
    )


def typed(stream: TextIO) -> Iterator[Pair]:
    """Yields pairs as they are typed, until the end or an empty premise.

    Args:
      stream: two lines a pair; a terminal is asked for each.

    Raises:
      UserError: it ends after a premise.
    """

    def line(name: str) -> str:
        if stream.isatty():
            print(f"{name}: ", end="", file=sys.stderr, flush=True)
        return stream.readline()

    while premise := line("premise").strip():
        if not (hypothesis := line("hypothesis")):
            raise UserError(
                "standard input: it ends after a premise; expected two lines"
                " a pair, premise and hypothesis."
            )
        yield Pair(premise, hypothesis.strip(), 0)


def write(rows_: Iterable[Mapping[str, Any]], path: str | None) -> None:
    """Writes rows as they come.

    Args:
      rows_: column -> value, each with the same columns.
      path: of the file, `.csv`, `.tsv` or `.jsonl`; None is standard output,
        as TSV.

    Raises:
      UserError: another ending, or the file cannot be written.
    """
    if path is None:
        _write(rows_, sys.stdout, ".tsv")
        return
    ending = _ending(path)
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            _write(rows_, file, ending)
    except OSError as error:
        raise UserError(
            f"output={path}: cannot be written ({error.strerror}); name a"
            " file in a folder that exists and has room."
        ) from error


def _ending(path: str) -> str:
    """Returns the ending of a file's name, or raises `UserError`."""
    ending = pathlib.Path(path).suffix.lower()
    if ending not in rows.ENDINGS:
        raise UserError(
            f"output={path}: expected a file that ends in"
            f" {', '.join(rows.ENDINGS)}."
        )
    return ending


def _write(rows_, file: TextIO, ending: str) -> None:
    if ending == ".jsonl":
        for row in rows_:
            print(json.dumps(row, ensure_ascii=False), file=file)
        return
    for i, row in enumerate(rows_):
        for line in ([list(row)] if i == 0 else []) + [list(row.values())]:
            if ending == ".csv":
                csv.writer(file).writerow(line)
            else:  # TSV has no quotes
                fields = (re.sub("[\t\r\n]", " ", str(v)) for v in line)
                print(*fields, sep="\t", file=file)
