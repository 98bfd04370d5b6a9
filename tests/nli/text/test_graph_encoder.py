import numpy as np
import pytest
import tensorflow as tf

from tests.nli.text.odd_text import strings
from tfgen.nli.encode import encode
from tfgen.nli.pairs import Pair
from tfgen.nli.text import graph_encoder
from tfgen.nli.text.graph_encoder import GraphEncoder
from tfgen.nli.text.tokenizer import tokenize
from tfgen.nli.text.vocabulary import SPECIAL, Vocabulary

# The last cannot come from a text, only from a file of tokens.
WORDS = ["a", "man", "A", ".", "n't", "'s", "🐕", "שלום", "\ufffd", "1\xa01/2"]


@pytest.mark.parametrize("lower, max_length", [(True, 0), (False, 5)])
def test_same_as_in_training_on_10000_texts(lower, max_length):
    texts = strings()
    # Half of the words that occur.
    words = {word for text in texts for word in tokenize(text, lower)}
    vocabulary = Vocabulary(sorted(words - {*SPECIAL})[::2])
    encoded, _ = encode(
        [Pair(text, "", 0) for text in texts],
        lambda text: tokenize(text, lower),
        vocabulary,
        max_length,
    )
    expected = encoded.premise
    encoder = tf.function(GraphEncoder(vocabulary, lower, max_length))
    by_length = np.argsort(expected.lengths, kind="stable")
    for index in np.array_split(by_length, 50):
        rows = [texts[i] for i in index]
        data = [
            r if isinstance(r, bytes) else r.encode("utf-8", "surrogatepass")
            for r in rows
        ]
        words, ids = encoder(tf.constant(data))
        width = expected.lengths[index].max()
        np.testing.assert_array_equal(ids, expected.padded(index))
        for text, row in zip(rows, words.numpy()):
            tokens = tokenize(text, lower)[: max_length or None]
            tokens = [t.encode() for t in tokens] or [b"<unk>"]
            assert row.tolist() == tokens + [b""] * (width - len(tokens))


def test_ids_by_hand():
    encoder = GraphEncoder(Vocabulary(WORDS), lower=False, max_length=0)
    texts = ["a man. A dog", "", "<unk> <pad>", "isn't"]
    words, ids = encoder(tf.constant(texts))
    assert ids.numpy().tolist() == [
        [2, 3, 5, 4, 1, 0],
        [1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1],
        [1, 6, 0, 0, 0, 0],
    ]
    assert words.numpy()[1:3].tolist() == [
        [b"<unk>"] + [b""] * 5,
        [b"<", b"unk", b">", b"<", b"pad", b">"],
    ]


def test_no_texts_and_no_words():
    encoder = GraphEncoder(Vocabulary([]), lower=True, max_length=0)
    words, ids = encoder(tf.constant([], tf.string))
    assert words.shape[0] == ids.shape[0] == 0
    assert encoder(tf.constant(["a b"]))[1].numpy().tolist() == [[1, 1]]


def test_words_are_compared_not_only_their_hashes(monkeypatch):
    monkeypatch.setattr(graph_encoder, "_hash", _length)
    encoder = GraphEncoder(
        Vocabulary(["dog", "elephant"]), lower=True, max_length=0
    )
    _, ids = encoder(tf.constant(["cat dog cow elephant at"]))
    assert ids.numpy().tolist() == [[1, 2, 1, 3, 1]]


def _length(words):
    """A poor hash: <pad> 4, <unk> 5, all others their length."""
    length = tf.strings.length(words) - tf.cast(words == "<pad>", tf.int32)
    return tf.cast(length, tf.int64)


def test_two_words_with_one_hash(monkeypatch):
    monkeypatch.setattr(graph_encoder, "_hash", _length)
    with pytest.raises(ValueError, match="same hash"):
        GraphEncoder(Vocabulary(["ab", "cd"]), lower=True, max_length=0)
