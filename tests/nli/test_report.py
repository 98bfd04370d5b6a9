import json

import numpy as np
import pytest

from tfgen.nli import report as figures

NAMES = ("entailment", "neutral", "contradiction")
# One of two entailments is right, one neutral is not, all contradictions are.
LABEL = np.array([0, 0, 1, 2, 2, 2])
PREDICTED = np.array([0, 2, 0, 2, 2, 2])
LENGTH = np.array([1, 5, 6, 20, 21, 80])
OVERLAP = np.array([0.0, 0.24, 0.25, 0.99, 1.0, 1.0])


@pytest.fixture
def report():
    return figures.report(LABEL, PREDICTED, NAMES, LENGTH, OVERLAP)


def test_confusion(report):
    """Rows are what is true."""
    assert report["confusion"] == [[1, 0, 1], [1, 0, 0], [0, 0, 3]]


def test_classes(report):
    assert report["classes"] == {
        "entailment": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "count": 2},
        "neutral": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "count": 1},
        "contradiction": {
            "precision": 0.75,
            "recall": 1.0,
            "f1": pytest.approx(6 / 7),
            "count": 3,
        },
    }


def test_accuracy(report):
    values = report["accuracy"]
    assert (values["value"], values["count"]) == (4 / 6, 6)
    assert 0.29 < values["low"] < 4 / 6 < values["high"] < 0.91


def test_a_bin_begins_at_its_lower_end(report):
    def shares(name):
        return {b: (a["value"], a["count"]) for b, a in report[name].items()}

    assert shares("by_length") == {
        "1-5": (0.5, 2),
        "6-10": (0.0, 1),
        "16-20": (1.0, 1),
        "21 or more": (1.0, 2),
    }
    assert shares("by_overlap") == {
        "below 25 %": (0.5, 2),
        "25-50 %": (0.0, 1),
        "75-99 %": (1.0, 1),
        "all": (1.0, 2),
    }


def test_a_class_that_does_not_occur():
    """It has its row, and no warning is given."""
    report = figures.report([0], [0], NAMES, np.ones(1), np.ones(1))
    assert np.shape(report["confusion"]) == (3, 3)
    assert report["classes"]["neutral"]["count"] == 0


@pytest.mark.parametrize(
    "premise, hypothesis, expected",
    [
        ("a dog runs".split(), "a dog sleeps a lot".split(), 3 / 5),
        ([1, 2], [3], 0.0),
        ([1, 2], [2, 1, 2], 1.0),
        ([1, 2], [], 0.0),
    ],
)
def test_word_overlap(premise, hypothesis, expected):
    assert figures.word_overlap(premise, hypothesis) == expected


def test_text(report):
    """What was written as JSON can be printed; columns are aligned."""
    report = json.loads(json.dumps(report))
    text = figures.format_report(report)
    assert text.splitlines()[:6] == [
        "accuracy  0.6667 (95 %: 0.3000 to 0.9032; 6 pairs)",
        "",
        "true, predicted  entailment  neutral  contradiction",
        "entailment                1        0              1",
        "neutral                   1        0              0",
        "contradiction             0        0              3",
    ]
    assert "contradiction     0.7500  1.0000  0.8571      3" in text
    assert text.splitlines()[12:15] == [
        "words of the premise  accuracy  95 %: from      to  pairs",
        "1-5                     0.5000      0.0945  0.9055      2",
        "6-10                    0.0000      0.0000  0.7935      1",
    ]
