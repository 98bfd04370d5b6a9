import collections

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.nli.encode import encode
from tfgen.nli.pairs import Pair
from tfgen.nli.text.tokenizer import split_tokens
from tfgen.nli.text.vocabulary import SPECIAL, Vocabulary

PAIRS = [
    Pair("a b c d", "b", 0),
    Pair("", "c x", 2),
    Pair("a b c d", "", 1),
]


def test_ids():
    vocabulary = Vocabulary(["a", "b", "c", "d"])
    pairs, _ = encode(PAIRS, split_tokens, vocabulary)
    assert [list(s) for s in pairs.premise] == [[2, 3, 4, 5], [1], [2, 3, 4, 5]]
    assert [list(s) for s in pairs.hypothesis] == [[3], [4, 1], [1]]
    assert list(pairs.label) == [0, 2, 1]
    for array in (pairs.premise.ids, pairs.premise.lengths, pairs.label):
        assert array.dtype == np.int32


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
    st.lists(st.builds(Pair, sentences, sentences, st.integers(0, 2))),
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
    pairs = [Pair("b a é", "b Z c", 0), Pair("c b", "<pad> <unk>", 0)]
    _, vocabulary = encode(pairs, str.split)
    assert vocabulary.tokens == ("<pad>", "<unk>", "b", "c", "Z", "a", "é")
