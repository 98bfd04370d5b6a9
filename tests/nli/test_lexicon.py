import itertools

import pytest

from tfgen.nli.grammar.adjectives import (
    COLORS,
    PROPERTIES,
    RELATIVE,
    SAID_OF,
    adjectives,
)
from tfgen.nli.grammar.circumstances import (
    CIRCUMSTANCES,
    MANNERS,
    PLACES,
    TIMES,
)
from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.nouns import (
    MASS,
    NOUNS,
    OCCUPATIONS,
    PEOPLE,
    members,
    plural,
)
from tfgen.nli.grammar.verbs import (
    ACTIONS,
    ASYMMETRIC,
    RECIPROCAL,
    SYMMETRIC,
    VERBS,
    compatible,
)

TABLES = {
    "nouns": NOUNS,
    "verbs": ACTIONS,
    "adjectives": PROPERTIES,
    "places": PLACES,
    "times": TIMES,
    "manners": MANNERS,
}


def test_sizes():
    assert len(NOUNS.up) >= 100
    assert len(VERBS) >= 60
    assert len(PROPERTIES.up) >= 40


@pytest.mark.parametrize("name", TABLES)
def test_meanings_are_consistent(name):
    table = TABLES[name]
    for word in table.up:
        # Nothing would be such a word.
        assert not table.excludes(word, word), word
        for up in table.up[word]:
            assert not table.excludes(word, up), (word, up)
            assert word not in table.up[up], (word, up)
        for other in table.excluded[word]:
            assert table.excludes(other, word)
            assert set(table.down[word]) <= set(table.excluded[other])


def test_verbs_are_told_apart_by_their_tables():
    assert set(ACTIONS.up) == set(VERBS)
    for a, b in itertools.permutations(VERBS, 2):
        if compatible(a, b):
            assert ACTIONS.independent(a, b), (a, b)
    assert ASYMMETRIC | SYMMETRIC | RECIPROCAL <= set(VERBS)
    assert not ASYMMETRIC & SYMMETRIC | ASYMMETRIC & RECIPROCAL
    assert not SYMMETRIC & RECIPROCAL


def test_hyponyms_keep_the_kind_of_role_exchange():
    for verb in VERBS:
        for up in ACTIONS.up[verb]:
            assert (verb in SYMMETRIC) == (up in SYMMETRIC)
            assert (verb in ASYMMETRIC) == (up in ASYMMETRIC)


def test_hyponyms_are_done_to_the_same_things():
    for name, verb in VERBS.items():
        assert (
            bool(verb.objects)
            == all(bool(VERBS[up].objects) for up in ACTIONS.up[name])
            or not ACTIONS.up[name]
        )
        assert verb.agents


def test_words_that_tables_name_exist():
    assert set(LEXICON["places"]["limited"]) <= set(VERBS)
    assert {v for vs in LEXICON["manners"]["fits"].values() for v in vs} <= set(
        VERBS
    )
    assert set(COLORS) <= set(PROPERTIES.up)
    assert set(PROPERTIES.up) >= RELATIVE
    assert MASS <= set(NOUNS.up) and OCCUPATIONS <= PEOPLE
    assert set(SAID_OF) <= set(NOUNS.up)
    for verb in VERBS:
        for slot, table in ("place", PLACES), ("manner", MANNERS):
            assert set(CIRCUMSTANCES[slot][verb]) <= set(table.up)
        for noun in VERBS[verb].objects:
            assert adjectives(verb, noun, True)
    assert members("bird", "dog")[:2] == ("bird", "eagle")


@pytest.mark.parametrize(
    "noun, expected",
    [
        ("box", "boxes"),
        ("bus", "buses"),
        ("peach", "peaches"),
        ("puppy", "puppies"),
        ("boy", "boys"),
        ("monkey", "monkeys"),
        ("daisy", "daisies"),
        ("potato", "potatoes"),
        ("piano", "pianos"),
        ("scarf", "scarves"),
        ("wolf", "wolves"),
        ("sheep", "sheep"),
        ("woman", "women"),
        ("toy", "toys"),
        ("brush", "brushes"),
    ],
)
def test_plural(noun, expected):
    assert plural(noun) == expected
