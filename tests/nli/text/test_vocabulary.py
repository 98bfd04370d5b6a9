import pytest

from tfgen.errors import UserError
from tfgen.nli.text.vocabulary import PADDING, UNKNOWN, Vocabulary


def test_ids_are_places():
    vocabulary = Vocabulary(["b", "a"])
    assert vocabulary.tokens == ("<pad>", "<unk>", "b", "a")
    assert (PADDING, UNKNOWN) == (0, 1) and len(vocabulary) == 4
    assert vocabulary.encode(["a", "c", "b"]) == [3, UNKNOWN, 2]
    assert vocabulary.text() == "<pad>\n<unk>\nb\na\n"


def test_text_cannot_spell_special_tokens():
    assert Vocabulary(["x"]).encode(["<pad>", "<unk>", "x"]) == [1, 1, 2]


@pytest.mark.parametrize(
    "words, message",
    [
        (["a", "b", "a"], "'a' appears twice"),
        (["<pad>"], "'<pad>' appears twice"),
        (["a b"], "without spaces, got 'a b'"),
        (["a\n"], "without spaces"),
        ([""], "without spaces, got ''"),
    ],
)
def test_words_that_are_none(words, message):
    with pytest.raises(UserError, match=message):
        Vocabulary(words)
