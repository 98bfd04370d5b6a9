import json
import re

import numpy as np
import pytest

from tfgen import saved_config
from tfgen.errors import UserError
from tfgen.nli import pair_classifier
from tfgen.nli.pairs import LABELS, Pair
from tfgen.run import Run
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.lock import Lock


def open_run(workdir, *overrides, new=False, model="inner_attention"):
    return pair_classifier.open_run(
        workdir, model, "tiny", None, overrides, new=new
    )


def begun(workdir, *overrides, model="inner_attention"):
    """Returns a run with a checkpoint, of the initial weights."""
    classifier = open_run(workdir, *overrides, new=True, model=model)
    saved_config.write(workdir, classifier.run.config)
    variables = classifier.run.build_model().variables
    saved = Checkpoints(workdir / "checkpoints", "last", 1, model=variables)
    saved.save(1, {"step": 1})
    return classifier


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("pairs") / "run"
    begun(workdir)
    return workdir


@pytest.fixture(scope="module")
def classifier(workdir):
    return open_run(workdir)


def test_predictions_come_in_order(classifier):
    """And do not depend on what else is predicted, or on padding."""
    grass = "The boy is running through a grassy area."
    pairs = [
        # Table 1 of the paper.
        Pair(grass, "The boy is in his room.", 0),
        Pair(grass, "A boy is running outside.", 0),
        Pair(grass, "The boy is in a park.", 0),
        Pair("A dog is running in the park while a cat sleeps.", "It runs.", 0),
        Pair("Rain.", "A man was sitting near a lake in the evening.", 0),
        Pair("", "Unheardof wörds 😀.", 0),
    ]
    together = list(classifier.predict(pairs))
    assert [prediction.pair for prediction in together] == pairs
    for pair, prediction in zip(pairs, together):
        (alone,) = classifier.predict([pair])
        assert alone.label == prediction.label
        assert alone.label in LABELS
        np.testing.assert_allclose(
            list(alone.probabilities.values()),
            list(prediction.probabilities.values()),
            rtol=1e-5,
        )


def test_a_prediction(classifier):
    (prediction,) = classifier.predict([Pair("A dog runs.", "", 0)])
    assert tuple(prediction.probabilities) == LABELS
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    best = max(prediction.probabilities, key=prediction.probabilities.get)
    assert prediction.label == best
    # Words as the model reads them; no word at all is an unknown one.
    premise, hypothesis = prediction.sentences.values()
    assert premise.tokens == ["a", "dog", "runs", "."]
    assert hypothesis.tokens == ["<unk>"]
    for sentence in (premise, hypothesis):
        assert len(sentence.attention) == len(sentence.tokens)
        assert sum(sentence.attention) == pytest.approx(1, abs=1e-5)
    assert list(prediction.row()) == ["premise", "hypothesis", "label", *LABELS]
    assert re.fullmatch(
        r"\w+ \(entailment 0\.\d{3}, neutral 0\.\d{3}, contradiction"
        r" 0\.\d{3}\)",
        prediction.text(),
    )


def test_words_that_are_cut_off_are_not_drawn(tmp_path):
    classifier = begun(tmp_path, "data.max_length=2")
    (prediction,) = classifier.predict(
        [Pair("A dog runs.", "It runs fast.", 0)]
    )
    assert prediction.sentences["premise"].tokens == ["a", "dog"]
    assert len(prediction.sentences["premise"].attention) == 2


def test_evaluation(classifier, workdir):
    """It agrees with the loop's own metrics, which know nothing of it."""
    values = classifier.evaluate()
    metrics = classifier.run.evaluate()
    accuracy = values["accuracy"]
    assert accuracy["value"] == pytest.approx(metrics["accuracy"])
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert values["cross_entropy"] == pytest.approx(
        metrics["cross_entropy"], rel=1e-5
    )
    assert accuracy["count"] == classifier.run.data.size("test")
    assert np.sum(values["confusion"]) == accuracy["count"]
    for name in ("by_length", "by_overlap"):
        counts = [row["count"] for row in values[name].values()]
        assert sum(counts) == accuracy["count"]
    assert set(values["baselines"]) == {"hypothesis alone", "overlap alone"}
    assert json.loads((workdir / "report.json").read_text()) == values
    text = (workdir / "report.txt").read_text()
    assert text == pair_classifier.format_evaluation(values) + "\n"
    assert "accuracy, overlap alone     0." in text


def test_only_predictions_are_made_of_a_workdir_in_use(classifier, workdir):
    pair = Pair("A dog runs.", "", 0)
    with Lock(workdir):
        assert len(list(classifier.predict([pair]))) == 1
        for use in (classifier.evaluate, lambda: classifier.draw([pair])):
            with pytest.raises(UserError, match="in use by process"):
                use()


def test_heat_maps(classifier, workdir):
    pairs = list(classifier.test_pairs())[:2]
    heat_maps, paths = classifier.draw(pairs)
    assert [m.title.split()[0] in LABELS for m in heat_maps] == [True, True]
    assert [path.relative_to(workdir).as_posix() for path in paths] == [
        "attention/attention.png",
        "attention/attention.html",
    ]
    assert all(path.stat().st_size > 1000 for path in paths)
    with pytest.raises(UserError, match="input: no pairs in it; expected"):
        classifier.draw([])


@pytest.mark.parametrize(
    "model, drawn",
    [("word_by_word", ["premise"]), ("sentence_encoder", [])],
)
def test_models_with_less_attention(tmp_path, model, drawn):
    classifier = begun(tmp_path, model=model)
    pair = Pair("A dog runs.", "It runs.", 0)
    (prediction,) = classifier.predict([pair])
    assert prediction.label in LABELS
    assert list(prediction.sentences) == drawn
    if drawn:
        (heat_map,), _ = classifier.draw([pair])
        assert heat_map.sentences["premise"].tokens == ["a", "dog", "runs", "."]
    else:
        with pytest.raises(UserError, match="^model=sentence_encoder: has no"):
            classifier.draw([pair])


def test_a_workdir_of_another_model(tmp_path):
    run = Run.start(tmp_path, "real_nvp", "tiny", "moons")
    saved_config.write(tmp_path, run.config)
    with pytest.raises(UserError) as error:
        open_run(tmp_path)
    assert str(error.value).startswith(
        f"model=real_nvp of {tmp_path}: classifies no sentence pairs;"
        " expected inner_attention"
    )


def test_only_some_settings_may_change(workdir):
    run = open_run(workdir, "data.skip_bad_records=true").run
    assert run.config.data.skip_bad_records
    with pytest.raises(
        UserError, match="holds a run with network.units=5, not"
    ):
        open_run(workdir, "network.units=6")


def test_nothing_was_trained(tmp_path):
    with pytest.raises(UserError, match=r"there is no config\.json; name the"):
        open_run(tmp_path)


def test_the_default_workdir(tmp_path, monkeypatch, workdir):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "inner_attention-nli_grammar").symlink_to(workdir)
    assert open_run(None).run.config.preset == "tiny"
