import subprocess
import sys

import pytest

from tfgen.errors import UserError
from tfgen.nli import catalog
from tfgen.nli.grammar import generate
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.tokenizer import tokenize

SMALL = NliDataConfig(num_pairs=60)


def test_grammar_is_the_default():
    source = catalog.pair_source(SMALL, seed=3)
    assert list(source.read("train")) == list(generate.pairs("train", 60, 3))
    assert list(source.read("test")) == list(generate.pairs("test", 6, 3))
    assert source.tokenize is tokenize


def test_prepare():
    train, vocabulary = catalog.prepare(SMALL, 0, "train")
    assert len(train) == 60
    first = next(generate.pairs("train", 1, 0))
    words = [vocabulary.tokens[i] for i in train.premise[0]]
    assert words[0] == first.premise.split()[0].lower()
    assert words[-1] == "."
    for split in ("validation", "test"):
        held_out, same = catalog.prepare(SMALL, 0, split, vocabulary)
        assert len(held_out) == 6
        assert same is vocabulary


@pytest.mark.parametrize(
    "config, message",
    [
        ({"name": "nli_gramar"}, "Did you mean 'nli_grammar'"),
        ({"num_pairs": 2}, "data.num_pairs=2: expected 3 to"),
        ({"num_pairs": 10**7}, "data.num_pairs=10000000: expected 3 to"),
        ({"max_length": -1}, "data.max_length=-1"),
    ],
)
def test_errors(config, message):
    with pytest.raises(UserError, match=message):
        catalog.prepare(NliDataConfig(**config), 0, "train")


def test_text_needs_no_tensorflow():
    script = (
        "import sys, tfgen.nli.catalog as c;"
        "from tfgen.nli.settings import NliDataConfig;"
        "c.prepare(NliDataConfig(num_pairs=6), 0, 'train');"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "False\n", done.stderr
