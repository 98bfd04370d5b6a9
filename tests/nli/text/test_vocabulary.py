import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.errors import UserError
from tfgen.nli.text.vocabulary import PADDING, UNKNOWN, Vocabulary


def test_order_is_by_frequency_and_then_by_code_point():
    sentences = [["b", "a", "é"], ["b", "Z", "c"], ["c", "b"]]
    vocabulary = Vocabulary.build(sentences)
    assert vocabulary.tokens == ("<pad>", "<unk>", "b", "c", "Z", "a", "é")
    assert (PADDING, UNKNOWN) == (0, 1)


def test_rare_words_are_unknown():
    vocabulary = Vocabulary.build([["a", "a", "b"]], min_count=2)
    assert vocabulary.tokens[2:] == ("a",)
    assert vocabulary.encode(["a", "b", "c"]) == [2, UNKNOWN, UNKNOWN]
    assert "a" in vocabulary and "b" not in vocabulary


def test_text_cannot_spell_special_tokens():
    vocabulary = Vocabulary.build([["<pad>", "<unk>", "x"]])
    assert len(vocabulary) == 3
    assert vocabulary.encode(["<pad>", "<unk>", "x"]) == [1, 1, 2]
    assert "<pad>" not in vocabulary


def test_decode_leaves_padding_out():
    assert Vocabulary(["a", "b"]).decode([3, 1, 2, 0, 0]) == ["b", "<unk>", "a"]


words = st.text(
    st.characters(exclude_characters=" \n", exclude_categories=("Cs",)),
    min_size=1,
)


@given(st.lists(words, unique=True))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_saves_and_loads(tmp_path_factory, tokens):
    tokens = [t for t in tokens if t not in ("<pad>", "<unk>")]
    path = tmp_path_factory.mktemp("v") / "vocabulary.txt"
    vocabulary = Vocabulary(tokens)
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary
    assert path.read_bytes().decode().split("\n")[2:-1] == tokens


@pytest.mark.parametrize(
    "content, message",
    [
        (b"a\nb\n", r"v\.txt: expected a vocabulary that starts .* '<?a"),
        (b"", r"v\.txt: expected a vocabulary that starts"),
        (b"<pad>\n<unk>\n\xff\n", r"v\.txt: .* UTF-8.* byte 12"),
        (b"<pad>\n<unk>\na\na\n", r"v\.txt: .*'a' appears twice"),
        (b"<pad>\n<unk>\na b\n", r"v\.txt: .* without spaces, got 'a b'"),
        (b"<pad>\n<unk>\n\n", r"v\.txt: .* without spaces, got ''"),
    ],
)
def test_files_that_are_none(tmp_path, content, message):
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        Vocabulary.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match="none.txt: cannot be read"):
        Vocabulary.load(tmp_path / "none.txt")
