import subprocess
import sys

import pytest

from tfgen.config import NliDataConfig
from tfgen.data.nli import catalog
from tfgen.data.nli.grammar import generate
from tfgen.data.nli.source import Counts
from tfgen.errors import UserError

SMALL = NliDataConfig(num_pairs=60)


def test_grammar_is_the_default():
    source = catalog.load(SMALL, seed=3)
    assert list(source.read("train")) == generate.pairs("train", 60, 3)
    assert list(source.read("test")) == generate.pairs("test", 6, 3)
    assert not source.tokenized


def test_prepare():
    data = catalog.prepare(SMALL, seed=0)
    assert {s: len(e) for s, e in data.splits.items()} == {
        "train": 60,
        "validation": 6,
        "test": 6,
    }
    assert data.counts["train"] == Counts(pairs=60)
    first = generate.pairs("train", 1, 0)[0]
    words = data.vocabulary.decode(data.splits["train"].premise[0])
    assert words[0] == first.premise.split()[0].lower()
    assert words[-1] == "."


def test_prepare_with_a_vocabulary():
    vocabulary = catalog.prepare(SMALL, seed=0).vocabulary
    data = catalog.prepare(SMALL, 0, vocabulary, splits=("test",))
    assert list(data.splits) == ["test"]
    assert data.vocabulary is vocabulary


@pytest.mark.parametrize(
    "config, message",
    [
        ({"name": "nli_gramar"}, "Did you mean 'nli_grammar'"),
        ({"num_pairs": 2}, "data.num_pairs=2: expected 3 to"),
        ({"max_length": -1}, "data.max_length=-1"),
    ],
)
def test_errors(config, message):
    with pytest.raises(UserError, match=message):
        catalog.prepare(NliDataConfig(**config), seed=0)


def test_text_needs_no_tensorflow():
    script = (
        "import sys, tfgen.data.nli.catalog as c;"
        "from tfgen.config import NliDataConfig;"
        "c.prepare(NliDataConfig(num_pairs=6), 0);"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "False\n", done.stderr
