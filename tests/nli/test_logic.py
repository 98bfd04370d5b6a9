"""Labels of pairs that were written and judged by hand, rule by rule."""

import itertools

import pytest

from tests.nli import logic
from tfgen.nli.grammar import quantifiers
from tfgen.nli.grammar.english import Clause, Sentence, english
from tfgen.nli.pairs import LABELS

C, S = Clause, Sentence
E, N, X = range(3)


def pair(name, premise, hypothesis, label, first, second):
    return pytest.param(
        premise, hypothesis, label, first, second, id=f"{name}-{LABELS[label]}"
    )


def s(*args, **kwargs):
    return Sentence(Clause(*args, **kwargs))


dog = s("dog", "run")
meanwhile = {"agent": "z", "patient": "u", "event": "d"}

SCENES = [
    # Nouns.
    pair(
        "hypernym",
        s("puppy", "run"),
        dog,
        E,
        "A puppy is running.",
        "A dog is running.",
    ),
    pair(
        "hyponym",
        s("animal", "run"),
        dog,
        N,
        "An animal is running.",
        "A dog is running.",
    ),
    pair(
        "sibling",
        s("cat", "run"),
        dog,
        X,
        "A cat is running.",
        "A dog is running.",
    ),
    pair(
        "far hypernym",
        s("puppy", "run"),
        s("animal", "run"),
        E,
        "A puppy is running.",
        "An animal is running.",
    ),
    pair(
        "work",
        s("woman", "run"),
        s("doctor", "run"),
        N,
        "A woman is running.",
        "A doctor is running.",
    ),
    pair(
        "sex",
        s("doctor", "run"),
        s("woman", "run"),
        N,
        "A doctor is running.",
        "A woman is running.",
    ),
    pair(
        "object",
        s("boy", "eat", "pear"),
        s("boy", "eat", "fruit"),
        E,
        "A boy is eating a pear.",
        "A boy is eating some fruit.",
    ),
    pair(
        "object",
        s("boy", "eat", "pear"),
        s("boy", "eat", "apple"),
        X,
        "A boy is eating a pear.",
        "A boy is eating an apple.",
    ),
    pair(
        "object",
        s("boy", "eat", "fruit"),
        s("boy", "eat", "apple"),
        N,
        "A boy is eating some fruit.",
        "A boy is eating an apple.",
    ),
    # Adjectives.
    pair(
        "dropped adjective",
        s("dog", "run", adj="wet"),
        dog,
        E,
        "A wet dog is running.",
        "A dog is running.",
    ),
    pair(
        "added adjective",
        dog,
        s("dog", "run", adj="wet"),
        N,
        "A dog is running.",
        "A wet dog is running.",
    ),
    pair(
        "antonym",
        s("dog", "run", adj="dry"),
        s("dog", "run", adj="wet"),
        X,
        "A dry dog is running.",
        "A wet dog is running.",
    ),
    pair(
        "adjective",
        s("dog", "run", adj="soaked"),
        s("dog", "run", adj="wet"),
        E,
        "A soaked dog is running.",
        "A wet dog is running.",
    ),
    pair(
        "adjective",
        s("dog", "run", adj="sick"),
        s("dog", "run", adj="wet"),
        N,
        "A sick dog is running.",
        "A wet dog is running.",
    ),
    pair(
        "absolute",
        s("puppy", "run", adj="wet"),
        s("dog", "run", adj="wet"),
        E,
        "A wet puppy is running.",
        "A wet dog is running.",
    ),
    pair(
        "relative",
        s("puppy", "run", adj="big"),
        s("dog", "run", adj="big"),
        N,
        "A big puppy is running.",
        "A big dog is running.",
    ),
    pair(
        "color",
        s("man", "run", color="navy", garment="hat"),
        s("man", "run", color="blue", garment="hat"),
        E,
        "A man in a navy hat is running.",
        "A man in a blue hat is running.",
    ),
    pair(
        "color",
        s("man", "run", color="red", garment="hat"),
        s("man", "run", color="blue", garment="hat"),
        X,
        "A man in a red hat is running.",
        "A man in a blue hat is running.",
    ),
    pair(
        "garment",
        s("man", "run", color="blue", garment="coat"),
        s("man", "run", color="blue", garment="hat"),
        N,
        "A man in a blue coat is running.",
        "A man in a blue hat is running.",
    ),
    # Verbs.
    pair(
        "verb",
        s("dog", "sprint"),
        dog,
        E,
        "A dog is sprinting.",
        "A dog is running.",
    ),
    pair(
        "verb",
        dog,
        s("dog", "sprint"),
        N,
        "A dog is running.",
        "A dog is sprinting.",
    ),
    pair(
        "verb",
        s("dog", "swim"),
        dog,
        X,
        "A dog is swimming.",
        "A dog is running.",
    ),
    pair(
        "verb",
        s("man", "sing"),
        s("man", "run"),
        N,
        "A man is singing.",
        "A man is running.",
    ),
    pair(
        "asleep",
        s("man", "sleep"),
        s("man", "read", "book"),
        X,
        "A man is sleeping.",
        "A man is reading a book.",
    ),
    pair(
        "opposite",
        s("man", "push", "car"),
        s("man", "pull", "car"),
        X,
        "A man is pushing a car.",
        "A man is pulling a car.",
    ),
    # Places, times, manners.
    pair(
        "place",
        s("dog", "run", place="in the kitchen"),
        s("dog", "run", place="indoors"),
        E,
        "A dog is running in the kitchen.",
        "A dog is running indoors.",
    ),
    pair(
        "place",
        s("dog", "run", place="indoors"),
        s("dog", "run", place="in the kitchen"),
        N,
        "A dog is running indoors.",
        "A dog is running in the kitchen.",
    ),
    pair(
        "place",
        s("dog", "run", place="in the park"),
        s("dog", "run", place="in the kitchen"),
        X,
        "A dog is running in the park.",
        "A dog is running in the kitchen.",
    ),
    pair(
        "added place",
        dog,
        s("dog", "run", place="in the park"),
        N,
        "A dog is running.",
        "A dog is running in the park.",
    ),
    pair(
        "time",
        s("dog", "run", time="at noon"),
        s("dog", "run", time="at midnight"),
        X,
        "A dog is running at noon.",
        "A dog is running at midnight.",
    ),
    pair(
        "manner",
        s("dog", "run", manner="slowly"),
        dog,
        E,
        "A dog is running slowly.",
        "A dog is running.",
    ),
    pair(
        "manner",
        s("dog", "run", manner="slowly"),
        s("dog", "run", manner="quickly"),
        X,
        "A dog is running slowly.",
        "A dog is running quickly.",
    ),
    pair(
        "manner of a hyponym",
        s("man", "stroll", manner="quickly"),
        s("man", "walk", manner="quickly"),
        N,
        "A man is strolling quickly.",
        "A man is walking quickly.",
    ),
    # Roles.
    pair(
        "exchange",
        s("dog", "chase", "cat"),
        s("cat", "chase", "dog", agent="y", patient="x"),
        X,
        "A dog is chasing a cat.",
        "A cat is chasing a dog.",
    ),
    pair(
        "exchange",
        s("dog", "chase", "cat"),
        s("cat", "follow", "dog", agent="y", patient="x"),
        X,
        "A dog is chasing a cat.",
        "A cat is following a dog.",
    ),
    pair(
        "exchange",
        s("boy", "watch", "girl"),
        s("girl", "watch", "boy", agent="y", patient="x"),
        N,
        "A boy is watching a girl.",
        "A girl is watching a boy.",
    ),
    pair(
        "exchange",
        s("boy", "dance_with", "girl"),
        s("girl", "dance_with", "boy", agent="y", patient="x"),
        E,
        "A boy is dancing with a girl.",
        "A girl is dancing with a boy.",
    ),
    pair(
        "exchange",
        s("boy", "waltz_with", "girl"),
        s("girl", "dance_with", "boy", agent="y", patient="x"),
        E,
        "A boy is waltzing with a girl.",
        "A girl is dancing with a boy.",
    ),
    pair(
        "passive",
        S(C("dog", "chase", "cat"), passive=True),
        s("dog", "chase", "cat"),
        E,
        "A cat is being chased by a dog.",
        "A dog is chasing a cat.",
    ),
    pair(
        "passive",
        S(C("cat", "chase", "dog", agent="y", patient="x"), passive=True),
        s("dog", "chase", "cat"),
        X,
        "A dog is being chased by a cat.",
        "A dog is chasing a cat.",
    ),
    # Negation.
    pair(
        "not",
        s("dog", "run", det="the", negative=True),
        s("dog", "run", det="the"),
        X,
        "The dog is not running.",
        "The dog is running.",
    ),
    pair(
        "not, wider",
        s("dog", "run", det="the", negative=True),
        s("dog", "sprint", det="the", negative=True),
        E,
        "The dog is not running.",
        "The dog is not sprinting.",
    ),
    pair(
        "not, narrower",
        s("dog", "sprint", det="the", negative=True),
        s("dog", "run", det="the", negative=True),
        N,
        "The dog is not sprinting.",
        "The dog is not running.",
    ),
    pair(
        "not, hyponym",
        s("dog", "sprint"),
        s("dog", "run", det="the", negative=True),
        X,
        "A dog is sprinting.",
        "The dog is not running.",
    ),
    pair(
        "not, exclusive",
        s("dog", "swim"),
        s("dog", "run", det="the", negative=True),
        E,
        "A dog is swimming.",
        "The dog is not running.",
    ),
    pair(
        "not, unrelated",
        s("man", "sing"),
        s("man", "run", det="the", negative=True),
        N,
        "A man is singing.",
        "The man is not running.",
    ),
    pair(
        "not, there",
        s("dog", "run"),
        s("dog", "run", det="the", place="in the park", negative=True),
        N,
        "A dog is running.",
        "The dog is not running in the park.",
    ),
    pair(
        "not, elsewhere",
        s("dog", "run", place="indoors"),
        s("dog", "run", det="the", place="in the park", negative=True),
        E,
        "A dog is running indoors.",
        "The dog is not running in the park.",
    ),
    pair(
        "not, anything",
        s("dog", "eat", "fruit", det="the", negative=True),
        s("dog", "eat", "pear", det="the", negative=True),
        E,
        "The dog is not eating any fruit.",
        "The dog is not eating a pear.",
    ),
    pair(
        "not, something",
        s("dog", "eat", "pear", det="the", negative=True),
        s("dog", "eat", "fruit", det="the", negative=True),
        N,
        "The dog is not eating a pear.",
        "The dog is not eating any fruit.",
    ),
    pair(
        "not, exchange",
        s("dog", "chase", "cat"),
        s(
            "cat",
            "chase",
            "dog",
            det="the",
            odet="the",
            negative=True,
            agent="y",
            patient="x",
        ),
        E,
        "A dog is chasing a cat.",
        "The cat is not chasing the dog.",
    ),
    # Two clauses.
    pair(
        "who",
        S(C("girl", "run", **meanwhile), C("boy", "swim")),
        s("boy", "run"),
        X,
        "A girl is running while a boy is swimming.",
        "A boy is running.",
    ),
    pair(
        "who",
        S(C("girl", "run", **meanwhile), C("boy", "sing")),
        s("boy", "run"),
        N,
        "A girl is running while a boy is singing.",
        "A boy is running.",
    ),
    pair(
        "who",
        S(C("girl", "sing", **meanwhile), C("boy", "run")),
        s("boy", "run"),
        E,
        "A girl is singing while a boy is running.",
        "A boy is running.",
    ),
    pair(
        "and",
        S(C("boy", "run"), tail="sing"),
        s("boy", "sing"),
        E,
        "A boy is running and singing.",
        "A boy is singing.",
    ),
    pair(
        "but not",
        S(C("boy", "run"), tail="sing", tail_negative=True),
        s("boy", "sing"),
        X,
        "A boy is running but is not singing.",
        "A boy is singing.",
    ),
    pair(
        "but not",
        S(C("boy", "run"), tail="sing", tail_negative=True),
        s("boy", "run"),
        E,
        "A boy is running but is not singing.",
        "A boy is running.",
    ),
]


