import types

import keras
import numpy as np
import pytest

from tfgen.config import TrainConfig
from tfgen.errors import UserError
from tfgen.nli import glove
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.vocabulary import SPECIAL

SMALL = NliDataConfig(num_pairs=60)
TRAIN = TrainConfig(steps=2, batch_size=8, steps_per_call=2)


def test_the_spec_holds_the_vocabulary_and_the_labels():
    data = SMALL.load(seed=0)
    words = data.spec.words.split(" ")
    assert (*SPECIAL, *words) == data.vocabulary.tokens
    assert data.spec.labels == ("entailment", "neutral", "contradiction")
    assert data.spec.num_classes == 3
    assert data.size("train") == 60 and data.size("test") == 6


def test_any_number_of_labels(tmp_path):
    for name in ("train", "dev", "test"):
        rows = [f"p {i},h,{i % 4}\n" for i in range(20)]
        text = "premise,hypothesis,label\n" + "".join(rows)
        (tmp_path / f"{name}.csv").write_text(text)
    config = NliDataConfig(f"pairs:{tmp_path}")
    data = config.load(seed=0)
    assert data.spec.labels == ("0", "1", "2", "3")
    assert data.spec.num_classes == 4
    # A run goes on with the labels that it has.
    (tmp_path / "test.csv").write_text(text.replace(",3\n", ",9\n"))
    again = config.load(seed=0, spec=data.spec)
    assert again.spec == data.spec and again.size("train") == 20
    with pytest.raises(UserError, match="test.csv, line 5: 'label' is '9'"):
        again.size("test")


def test_with_a_spec_the_words_have_its_ids():
    data = SMALL.load(seed=0)
    again = SMALL.load(seed=0, spec=data.spec)
    assert again.spec == data.spec
    other = NliDataConfig(num_pairs=30).load(seed=1, spec=data.spec)
    assert other.vocabulary.tokens == data.vocabulary.tokens
    for a, b in zip(
        data.eval_batches("test", TRAIN), again.eval_batches("test", TRAIN)
    ):
        np.testing.assert_array_equal(a["premise"], b["premise"])


def test_batches():
    data = SMALL.load(seed=0)
    (call,) = data.train_batches(TRAIN, noise={})
    assert call["label"].shape == (2, 8)
    assert not list(data.train_batches(TRAIN, {}, start_step=2))
    wide = TrainConfig(steps=2, batch_size=8, jit_compile=True)
    for batch in data.train_batches(wide, {}):
        assert batch["premise"].shape[-1] % 8 == 0
    count = sum(len(b["label"]) for b in data.eval_batches("test", TRAIN))
    assert count == 6


def model(data, trainable):
    shape = (len(data.vocabulary), 2)
    embedding = keras.Variable(np.full(shape, 9.0), trainable=trainable)
    return types.SimpleNamespace(embedding=embedding)


def test_embeddings_start_from_glove(tmp_path):
    path = tmp_path / "vectors.txt"
    words = SMALL.load(seed=0).vocabulary.tokens[9:]
    others = "".join(f"{word} 7 8\n" for word in words)
    path.write_text("a 1 2\nthe 3 4\nnowhere 5 6\n" + others)
    config = NliDataConfig(num_pairs=60, glove=str(path))
    data = config.load(seed=0)
    target = model(data, trainable=False)
    data.initialize(target)
    rows = target.embedding.numpy()
    assert rows[data.vocabulary.encode(["the"])[0]].tolist() == [3, 4]
    # Words without a vector, padding and "unknown": in (-0.05, 0.05).
    small = np.abs(rows).max(axis=1) < glove.LIMIT
    tokens = data.vocabulary.tokens
    assert {t for t, s in zip(tokens, small) if s} == {*tokens}.difference(
        words, ("a", "the")
    )


def test_words_that_training_lacks_have_their_vectors(tmp_path):
    """Section 3.2: "close to unseen similar words in inference time"."""
    for name in ("train", "dev", "test"):
        text = "premise,hypothesis,label\n" + "".join(
            f"a {name} one,the,{i % 2}\n" for i in range(4)
        )
        (tmp_path / f"{name}.csv").write_text(text)
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 1\ndev 3 4\ntest 5 6\ntrain 7 8\nthe 1 1\none 1 1\n")
    config = NliDataConfig(f"pairs:{tmp_path}", glove=str(path))
    data = config.load(seed=0)
    tokens = data.vocabulary.tokens
    assert tokens[: len(SPECIAL)] == SPECIAL and tokens[-2:] == ("dev", "test")
    target = model(data, trainable=False)
    data.initialize(target)
    ids = data.split("test").premise[0]
    assert target.embedding.numpy()[ids].tolist() == [[1, 1], [5, 6], [1, 1]]
    again = config.load(seed=0, spec=data.spec)
    assert again.vocabulary.tokens == tokens
    # Without vectors they would only be more random rows.
    bare = NliDataConfig(config.name).load(seed=0)
    assert bare.vocabulary.tokens == tokens[:-2]


def test_embeddings_that_are_neither_given_nor_trained():
    data = SMALL.load(seed=0)
    trained = model(data, trainable=True)
    data.initialize(trained)
    assert np.all(trained.embedding.numpy() == 9)
    with pytest.raises(UserError, match="^data.glove=: the word vect"):
        data.initialize(model(data, trainable=False))
