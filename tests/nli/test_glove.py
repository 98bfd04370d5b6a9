import logging
import os

import numpy as np
import pytest

from tfgen.errors import UserError
from tfgen.nli import glove
from tfgen.nli.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(["the", ".", "chien", "é", "missing"])
LINES = [
    "the 0.1 0.2 -0.3",
    "unwanted 1 2 3",
    ". . . 7 8 9",
    ". 1e-3 -2 3.5",
    "at name@domain.com 5 5 5",
    "é 4 5 6",
    "the 9 9 9",
    "chien 1 1 1",
]


def write(path, lines=LINES, end="\n"):
    path.write_bytes((end.join(lines) + end).encode())
    return path


def test_rows(tmp_path):
    path = write(tmp_path / "glove.txt")
    found = glove.word_vectors(path, VOCABULARY, 0, 3)
    assert found.dtype == np.float32
    assert found.shape == (len(VOCABULARY), 3)
    np.testing.assert_array_equal(found[0], 0)
    expected = {"the": [0.1, 0.2, -0.3], ".": [1e-3, -2, 3.5], "é": [4, 5, 6]}
    for word, vector in expected.items():
        (i,) = VOCABULARY.encode([word])
        np.testing.assert_array_equal(found[i], np.float32(vector))
    # Unknown and missing words.
    for i in (1, 6):
        assert (np.abs(found[i]) < 0.05).all()
        assert found[i].any()


def test_random_rows():
    rows = glove.random_rows(2000, 50, seed=0)
    assert not rows[0].any()
    assert rows[1:].min() > -0.05 and rows[1:].max() < 0.05
    assert abs(rows[1:].mean()) < 5 * 0.05 / 3**0.5 / rows.size**0.5
    assert rows[1:].std() == pytest.approx(0.05 / 3**0.5, rel=0.02)
    np.testing.assert_array_equal(rows, glove.random_rows(2000, 50, seed=0))
    assert (rows[1:] != glove.random_rows(2000, 50, seed=1)[1:]).mean() > 0.99


def caches(folder):
    return sorted(folder.glob("*.npz"))


def test_cache(tmp_path, monkeypatch):
    path = write(tmp_path / "glove.txt")
    first = glove.word_vectors(path, VOCABULARY, 0, 3)
    assert len(caches(tmp_path)) == 1
    monkeypatch.setattr(glove, "_scan", None)
    again = glove.word_vectors(path, VOCABULARY, 0, 3)
    np.testing.assert_array_equal(first, again)
    other = glove.word_vectors(path, VOCABULARY, 1, 3)
    assert (other[1] != first[1]).any()
    np.testing.assert_array_equal(other[2:6], first[2:6])


def test_cache_knows_its_file_and_vocabulary(tmp_path):
    path = write(tmp_path / "glove.txt")
    glove.word_vectors(path, VOCABULARY, 0, 3)
    glove.word_vectors(path, Vocabulary(["the"]), 0, 3)
    assert len(caches(tmp_path)) == 2
    write(path, [line.replace("0.1", "0.4") for line in LINES])
    os.utime(path, ns=(0, 0))
    matrix = glove.word_vectors(path, VOCABULARY, 0, 3)
    assert matrix[2, 0] == np.float32(0.4)
    assert len(caches(tmp_path)) == 3


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"\x00" * 100])
def test_broken_cache_is_made_again(tmp_path, content):
    path = write(tmp_path / "glove.txt")
    first = glove.word_vectors(path, VOCABULARY, 0, 3)
    (cache,) = caches(tmp_path)
    cache.write_bytes(content)
    again = glove.word_vectors(path, VOCABULARY, 0, 3)
    np.testing.assert_array_equal(first, again)
    assert cache.read_bytes() != content
    assert [p.suffix for p in tmp_path.iterdir() if p != path] == [".npz"]


def test_folder_that_cannot_be_written(tmp_path, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    path = write(tmp_path / "glove.txt")
    monkeypatch.setattr(np, "savez", fail)
    assert glove.word_vectors(path, VOCABULARY, 0, 3)[2, 1] == np.float32(0.2)
    assert "not kept for the next run: cannot write" in caplog.text
    assert list(tmp_path.iterdir()) == [path]


def test_says_how_many_words_have_vectors(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for end in ("\n", "\r\n"):
        path = write(tmp_path / "glove.txt", end=end)
        glove.word_vectors(path, VOCABULARY, 0, 3)
        assert "glove.txt: has vectors of 4 of 5 words" in caplog.text
        caplog.clear()
    # From the file and from the cache.
    path = write(tmp_path / "none.txt", ["x 1 2", "y 3 4"])
    for _ in range(2):
        assert glove.word_vectors(path, VOCABULARY, 0, 2).shape == (7, 2)
        assert "none.txt: has vectors of 0 of 5 words" in caplog.text
        caplog.clear()


def test_stops_when_all_are_found(tmp_path):
    path = write(tmp_path / "glove.txt", [*LINES, "the"])
    matrix = glove.word_vectors(path, Vocabulary(["the", "é"]), 0, 3)
    np.testing.assert_array_equal(matrix[3], [4, 5, 6])


@pytest.mark.parametrize(
    "line, message",
    [
        ("the 0.1 0.2", r"line 3: expected a word and 3 finite numbers"),
        ("the 0.1 x 0.2", r"line 3: .* got b'the 0.1 x 0.2"),
        ("the 0.1 nan 0.2", r"line 3: .* finite"),
        ("the 0.1 inf 0.2", r"line 3: .* finite"),
        ("the", r"line 3: expected a word and 3"),
        ("y" * (1 << 20), r"line 3: longer than 1048576 bytes"),
    ],
)
def test_malformed_lines(tmp_path, line, message):
    path = write(tmp_path / "g.txt", ["x 1 2 3", "y 1 2 3", line, "z 1 2 3"])
    with pytest.raises(UserError, match=rf"g\.txt, {message}"):
        glove.word_vectors(path, VOCABULARY, 0, 3)
    assert not caches(tmp_path)


def test_errors(tmp_path):
    with pytest.raises(UserError, match="none.txt: cannot be read: No such"):
        glove.word_vectors(tmp_path / "none.txt", VOCABULARY, 0, 3)
    with pytest.raises(UserError, match="g.zip: packed; expected"):
        glove.word_vectors(tmp_path / "g.zip", VOCABULARY, 0, 3)