def q(det, noun, verb, **kwargs):
    return s(noun, verb, det=det, **kwargs)


QUANTIFIED = [
    # All: down in the restrictor, up in the scope.
    pair(
        "all",
        q("all", "animal", "run"),
        q("all", "dog", "run"),
        E,
        "All animals are running.",
        "All dogs are running.",
    ),
    pair(
        "all",
        q("all", "dog", "run"),
        q("all", "animal", "run"),
        N,
        "All dogs are running.",
        "All animals are running.",
    ),
    pair(
        "all",
        q("all", "dog", "sprint"),
        q("every", "dog", "run"),
        E,
        "All dogs are sprinting.",
        "Every dog is running.",
    ),
    pair(
        "all",
        q("all", "dog", "run"),
        q("all", "dog", "sprint"),
        N,
        "All dogs are running.",
        "All dogs are sprinting.",
    ),
    pair(
        "all",
        q("all", "dog", "run"),
        q("all", "dog", "run", adj="wet"),
        E,
        "All dogs are running.",
        "All wet dogs are running.",
    ),
    # Some: up in both.
    pair(
        "some",
        q("some", "dog", "run"),
        q("some", "animal", "run"),
        E,
        "Some dogs are running.",
        "Some animals are running.",
    ),
    pair(
        "some",
        q("some", "animal", "run"),
        q("some", "dog", "run"),
        N,
        "Some animals are running.",
        "Some dogs are running.",
    ),
    pair(
        "some",
        q("some", "dog", "run", adj="wet"),
        q("some", "dog", "run"),
        E,
        "Some wet dogs are running.",
        "Some dogs are running.",
    ),
    # No: down in both.
    pair(
        "no",
        q("no", "animal", "run"),
        q("no", "dog", "sprint"),
        E,
        "No animals are running.",
        "No dogs are sprinting.",
    ),
    pair(
        "no",
        q("no", "dog", "sprint"),
        q("no", "dog", "run"),
        N,
        "No dogs are sprinting.",
        "No dogs are running.",
    ),
    pair(
        "no",
        q("no", "dog", "run"),
        q("no", "dog", "run", place="in the park"),
        E,
        "No dogs are running.",
        "No dogs are running in the park.",
    ),
    # One against the other.
    pair(
        "all, some",
        q("all", "dog", "run"),
        q("some", "dog", "run"),
        E,
        "All dogs are running.",
        "Some dogs are running.",
    ),
    pair(
        "some, all",
        q("some", "dog", "run"),
        q("all", "dog", "run"),
        N,
        "Some dogs are running.",
        "All dogs are running.",
    ),
    pair(
        "no, some",
        q("no", "animal", "run"),
        q("some", "dog", "run"),
        X,
        "No animals are running.",
        "Some dogs are running.",
    ),
    pair(
        "no, all",
        q("no", "dog", "run"),
        q("all", "dog", "run"),
        X,
        "No dogs are running.",
        "All dogs are running.",
    ),
    pair(
        "not all, all",
        q("not_all", "dog", "run"),
        q("all", "animal", "run"),
        X,
        "Not all dogs are running.",
        "All animals are running.",
    ),
    pair(
        "no, not all",
        q("no", "dog", "run"),
        q("not_all", "dog", "run"),
        E,
        "No dogs are running.",
        "Not all dogs are running.",
    ),
    pair(
        "not all, no",
        q("not_all", "dog", "run"),
        q("no", "dog", "run"),
        N,
        "Not all dogs are running.",
        "No dogs are running.",
    ),
    pair(
        "some not, not all",
        q("some", "dog", "run", negative=True),
        q("not_all", "dog", "run"),
        E,
        "Some dogs are not running.",
        "Not all dogs are running.",
    ),
    pair(
        "most, some",
        q("most", "dog", "run"),
        q("some", "dog", "run"),
        E,
        "Most dogs are running.",
        "Some dogs are running.",
    ),
    pair(
        "most",
        q("most", "animal", "run"),
        q("most", "dog", "run"),
        N,
        "Most animals are running.",
        "Most dogs are running.",
    ),
    pair(
        "most",
        q("most", "dog", "sprint"),
        q("most", "dog", "run"),
        E,
        "Most dogs are sprinting.",
        "Most dogs are running.",
    ),
    pair(
        "most, apart",
        q("most", "dog", "swim"),
        q("most", "dog", "run"),
        X,
        "Most dogs are swimming.",
        "Most dogs are running.",
    ),
    pair(
        "all, apart",
        q("all", "dog", "swim"),
        q("some", "dog", "run"),
        X,
        "All dogs are swimming.",
        "Some dogs are running.",
    ),
    pair(
        "some, apart",
        q("some", "dog", "swim"),
        q("some", "dog", "run"),
        N,
        "Some dogs are swimming.",
        "Some dogs are running.",
    ),
    # Numbers.
    pair(
        "number",
        q("at_least_3", "dog", "run"),
        q("at_least_2", "dog", "run"),
        E,
        "At least three dogs are running.",
        "At least two dogs are running.",
    ),
    pair(
        "number",
        q("at_least_2", "dog", "run"),
        q("at_least_3", "dog", "run"),
        N,
        "At least two dogs are running.",
        "At least three dogs are running.",
    ),
    pair(
        "number",
        q("at_least_3", "dog", "run"),
        q("at_most_2", "dog", "run"),
        X,
        "At least three dogs are running.",
        "At most two dogs are running.",
    ),
    pair(
        "number",
        q("more_than_2", "dog", "run"),
        q("at_least_3", "animal", "run"),
        E,
        "More than two dogs are running.",
        "At least three animals are running.",
    ),
    pair(
        "number",
        q("fewer_than_3", "animal", "run"),
        q("at_most_2", "dog", "run"),
        E,
        "Fewer than three animals are running.",
        "At most two dogs are running.",
    ),
    pair(
        "number",
        q("exactly_2", "dog", "run"),
        q("exactly_3", "dog", "run"),
        X,
        "Exactly two dogs are running.",
        "Exactly three dogs are running.",
    ),
    pair(
        "number",
        q("exactly_2", "dog", "run"),
        q("exactly_2", "animal", "run"),
        N,
        "Exactly two dogs are running.",
        "Exactly two animals are running.",
    ),
    pair(
        "number",
        q("no", "dog", "run"),
        q("fewer_than_3", "dog", "run"),
        E,
        "No dogs are running.",
        "Fewer than three dogs are running.",
    ),
]


@pytest.mark.parametrize(
    "premise, hypothesis, label, first, second", SCENES + QUANTIFIED
)
def test_by_hand(premise, hypothesis, label, first, second):
    assert english(premise) == first
    assert english(hypothesis) == second
    assert logic.label_of(premise, hypothesis) == label


def test_larger_models_say_the_same():
    assert quantifiers.quantifier_table() == quantifiers.quantifier_table(6)


def test_what_some_means_is_left_out():
    with pytest.raises(ValueError, match="some"):
        logic.label_of(q("some", "dog", "run"), q("at_least_2", "dog", "run"))


def test_search_is_that_of_truth_tables():
    atoms = [("noun", word, ("x",)) for word in "abcd"]
    # All formulas of two clauses of two literals, and some of three.
    literals = [(a, v) for a in atoms[:3] for v in (True, False)]
    clauses = list(itertools.combinations(literals, 2))
    for formula in itertools.combinations(clauses[:9], 3):
        models = (
            dict(zip(atoms, values))
            for values in itertools.product((True, False), repeat=4)
        )
        expected = any(
            all(any(m[a] is v for a, v in clause) for clause in formula)
            for m in models
        )
        assert logic._search(list(formula), {}) is expected
