"""What a classifier of sentence pairs gets right, and where."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tfgen.evaluate.intervals import accuracy_interval

# Name of each bin and its lower end; a bin ends where the next begins.
LENGTH_BINS = {"1-5": 1, "6-10": 6, "11-15": 11, "16-20": 16, "21 or more": 21}
OVERLAP_BINS = {
    "below 25 %": 0.0,
    "25-50 %": 0.25,
    "50-75 %": 0.5,
    "75-99 %": 0.75,
    "all": 1.0,
}

Accuracy = dict[str, float]


def report(
    label: np.ndarray,
    predicted: np.ndarray,
    names: Sequence[str],
    length: np.ndarray,
    overlap: np.ndarray,
) -> dict[str, Any]:
    """Returns everything measured on a split, ready for JSON.

    Args:
      label: [N] int, the true classes.
      predicted: [N] int, the classifier's.
      names: of the C classes.
      length: [N] int, words of each premise.
      overlap: [N] in [0, 1], see `word_overlap`.

    Returns:
      `accuracy`, see there; `confusion`, C rows (true) of C counts (predicted);
      `classes`, name -> precision, recall, f1 and count; `by_length` and
      `by_overlap`, bin -> accuracy of the pairs in it.
    """
    # The import takes a second, for which a training need not wait.
    from sklearn import metrics

    label, predicted = np.asarray(label), np.asarray(predicted)
    correct, classes = label == predicted, range(len(names))
    confusion = metrics.confusion_matrix(label, predicted, labels=classes)
    # A quotient of zeros is 0: the precision of a class never predicted.
    columns = metrics.precision_recall_fscore_support(
        label, predicted, labels=classes, zero_division=0.0
    )
    rows = zip(*(column.tolist() for column in columns))
    return {
        "accuracy": accuracy(correct),
        "confusion": confusion.tolist(),
        "classes": {
            name: dict(zip(("precision", "recall", "f1", "count"), row))
            for name, row in zip(names, rows)
        },
        "by_length": accuracy_by(length, correct, LENGTH_BINS),
        "by_overlap": accuracy_by(overlap, correct, OVERLAP_BINS),
    }


def accuracy(correct: np.ndarray) -> Accuracy:
    """Returns the share that is correct, with its 95 % interval.

    Args:
      correct: [N] bool, N at least 1.

    Returns:
      `value`, `low` and `high` in [0, 1], and `count`, N.
    """
    hits, count = int(np.sum(correct)), len(correct)
    low, high = accuracy_interval(hits, count)
    return {"value": hits / count, "low": low, "high": high, "count": count}


def accuracy_by(
    values: np.ndarray, correct: np.ndarray, bins: Mapping[str, float]
) -> dict[str, Accuracy]:
    """Returns the accuracy in each bin of `values` that is not empty.

    Args:
      values: [N] none below the first bin.
      correct: [N] bool.
      bins: name -> lower end, ascending.
    """
    place = np.digitize(values, list(bins.values())) - 1
    return {
        name: accuracy(correct[place == i])
        for i, name in enumerate(bins)
        if np.any(place == i)
    }


def word_overlap(premise: Sequence, hypothesis: Sequence) -> float:
    """Returns the share of the hypothesis's words that are in the premise.

    Args:
      premise: its words, or their ids.
      hypothesis: likewise; without any, it is 0.
    """
    words = set(premise)
    return sum(word in words for word in hypothesis) / max(len(hypothesis), 1)


def format_report(values: Mapping[str, Any]) -> str:
    """Returns what `report` returned as lines of text."""
    names = list(values["classes"])
    tables = {
        "true, predicted": (names, dict(zip(names, values["confusion"]))),
        "class": (
            ["precision", "recall", "F1", "pairs"],
            {name: row.values() for name, row in values["classes"].items()},
        ),
    }
    for key, head in (
        ("by_length", "words of the premise"),
        ("by_overlap", "overlap of words"),
    ):
        tables[head] = (
            ["accuracy", "95 %: from", "to", "pairs"],
            {name: row.values() for name, row in values[key].items()},
        )
    accuracy = (
        "accuracy  {value:.4f} (95 %: {low:.4f} to {high:.4f}; {count:,}"
        " pairs)".format(**values["accuracy"])
    )
    parts = (_table(head, *table) for head, table in tables.items())
    return "\n\n".join([accuracy, *parts])


def _table(
    head: str, columns: Sequence[str], rows: Mapping[str, Iterable[float]]
) -> str:
    """Columns as wide as their content, numbers to the right."""
    lines = [[head, *columns]]
    for name, row in rows.items():
        shown = (f"{v:.4f}" if isinstance(v, float) else str(v) for v in row)
        lines.append([name, *shown])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [text.rjust(w) for text, w in zip(line[1:], widths[1:])]
        )
        for line in lines
    )
