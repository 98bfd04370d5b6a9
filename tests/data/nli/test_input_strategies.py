import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.data.nli.encode import encode
from tfgen.data.nli.input_strategies import (
    STRATEGIES,
    apply_in_graph,
    apply_to_pairs,
)
from tfgen.data.nli.pairs import Pair
from tfgen.data.nli.tokenizer import split_tokens
from tfgen.data.nli.vocabulary import Vocabulary

P, H = [5, 6, 7, 5, 1], [7, 8, 1, 7, 9]


@pytest.mark.parametrize(
    "name, premise, hypothesis",
    [
        ("original", P, H),
        ("invert_premise", [1, 5, 7, 6, 5], H),
        ("double_premise", P + P, H),
        ("double_hypothesis", P, H + H),
        # 7 is in both; unknown words (1) are never the same.
        ("differentiate", [5, 6, 5, 1], [8, 1, 9]),
    ],
)
def test_by_hand(name, premise, hypothesis):
    assert STRATEGIES[name](P, H) == (premise, hypothesis)


def test_what_becomes_empty_is_one_unknown_word():
    differentiate = STRATEGIES["differentiate"]
    assert differentiate([5, 6, 7], [6, 5]) == ([7], [1])
    assert differentiate([5, 6], [6, 5, 5]) == ([1], [1])
    assert differentiate([1], [1]) == ([1], [1])


def test_table_2_is_complete():
    assert len(STRATEGIES) == 5


def test_the_paper_example():
    premise = (
        "two man in polo shirts and tan pants immersed in a pleasant"
        " conversation about photograph"
    ).split()
    hypothesis = (
        "two man in polo shirts and tan pants involved in a heated discussion"
        " about canon"
    ).split()
    vocabulary = Vocabulary.build([premise, hypothesis])
    p, h = STRATEGIES["differentiate"](
        vocabulary.encode(premise), vocabulary.encode(hypothesis)
    )
    assert (
        vocabulary.decode(p)
        == "immersed pleasant conversation photograph".split()
    )
    assert vocabulary.decode(h) == "involved heated discussion canon".split()


def test_pairs():
    vocabulary = Vocabulary(["a", "b", "c"])
    pairs = encode(
        [Pair("a b", "b c", 2), Pair("c", "c", 0)], vocabulary, split_tokens
    )
    got = apply_to_pairs("differentiate", pairs)
    assert [list(s) for s in got.premise] == [[2], [1]]
    assert [list(s) for s in got.hypothesis] == [[4], [1]]
    np.testing.assert_array_equal(got.label, [2, 0])
    assert got.premise.ids.dtype == np.int32
    assert apply_to_pairs("original", pairs) is pairs


ids = st.lists(st.integers(1, 6), min_size=1, max_size=7)


def padded(rows):
    width = max(map(len, rows))
    return np.array([r + [0] * (width - len(r)) for r in rows], np.int32)


@pytest.mark.parametrize("name", STRATEGIES)
@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=5), st.integers(0, 3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_graph_is_the_same(name, pairs, more):
    premise, hypothesis = zip(*pairs)
    # More padding than is needed changes nothing.
    wider = ((0, 0), (0, more))
    got = apply_in_graph(
        name,
        tf.constant(np.pad(padded(premise), wider)),
        tf.constant(np.pad(padded(hypothesis), wider)),
    )
    expected = zip(*(STRATEGIES[name](p, h) for p, h in pairs))
    for a, b in zip(got, expected):
        assert a.dtype == tf.int32
        a = a.numpy()
        assert a.shape[1] >= max(map(len, b))
        for row, words in zip(a, b):
            assert row.tolist() == words + [0] * (len(row) - len(words))
