import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.nli.text.input_strategies import apply_in_graph, weights_of_words
from tfgen.nli.text.vocabulary import UNKNOWN


def differentiate(premise, hypothesis):
    """Section 3.3, on lists."""
    shared = set(premise) & set(hypothesis) - {UNKNOWN}
    left = ([i for i in s if i not in shared] for s in (premise, hypothesis))
    return tuple(s or [UNKNOWN] for s in left)


# The paper's Table 2, for sentences as lists of ids without padding.
STRATEGIES = {
    "original": lambda p, h: (p, h),
    "invert_premise": lambda p, h: (p[::-1], h),
    "double_premise": lambda p, h: (p + p, h),
    "double_hypothesis": lambda p, h: (p, h + h),
    "differentiate": differentiate,
}
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
    assert differentiate([5, 6, 7], [6, 5]) == ([7], [1])
    assert differentiate([5, 6], [6, 5, 5]) == ([1], [1])
    assert differentiate([1], [1]) == ([1], [1])


def test_the_paper_example():
    premise = (
        "two man in polo shirts and tan pants immersed in a pleasant"
        " conversation about photograph"
    ).split()
    hypothesis = (
        "two man in polo shirts and tan pants involved in a heated discussion"
        " about canon"
    ).split()
    p, h = differentiate(premise, hypothesis)
    assert p == "immersed pleasant conversation photograph".split()
    assert h == "involved heated discussion canon".split()


ids = st.lists(st.integers(1, 6), min_size=1, max_size=7)


def padded(rows):
    width = max(map(len, rows))
    return np.array([r + [0] * (width - len(r)) for r in rows], np.int32)


@pytest.mark.parametrize("name", STRATEGIES)
@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=5), st.integers(0, 3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_graph_is_the_same(name, pairs, more):
    # More padding than is needed changes nothing.
    wider = ((0, 0), (0, more))
    before = [np.pad(padded(side), wider) for side in zip(*pairs)]
    got = apply_in_graph(name, *map(tf.constant, before))
    expected = zip(*(STRATEGIES[name](p, h) for p, h in pairs))
    for (a, place), b, x in zip(got, expected, before):
        assert a.dtype == place.dtype == tf.int32
        assert a.shape == place.shape and a.shape[1] >= max(map(len, b))
        a, place = a.numpy(), place.numpy()
        for i, words in enumerate(b):
            n = len(words)
            assert a[i].tolist() == words + [0] * (len(a[i]) - n)
            assert np.all(place[i, n:] == x.shape[1])
            if words != [1]:  # "unknown" may stand for another word
                assert x[i, place[i, :n]].tolist() == words


def test_weights_go_back_to_the_words():
    premise = tf.constant([[5, 6, 7, 0]])
    hypothesis = tf.constant([[7, 8, 0]])

    def back(name, weights):
        pair = apply_in_graph(name, premise, hypothesis)
        places = [place for _, place in pair]
        return [
            weights_of_words(tf.constant([w]), place, sentence)[0].numpy()
            for w, place, sentence in zip(
                weights, places, (premise, hypothesis)
            )
        ]

    # A word that is read twice gets the sum, one that is removed nothing.
    p, h = back("invert_premise", [[0.5, 0.3, 0.2, 0], [0.6, 0.4, 0]])
    np.testing.assert_allclose(p, [0.2, 0.3, 0.5, 0])
    np.testing.assert_allclose(h, [0.6, 0.4, 0])
    _, h = back(
        "double_hypothesis", [[1.0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4, 0, 0]]
    )
    np.testing.assert_allclose(h, [0.4, 0.6, 0])
    p, h = back("differentiate", [[0.7, 0.3, 0, 0], [1.0, 0, 0]])
    np.testing.assert_allclose(p, [0.7, 0.3, 0, 0])
    np.testing.assert_allclose(h, [0, 1, 0])
