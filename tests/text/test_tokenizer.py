import random

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.data.nli.grammar import generate
from tfgen.text import tokenizer
from tfgen.text.graph_tokenizer import tokenize_in_graph
from tfgen.text.tokenizer import split_tokens, tokenize

EXAMPLES = [
    ("A man is running.", "A man is running ."),
    ("He can't, won't and doesn't.", "He ca n't , wo n't and does n't ."),
    ("The dog's owner's hats", "The dog 's owner 's hats"),
    ("the dogs' owner", "the dogs ' owner"),
    ("I'm sure they've said we'll", "I 'm sure they 've said we 'll"),
    ('He said: "Hi (you)!"', "He said : `` Hi ( you ) ! ''"),
    ('"Hello," she said.', "`` Hello , '' she said ."),
    ("“Hello,” she said — twice…", "`` Hello , '' she said -- twice ..."),
    ("'quoted' text", "` quoted ' text"),
    ("It costs $1,000.50 at 5:30.", "It costs $ 1,000.50 at 5:30 ."),
    ("Mr. Smith of the U.S. won.", "Mr. Smith of the U.S. won ."),
    ("J. K. Rowling vs. nobody.", "J. K. Rowling vs. nobody ."),
    ("He runs. She walks.", "He runs . She walks ."),
    ("well-known 3.5. example.com.", "well-known 3.5 . example.com ."),
    ("red,green,blue", "red , green , blue"),
    ("wait... what?!", "wait ... what ? !"),
    ("I cannot; gonna, gotta", "I can not ; gon na , got ta"),
    ("a--b – c", "a -- b -- c"),
    ("I ❤️ dogs🐶🐶", "I ❤️ dogs 🐶 🐶"),
    ("isn’t it the boy’s?", "is n't it the boy 's ?"),
    ("a\tb\u00a0c\u3000d\x00e\u2028f", "a b c d e f"),
    ("", ""),
    (" \n ", ""),
    ("do n't 's 'll `` x ''", "do n't 's 'll `` x ''"),
]


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


# Pieces that meet in odd ways.
PIECES = (
    [text for text, _ in EXAMPLES]
    + list("'\"`.,:;!?-()[]{}<>/\\@#$%&*+=|~^_ \t\n\r\x00\x1f\x7f")
    + ["n't", "'s", "'S", "'ll", "N'T", "''", "``", "--", "...", "…", "Mr."]
    + ["cannot", "gonna", "gotta", "wanna", "U.S.", "e.g.", "1,000", "5:30"]
    + ["a", "B", "é", "E\u0301", "ß", "İ", "ı", "ſ", "K", "Σ", "ς", "٣", "５"]
    + ["שלום", "مرحبا", "\u202e", "\u200f", "\u200b", "\u200d", "\ufeff"]
    + ["你好。", "　", "\u2028", "\x85", "\xa0", "\u180e", "\ufffd", "\ue000"]
    + ["\ue001", "👩‍👩‍👧", "🐶", "❤️", "🏳️‍🌈", "👍🏽", "\U0010ffff", "\uffff"]
)


def test_graph_is_the_same_on_10000_strings():
    rng = random.Random(0)
    strings = list(PIECES)
    for pair in generate.pairs("train", 1500, 0):
        strings += [pair.premise, pair.hypothesis]
    while len(strings) < 8000:
        n = rng.randrange(1, 12)
        glue = rng.choice(["", " "])
        strings.append(glue.join(rng.choices(PIECES, k=n)))
    while len(strings) < 9000:
        n = rng.randrange(30)
        strings.append("".join(chr(rng.randrange(0x110000)) for _ in range(n)))
    while len(strings) < 9990:
        strings.append(rng.randbytes(rng.randrange(20)))
    words = [rng.choice(PIECES) for _ in range(10_000)]
    strings.append(" ".join(words))
    strings.append("word " * 10_000)
    strings.append("'" * 10_000)
    strings.append(". " * 5_000)
    strings.append("a" * 100_000)
    strings += [b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x82"]
    strings += ["", " ", "\n\t"]
    assert len(strings) >= 9999
    assert_same(strings)


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
