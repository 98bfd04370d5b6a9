import json
import re

import numpy as np
import pytest

from tfgen import registry, saved_config
from tfgen.errors import UserError
from tfgen.nli import pair_classifier
from tfgen.nli.pairs import LABELS, Pair
from tfgen.nli.text import signatures as text
from tfgen.run import Run
from tfgen.train.checkpoint import Checkpoints
from tfgen.train.lock import Lock


def open_run(
    workdir, *overrides, new=False, model="inner_attention", data=None
):
    return pair_classifier.open_run(
        workdir, model, "tiny", data, overrides, new=new
    )


def begun(workdir, *overrides, model="inner_attention", data=None):
    """Returns a run with a checkpoint, of the initial weights."""
    classifier = open_run(workdir, *overrides, new=True, model=model, data=data)
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
        Pair(grass, "The boy is in his room."),
        Pair(grass, "A boy is running outside."),
        Pair(grass, "The boy is in a park."),
        Pair("A dog is running in the park while a cat sleeps.", "It runs."),
        Pair("Rain.", "A man was sitting near a lake in the evening."),
        Pair("", "Unheardof wörds 😀."),
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
    (prediction,) = classifier.predict([Pair("A dog runs.", "")])
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


@pytest.mark.parametrize("labels", [("ja", "nein"), ("a", "b", "c", "d")])
def test_any_labels(tmp_path, labels):
    """In predictions, figures and what an export says."""
    path = tmp_path / "own.csv"
    rows = [
        f"A dog {i}.,It {i}.,{label}" for i in range(30) for label in labels
    ]
    path.write_text("\n".join(["premise,hypothesis,label", *rows]))
    workdir = tmp_path / "run"
    begun(workdir, "batch_size=4", data=f"pairs:{path}")
    classifier = open_run(workdir)
    assert classifier.run.config.spec.labels == labels
    (prediction,) = classifier.predict([Pair("A dog 1.", "It 2.")])
    assert tuple(prediction.probabilities) == labels
    assert prediction.label in labels
    values = classifier.evaluate()
    assert list(values["classes"]) == list(labels)
    assert np.shape(values["confusion"]) == (len(labels), len(labels))
    files = text.assets(classifier.run.config.spec)
    assert files["labels.txt"].decode().split() == list(labels)
    classify, *_ = text.signatures(classifier.run.model)["classify"]
    (name,) = classify(["A dog 1."], ["It 2."])["label_name"].numpy()
    assert name.decode() == prediction.label


def test_words_that_are_cut_off_are_not_drawn(tmp_path):
    classifier = begun(tmp_path, "data.max_length=2")
    (prediction,) = classifier.predict([Pair("A dog runs.", "It runs fast.")])
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
    pair = Pair("A dog runs.", "")
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
    assert len(classifier.draw(count=3)[0]) == 3


@pytest.mark.parametrize(
    "model, drawn",
    [("word_by_word", ["premise"]), ("sentence_encoder", [])],
)
def test_models_with_less_attention(tmp_path, model, drawn):
    classifier = begun(tmp_path, model=model)
    pair = Pair("A dog runs.", "It runs.")
    (prediction,) = classifier.predict([pair])
    assert prediction.label in LABELS
    assert list(prediction.sentences) == drawn
    if drawn:
        (heat_map,), _ = classifier.draw([pair])
        assert heat_map.sentences["premise"].tokens == ["a", "dog", "runs", "."]
    else:
        with pytest.raises(UserError, match="^model=sentence_encoder: has no"):
            classifier.draw([pair])


def test_a_plug_in_for_pairs(workdir, monkeypatch):
    """What the data are says what a model is for, and no folder's name."""
    entry = registry.Entry(registry.get("inner_attention").module_name, "own")
    monkeypatch.setitem(registry.MODELS, "inner_attention", entry)
    opened = open_run(workdir)
    assert opened.run.config.model == "inner_attention"
    monkeypatch.setattr(opened.run.model, "can", lambda *names: False)
    with pytest.raises(UserError, match="inner_attention: has no `classify`"):
        list(opened.predict([Pair("a", "b", "")]))


