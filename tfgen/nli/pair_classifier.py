"""A trained classifier of sentence pairs: from text to labels and figures.

workdir/
  report.json, report.txt                   figures on the test split
  report-<data>.json, report-<data>.txt     figures on other data
  attention/attention.png, attention.html   heat maps of pairs
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import tensorflow as tf

from tfgen import saved_config
from tfgen.config import apply_overrides
from tfgen.data.settings import refuse_unread
from tfgen.errors import UserError
from tfgen.files import write_text
from tfgen.nli import attention, baselines, batches, catalog
from tfgen.nli import report as figures
from tfgen.nli.attention import HeatMap, WeightedWords
from tfgen.nli.encode import encode
from tfgen.nli.pairs import Pair
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.tally import Tally
from tfgen.nli.text.tokenizer import tokenize
from tfgen.nli.text.vocabulary import SPECIAL, UNKNOWN
from tfgen.run import Run, default_workdir
from tfgen.train.lock import alone

DEFAULT_MODEL = "inner_attention"
_BATCH = 256  # pairs classified in one call
_AT_ONCE = 20 * _BATCH  # pairs read before they are sorted by length

# The baselines have a weight for every pair of neighbouring words: they are
# trained on a part of a large data set.
_BASELINE_PAIRS = 20_000

# Settings of data that the model is tied to, however its pairs are read.
_OF_THE_MODEL = ("lower", "min_count", "max_length", "glove")


class Prediction(NamedTuple):
    """What a model says about a pair.

    Attributes:
      pair: its text; the label has no meaning.
      label: the most probable one.
      probabilities: label -> probability.
      sentences: "premise" and "hypothesis" -> words and their attention, of
        those that the model attends to.
    """

    pair: Pair
    label: str
    probabilities: Mapping[str, float]
    sentences: Mapping[str, WeightedWords]

    def row(self) -> dict[str, Any]:
        """Returns what is written to files."""
        return {
            "premise": self.pair.premise,
            "hypothesis": self.pair.hypothesis,
            "label": self.label,
            **{name: round(p, 6) for name, p in self.probabilities.items()},
        }

    def text(self) -> str:
        """Returns a line for people."""
        rest = (f"{name} {p:.3f}" for name, p in self.probabilities.items())
        return f"{self.label} ({', '.join(rest)})"


class PairClassifier:
    """The model of a run, with its tokenizer and vocabulary."""

    def __init__(self, run: Run, data: NliDataConfig | None = None):
        """Takes a run that was trained.

        Args:
          run: of a classifier of sentence pairs.
          data: to measure it on; None is its own test split.

        Raises:
          UserError: its model is of another kind.
        """
        if not isinstance(run.config.data, NliDataConfig):
            raise UserError(
                f"model={run.config.model} of {run.workdir}: classifies no"
                f" sentence pairs; expected one that does, such as"
                f" {DEFAULT_MODEL}."
            )
        self.run = run
        self._data = run.config.data
        self._other = data
        self._labels = run.config.spec.labels

    @property
    def _source(self):
        seed = self.run.config.train.seed
        return catalog.pair_source(
            self._other or self._data, seed, self._labels
        )

    @functools.cached_property
    def _compiled(self):
        """`classify` of the model with the best weights."""
        if not self.run.model.can("classify"):
            raise UserError(
                f"model={self.run.config.model}: has no `classify`, which tells"
                " the class of a pair."
            )
        ids = tf.TensorSpec([None, None], tf.int32)
        return tf.function(
            self.run.model.classify, input_signature=[ids, ids], autograph=False
        )

    def predict(
        self, pairs: Iterable[Pair], tally: Tally | None = None
    ) -> Iterator[Prediction]:
        """Yields the model's predictions for pairs of text, in order.

        Args:
          pairs: any number of them; some thousands are read ahead.
          tally: counts them.
        """
        words_of = functools.partial(tokenize, lower=self._data.lower)
        pairs = iter(pairs)
        while part := list(itertools.islice(pairs, _AT_ONCE)):
            for pair, row in zip(part, self._rows(part, words_of, tally)):
                probabilities = map(float, row["probabilities"])
                yield Prediction(
                    pair,
                    self._labels[row["label"]],
                    dict(zip(self._labels, probabilities)),
                    {
                        side: _sentence(
                            words_of(text), row[f"{side}_attention"]
                        )
                        for side, text in zip(("premise", "hypothesis"), pair)
                        if f"{side}_attention" in row
                    },
                )

    @property
    def lock(self):
        """That of the run's workdir."""
        return self.run.lock

    @alone
    def evaluate(self) -> dict[str, Any]:
        """Measures the test split, and writes `report.json` and `report.txt`.

        Of other data, that is all of a single file, or the test split; the
        reports are named by the data.

        Returns:
          What `tfgen.nli.report.report` returns, `cross_entropy` in nats, and
          `baselines`: name -> accuracy; of other data none.

        Raises:
          UserError: there are no pairs, or with other labels than the model's.
        """
        source, other = self._source, self._other
        words_of = functools.partial(source.tokenize, lower=self._data.lower)
        split, name = ("test", "report")
        if other:
            split = source.whole
            name += "-" + re.sub(r"[^\w.-]+", "-", other.name)
        tally = Tally(f"data={(other or self._data).name}, {split}")
        test = list(source.read(split, tally))
        tally.check_any(test)
        rows = self._rows(test, words_of, tally, self._labels)
        if other or not self._data.drawn:
            tally.say()
        label = np.array([self._labels.index(pair.label) for pair in test])
        probabilities = np.array([row["probabilities"] for row in rows])
        likelihood = probabilities[np.arange(len(test)), label]
        words = [[words_of(text) for text in pair[:2]] for pair in test]
        values = figures.report(
            label,
            np.array([row["label"] for row in rows]),
            self._labels,
            np.array([max(len(p), 1) for p, _ in words]),
            np.array([figures.word_overlap(p, h) for p, h in words]),
        )
        # A probability may be 0 in float32, which has no logarithm.
        tiny = np.finfo(np.float32).tiny
        values["cross_entropy"] = -float(
            np.mean(np.log(np.maximum(likelihood, tiny)))
        )
        values["baselines"] = {}
        if not other:
            values["baselines"] = self._baselines(source, test, words_of)
            shown = {
                "accuracy": values["accuracy"]["value"],
                "cross_entropy": values["cross_entropy"],
            }
            self.run.show_test_figures(shown)
        folder = self.run.workdir
        text = json.dumps(values, indent=2) + "\n"
        write_text(folder / f"{name}.json", text)
        write_text(folder / f"{name}.txt", format_evaluation(values) + "\n")
        return values

    def _baselines(self, source, test, words_of) -> dict[str, float]:
        train = list(itertools.islice(source.read("train"), _BASELINE_PAIRS))
        return {
            "hypothesis alone": baselines.hypothesis_accuracy(
                train, test, words_of
            ),
            "overlap alone": baselines.overlap_accuracy(train, test, words_of),
        }

    @alone
    def draw(
        self,
        pairs: Iterable[Pair] | None = None,
        count: int | None = None,
        tally: Tally | None = None,
    ) -> tuple[list[HeatMap], list]:
        """Writes heat maps of pairs below `attention/`, and says how many.

        Args:
          pairs: text; None are those of the test split.
          count: at most so many; None takes all.
          tally: see `predict`; has their name.

        Returns:
          The heat maps, and the paths of the picture and of the page.

        Raises:
          UserError: there are no pairs, or the model has no attention.
        """
        pairs = self.test_pairs() if pairs is None else pairs
        heat_maps = [
            HeatMap(prediction.text(), prediction.sentences)
            for prediction in self.predict(
                itertools.islice(pairs, count), tally
            )
        ]
        if not heat_maps:
            raise UserError("input: no pairs in it; expected at least one.")
        if not heat_maps[0].sentences:
            raise UserError(
                f"model={self.run.config.model}: has no attention to draw;"
                " expected a model that has, such as inner_attention."
            )
        if tally:
            tally.say()
        folder = self.run.workdir / "attention"
        return heat_maps, [
            attention.write_png(folder / "attention.png", heat_maps),
            attention.write_html(folder / "attention.html", heat_maps),
        ]

    def test_pairs(self) -> Iterator[Pair]:
        """Yields the pairs of the test split as text."""
        return self._source.read("test")

    def _rows(
        self, pairs, words_of, tally, labels=()
    ) -> list[dict[str, np.ndarray]]:
        """What `classify` returns, a dict for each pair, in order."""
        vocabulary, length = self.run.data.vocabulary, self._data.max_length
        ids, _ = encode(
            pairs, words_of, vocabulary, length, labels=labels, tally=tally
        )
        rows: list = [None] * len(ids)
        for batch in batches.eval_batches(ids, batch_size=_BATCH):
            result = self._compiled(batch["premise"], batch["hypothesis"])
            result = {name: value.numpy() for name, value in result.items()}
            for i, place in enumerate(batch["index"].numpy()):
                rows[place] = {name: v[i] for name, v in result.items()}
        return rows


