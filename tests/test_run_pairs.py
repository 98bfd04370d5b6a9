"""What `tfgen.run` does with sentence pairs."""

import numpy as np
import pytest

from tests.train import game
from tfgen.errors import UserError
from tfgen.nli.settings import NliDataConfig
from tfgen.run import Run
from tfgen.train.strategy import make_strategy


def start(workdir, *overrides, data=None):
    return Run.start(workdir, "sentence_encoder", "tiny", data, overrides)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = start(tmp_path_factory.mktemp("runs") / "pairs")
    run.train(make_strategy("cpu"))
    return run


def test_the_workdir_is_all_that_evaluation_needs(trained):
    again = Run.resume(trained.workdir)
    assert again.config == trained.config
    assert isinstance(again.config.data, NliDataConfig)
    words = trained.data.vocabulary.tokens
    assert again.data.vocabulary.tokens == words
    values = again.evaluate()
    assert list(values) == ["cross_entropy", "accuracy"]
    assert values == trained.evaluate()
    assert 0 < values["accuracy"] < 1


def test_a_run_that_resumes_ends_with_the_same_weights(trained, tmp_path):
    start(tmp_path, "steps=2").train(make_strategy("cpu"))
    start(tmp_path).train(make_strategy("cpu"))
    one, two = game.checkpoint(trained.workdir), game.checkpoint(tmp_path)
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, two[name], err_msg=name)


def test_two_replicas_train_as_one(trained, tmp_path):
    # In one call, which is traced once.
    start(tmp_path, "steps_per_call=4").train(make_strategy("mirrored"))
    one, two = game.checkpoint(trained.workdir), game.checkpoint(tmp_path)
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert abs(value - two[name]).max() < 1e-4, name


def test_shapes_that_xla_cannot_compile(tmp_path):
    run = start(tmp_path, "jit_compile=true")
    with pytest.raises(UserError, match="^jit_compile: XLA cannot compile"):
        run.train(make_strategy("cpu"))


def test_nothing_to_sample(trained):
    with pytest.raises(UserError, match="sentence_encoder makes no samples"):
        trained.draw()


def test_other_words_are_another_run(trained):
    """The error does not hold a vocabulary."""
    with pytest.raises(UserError, match="holds a run with spec.words=") as e:
        start(trained.workdir, "min_count=3")
    assert len(str(e.value)) < 400


@pytest.mark.parametrize(
    "model, data, message",
    [
        (
            "inner_attention",
            "digits",
            "^data=digits: unknown. Known sentence pairs: nli_grammar, ",
        ),
        (
            "real_nvp",
            "nli_grammar",
            "^data=nli_grammar: unknown. Known images and points: digits, ",
        ),
        ("real_nvp", "snli:/tmp", "^data=snli:/tmp: unknown. Known images"),
    ],
)
def test_data_of_the_wrong_kind(tmp_path, model, data, message):
    with pytest.raises(UserError, match=message):
        Run.start(tmp_path, model, None, data)


def test_without_word_vectors_embeddings_are_trained(tmp_path):
    path = tmp_path / "pairs.csv"
    rows = ["A dog runs.,An animal runs.,yes", "A dog.,A cat.,no"] * 100
    path.write_text("\n".join(["premise,hypothesis,label", *rows]) + "\n")
    run = Run.start(
        tmp_path / "run", "inner_attention", "snli", f"pairs:{path}"
    )
    message = "^data.glove=: the word vectors are not trained"
    with pytest.raises(UserError, match=message):
        run.train(make_strategy("cpu"))