def test_a_workdir_of_another_model(tmp_path):
    run = Run.start(tmp_path, "real_nvp", "tiny", "moons")
    saved_config.write(tmp_path, run.config)
    with pytest.raises(UserError) as error:
        open_run(tmp_path)
    assert str(error.value) == (
        f"model=inner_attention: {tmp_path} holds a run of real_nvp; leave it"
        " out, or name another workdir."
    )
    with pytest.raises(UserError) as error:
        pair_classifier.open_run(tmp_path, None, None, None, ())
    assert str(error.value).startswith(
        f"model=real_nvp of {tmp_path}: classifies no sentence pairs;"
        " expected one that does, such as inner_attention."
    )


@pytest.mark.parametrize(
    "settings, message",
    [
        (("word_by_word", None, None), "model=word_by_word: .* of inner_att"),
        ((None, "grammar", None), "preset=grammar: .* holds a run of tiny;"),
        ((None, None, "pairs:x.csv"), "data=pairs:x.csv: .* run of nli_gramm"),
    ],
)
def test_settings_of_another_run(workdir, settings, message):
    with pytest.raises(UserError, match=f"^{message}"):
        pair_classifier.open_run(workdir, *settings, ())


def test_other_data_are_measured_beside_its_own(workdir, tmp_path, capsys):
    path = tmp_path / "my pairs.csv"
    rows = [
        f"A dog {word}.,It moves.,{label}"
        for word in ("runs", "naps")
        for label in ("Entailment", "neutral", "-")
    ]
    path.write_text("\n".join(["a,b,gold", *rows]))
    settings = ["data.premise_column=a", "hypothesis_column=b"]
    (workdir / "report.json").write_text("its own")

    def opened(*more, data=f"pairs:{path}"):
        return pair_classifier.open_run(
            workdir, None, None, data, [*settings, *more], reads="named"
        )

    values = opened("label_column=gold").evaluate()
    assert values["accuracy"]["count"] == 4  # all of the file, not a part
    assert values["classes"]["neutral"]["count"] == 2
    assert values["classes"]["contradiction"]["count"] == 0
    assert values["baselines"] == {}
    (name,) = [p.stem for p in workdir.glob("report-*.json")]
    assert name.startswith("report-pairs-") and name.endswith("my-pairs.csv")
    held = json.loads((workdir / f"{name}.json").read_text())
    assert held == values
    assert (workdir / f"{name}.txt").exists()
    assert (workdir / "report.json").read_text() == "its own"
    said = capsys.readouterr().err
    assert said.startswith(f"data=pairs:{path}, all: 4 pairs; rows without a l")
    assert "unknown words: " in said
    with pytest.raises(UserError, match="no 'label'; it has a, b, gold"):
        opened().evaluate()
    # What the model is tied to stays its own.
    with pytest.raises(UserError, match="with data.lower=True, not False"):
        opened("data.lower=false")
    path.write_text("a,b,gold\nA.,B.,maybe\n")
    with pytest.raises(
        UserError, match="'gold' is 'maybe', expected one of en"
    ):
        opened("label_column=gold").evaluate()


def test_only_some_settings_may_change(workdir):
    run = open_run(workdir, "data.skip_bad_records=true").run
    assert run.config.data.skip_bad_records
    # Of pairs to predict; a grammar's test split has no bad ones.
    with pytest.raises(UserError, match="data=nli_grammar has no use for it"):
        pair_classifier.open_run(
            workdir,
            *(None, None, None),
            ["data.skip_bad_records=true"],
            reads="named",
        )
    with pytest.raises(
        UserError, match="holds a run with network.units=5, not"
    ):
        open_run(workdir, "network.units=6")


@pytest.mark.parametrize(
    "setting, reads, message",
    [
        ("download=true", "none", "pairs are given, so no data are read"),
        ("data_dir=x", "none", "pairs are given, so no data are read"),
        ("download=true", "own", "data=nli_grammar has no use for it"),
        ("skip_bad_records=true", "own", "data=nli_grammar has no use for"),
    ],
)
def test_a_setting_that_nothing_reads_is_refused(
    workdir, setting, reads, message
):
    name, _, value = setting.partition("=")
    value = value.capitalize() if value == "true" else value
    with pytest.raises(UserError, match=f"^data.{name}={value}: {message}"):
        pair_classifier.open_run(
            workdir, *(None,) * 3, [f"data.{setting}"], reads=reads
        )


def test_nothing_was_trained(tmp_path):
    with pytest.raises(UserError, match=r"there is no config\.json; name the"):
        open_run(tmp_path)


def test_the_default_workdir(tmp_path, monkeypatch, workdir):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "inner_attention-nli_grammar").symlink_to(workdir)
    assert open_run(None).run.config.preset == "tiny"