def _sentence(words: list[str], weights: np.ndarray) -> WeightedWords:
    """Words with their weights, without words that were cut off."""
    words = words or [SPECIAL[UNKNOWN]]
    return WeightedWords(words[: len(weights)], weights[: len(words)])


def open_run(
    workdir: str | os.PathLike | None,
    model: str | None,
    preset: str | None,
    data: str | None,
    overrides: Iterable[str],
    *,
    new: bool = False,
    reads: Literal["own", "named", "none"] = "none",
) -> PairClassifier:
    """Returns the classifier of a workdir.

    Args:
      workdir: None is `runs/<model>-<data>`.
      model: see `tfgen.Run.start`; None is the run's, or inner attention.
      preset: likewise.
      data: likewise.
      overrides: likewise.
      new: whether the run may be a new one; else it must have been trained.
      reads: which data are read: the run's own; those that are named, for
        `PairClassifier.evaluate`; or none, since pairs are given, for whose
        files `data.skip_bad_records` is.

    Raises:
      UserError: an unknown name, a workdir of another run, or a setting of data
        that nothing reads.
    """
    named = model or DEFAULT_MODEL
    if new:
        return PairClassifier(
            Run.start(workdir, named, preset, data, overrides)
        )
    workdir = workdir or default_workdir(named, data or NliDataConfig().name)
    held = saved_config.read(workdir)
    for setting, value, own in (
        ("model", model, held.model),
        ("preset", preset, held.preset),
        ("data", None if reads == "named" else data, held.data.name),
    ):
        if value not in (None, own):
            raise UserError(
                f"{setting}={value}: {workdir} holds a run of {own}; leave it"
                " out, or name another workdir."
            )
    if data in (None, held.data.name):
        asked = apply_overrides(held, overrides).data
        if reads == "none":
            _refuse_of_data(asked, held.data)
        else:
            refuse_unread(asked, held.data)
        return PairClassifier(Run.resume(workdir, overrides))
    other = dataclasses.replace(held.data, name=data)
    asked = apply_overrides(dataclasses.replace(held, data=other), overrides)
    refuse_unread(asked.data, other)
    tied = {name: getattr(asked.data, name) for name in _OF_THE_MODEL}
    own = dataclasses.replace(held.data, **tied)
    saved_config.check_same(held, dataclasses.replace(asked, data=own), workdir)
    return PairClassifier(Run.resume(workdir), asked.data)


def _refuse_of_data(asked: NliDataConfig, held: NliDataConfig) -> None:
    """Raises `UserError` of settings by which data are found."""
    for name in ("data_dir", "download"):
        if (value := getattr(asked, name)) != getattr(held, name):
            raise UserError(
                f"data.{name}={value}: pairs are given, so no data are read;"
                " leave it out."
            )


def format_evaluation(values: Mapping[str, Any]) -> str:
    """Returns what `PairClassifier.evaluate` returned as lines of text."""
    others = {
        "cross entropy": values["cross_entropy"],
        **{f"accuracy, {n}": v for n, v in values["baselines"].items()},
    }
    lines = [f"{name:27} {value:.4f}" for name, value in others.items()]
    return figures.format_report(values) + "\n\n" + "\n".join(lines)
