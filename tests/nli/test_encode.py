import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.errors import UserError
from tfgen.nli.encode import encode
from tfgen.nli.pairs import Pair, in_order
from tfgen.nli.tally import Tally
from tfgen.nli.text.tokenizer import split_tokens
from tfgen.nli.text.vocabulary import SPECIAL, Vocabulary

PAIRS = [
    Pair("a b c d", "b", "u"),
    Pair("", "c x", "w"),
    Pair("a b c d", "", "v"),
]


def test_ids():
    vocabulary = Vocabulary(["a", "b", "c", "d"])
    pairs, _ = encode(PAIRS, split_tokens, vocabulary)
    assert [list(s) for s in pairs.premise] == [[2, 3, 4, 5], [1], [2, 3, 4, 5]]
    assert [list(s) for s in pairs.hypothesis] == [[3], [4, 1], [1]]
    assert list(pairs.label) == [0, 2, 1]
    for array in (pairs.premise.ids, pairs.premise.lengths, pairs.label):
        assert array.dtype == np.int32


def test_labels_are_known_or_those_of_the_pairs():
    pairs, _ = encode(PAIRS, split_tokens)
    assert pairs.labels == ("u", "v", "w")
    pairs, _ = encode(PAIRS, split_tokens, labels=("w", "x", "v", "u"))
    assert pairs.label.tolist() == [3, 0, 2]
    with pytest.raises(UserError, match="^labels: v; expected u, w"):
        encode(PAIRS, split_tokens, labels=("u", "w"))


@pytest.mark.parametrize(
    "found, expected",
    [
        (["neutral", "entailment"], ["entailment", "neutral"]),
        (["neutral", "no"], ["neutral", "no"]),
        (["10", "9", "-1", "2.5"], ["-1", "2.5", "9", "10"]),
        (["nein", "ja", "2"], ["2", "ja", "nein"]),
    ],
)
def test_the_order_of_labels(found, expected):
    assert in_order(found) == in_order(found[::-1]) == tuple(expected)


def test_what_is_counted():
    tally = Tally("some")
    for _ in range(2):
        vocabulary = Vocabulary(["a", "b"])
        encode(PAIRS, split_tokens, vocabulary, max_length=3, tally=tally)
    assert tally.text() == (
        "some: 6 pairs; empty sentences: 4 (the first: the premise of pair 2);"
        " sentences cut: 4 (the first: the premise of pair 1); unknown words:"
        " 12 (the first: 'c')"
    )
    with pytest.raises(UserError, match="^none: no pairs in it; expected"):
        Tally("none").say()


def test_long_sentences_lose_their_ends():
    vocabulary = Vocabulary(["a", "b", "c", "d"])
    pairs, _ = encode(PAIRS, split_tokens, vocabulary, max_length=2)
    assert [list(s) for s in pairs.premise] == [[2, 3], [1], [2, 3]]


def test_padded():
    pairs, _ = encode(PAIRS, split_tokens, Vocabulary(["a", "b", "c", "d"]))
    rows = pairs.premise.padded(np.array([[1], [2]]), 6)
    assert rows.dtype == np.int32
    np.testing.assert_array_equal(
        rows, [[[1, 0, 0, 0, 0, 0]], [[2, 3, 4, 5, 0, 0]]]
    )


def test_no_pairs():
    pairs, vocabulary = encode([], split_tokens)
    assert len(pairs) == 0 and len(vocabulary) == 2


sentences = st.lists(
    st.sampled_from(["a", "b", "c", "d", "<pad>", "<unk>"]), max_size=6
).map(" ".join)


@given(
    st.lists(st.builds(Pair, sentences, sentences, st.sampled_from("uvw"))),
    st.integers(1, 3),
    st.integers(0, 4),
)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_one_pass_is_two(pairs, min_count, max_length):
    got, vocabulary = encode(
        pairs, split_tokens, min_count=min_count, max_length=max_length
    )
    counts = collections.Counter(
        word
        for pair in pairs
        for text in pair[:2]
        for word in split_tokens(text)
        if word not in SPECIAL
    )
    order = sorted(counts, key=lambda word: (-counts[word], word))
    kept = [word for word in order if counts[word] >= min_count]
    assert vocabulary.tokens == (*SPECIAL, *kept)
    again, _ = encode(pairs, split_tokens, Vocabulary(kept), max_length)
    for a, b in (
        (got.premise.ids, again.premise.ids),
        (got.premise.offsets, again.premise.offsets),
        (got.hypothesis.ids, again.hypothesis.ids),
        (got.hypothesis.offsets, again.hypothesis.offsets),
        (got.label, again.label),
    ):
        np.testing.assert_array_equal(a, b)


def test_order_is_by_frequency_and_then_by_code_point():
    pairs = [Pair("b a é", "b Z c"), Pair("c b", "<pad> <unk>")]
    _, vocabulary = encode(pairs, str.split)
    assert vocabulary.tokens == ("<pad>", "<unk>", "b", "c", "Z", "a", "é")
