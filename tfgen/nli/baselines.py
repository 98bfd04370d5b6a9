"""Two logistic regressions that understand nothing.

Both are trained on one split and measured on another. Where one of them finds
the labels, the data set says little about a model.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from tfgen.nli.encode import Tokenizer
from tfgen.nli.pairs import Pair
from tfgen.nli.report import word_overlap


def overlap_accuracy(
    train: Sequence[Pair], test: Sequence[Pair], tokenize: Tokenizer
) -> float:
    """Returns the accuracy of seeing only how alike the sentences are.

    Features: the shares of the hypothesis's words, and of its pairs of
    neighbours, that are in the premise; the share of the premise's words that
    are in the hypothesis; both lengths, their difference and quotient; and the
    squares and products of all these.

    Args:
      train: pairs to fit.
      test: pairs to measure on.
      tokenize: text -> words.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    model = make_pipeline(
        StandardScaler(),
        PolynomialFeatures(2, include_bias=False),
        StandardScaler(),
        _regression(),
    )
    model.fit(_overlap(train, tokenize), _labels(train))
    return model.score(_overlap(test, tokenize), _labels(test))


def hypothesis_accuracy(
    train: Sequence[Pair], test: Sequence[Pair], tokenize: Tokenizer
) -> float:
    """Returns the accuracy of reading the hypothesis only.

    Features: which words and which pairs of neighbours are in it.

    Args:
      train: pairs to fit.
      test: pairs to measure on.
      tokenize: text -> words.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        CountVectorizer(
            preprocessor=lambda pair: pair.hypothesis,
            tokenizer=tokenize,
            token_pattern=None,
            ngram_range=(1, 2),
            binary=True,
        ),
        _regression(),
    )
    model.fit(train, _labels(train))
    return model.score(test, _labels(test))


def _regression():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300)


def _labels(pairs: Sequence[Pair]) -> np.ndarray:
    return np.array([pair.label for pair in pairs])


def _overlap(pairs: Sequence[Pair], tokenize: Tokenizer) -> np.ndarray:
    """[n, 7] features."""
    rows = []
    for pair in pairs:
        p, h = tokenize(pair.premise), tokenize(pair.hypothesis)
        neighbours = (list(itertools.pairwise(words)) for words in (p, h))
        rows.append(
            (
                word_overlap(p, h),
                word_overlap(*neighbours),
                word_overlap(h, p),
                len(p),
                len(h),
                len(p) - len(h),
                len(p) / max(len(h), 1),
            )
        )
    return np.array(rows, np.float64)
