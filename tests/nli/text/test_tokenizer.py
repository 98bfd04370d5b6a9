import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nli.text.odd_text import EXAMPLES, PIECES, strings
from tfgen.nli.grammar import generate
from tfgen.nli.text import tokenizer
from tfgen.nli.text.graph_tokenizer import tokenize_in_graph
from tfgen.nli.text.tokenizer import split_tokens, tokenize


@pytest.mark.parametrize("text, tokens", EXAMPLES)
def test_examples(text, tokens):
    assert tokenize(text, lower=False) == tokens.split()


@pytest.mark.parametrize("text", [text for text, _ in EXAMPLES])
def test_tokens_stay_tokens(text):
    tokens = tokenize(text, lower=False)
    assert tokenize(" ".join(tokens), lower=False) == tokens


def test_lower_case_is_ascii():
    assert tokenize("The ÉTUDE Is OK") == ["the", "Étude", "is", "ok"]
    assert split_tokens("A  Dog BARKS .") == ["a", "dog", "barks", "."]
    assert split_tokens("A Dog", lower=False) == ["A", "Dog"]


def test_bytes_and_surrogates():
    assert tokenize(b"a \xff\xfe b") == ["a", "\ufffd", "b"]
    assert tokenize("a \ud800 b") == ["a", "\ufffd", "b"]


def in_graph(strings, lower=True):
    """The graph's tokens of texts (bytes or str)."""
    data = [
        s if isinstance(s, bytes) else s.encode("utf-8", "surrogatepass")
        for s in strings
    ]
    ragged = compiled(tf.constant(data, tf.string), lower)
    return [[t.decode() for t in row] for row in ragged.to_list()]


@tf.function(
    input_signature=[
        tf.TensorSpec([None], tf.string),
        tf.TensorSpec([], tf.bool),
    ]
)
def compiled(strings, lower):
    return tf.cond(
        lower,
        lambda: tokenize_in_graph(strings, True),
        lambda: tokenize_in_graph(strings, False),
    )


def assert_same(strings):
    for lower in (True, False):
        for text, got in zip(strings, in_graph(strings, lower)):
            assert got == tokenize(text, lower), repr(text)


def test_graph_is_the_same_on_10000_strings():
    texts = strings()
    assert len(texts) >= 9999
    assert_same(texts)


@given(st.lists(st.text() | st.binary(), min_size=1, max_size=20))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_graph_is_the_same_on_any_text(strings):
    assert_same(strings)


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_tokens_hold_no_space(text):
    for token in tokenize(text, lower=False):
        assert token
        assert " " not in token and "\n" not in token
        assert token.encode()


plain = st.lists(
    st.sampled_from(
        [*"aBz ,.-", "  ", "--", ", ", " ,", "cannot", "Gotta", "etc", "Mr"]
        + ["dogs", "No", "vs.", "well-known", ". ", "U"]
    )
).map("".join)


@given(plain, st.booleans())
@settings(max_examples=1500, deadline=None, derandomize=True)
def test_shortcut_is_the_same(text, lower):
    # Bytes take no shortcut.
    assert tokenize(text, lower) == tokenize(text.encode(), lower)


def test_shortcut_is_taken():
    for pair in generate.pairs("train", 300, 0):
        for text in pair[:2]:
            taken = tokenizer._plain_tokens(text)
            assert (taken is None) == ("'" in text)
            assert tokenize(text) == tokenize(text.encode())


def test_patterns_mean_the_same_to_re2_and_python():
    for pattern, replacement in tokenizer.RULES:
        # Their alphabets differ, or RE2 lacks them.
        for odd in (r"\w", r"\W", r"\s", r"\S", r"\d", r"\D", r"\b", "(?"):
            assert odd not in pattern, pattern
        assert "\\0" not in replacement
