"""Sentences of the grammar, and how they are written."""

from __future__ import annotations

import functools
from typing import NamedTuple

from tfgen.nli.grammar.lexicon import LEXICON
from tfgen.nli.grammar.nouns import MASS, plural
from tfgen.nli.grammar.verbs import VERBS

_NUMBERS = {2: "two", 3: "three"}

# Determiner -> its words. "a" and "the" go by the count instead; after "every"
# alone the noun is singular.
QUANTIFIERS = {name: words for name, (words,) in LEXICON["quantifiers"].items()}


class Clause(NamedTuple):
    """Somebody doing something; "" stands for what is not said.

    Attributes:
      noun: of the subject.
      verb: a name in `VERBS`.
      onoun: the object's noun.
      det: "a", "the", or a quantifier.
      odet: "a" or "the", of the object.
      count: how many the subject is, for "a" and "the".
      adj: of the subject.
      color: of the garment.
      garment: worn by the subject: "in a red hat".
      oadj: of the object.
      manner: an adverb.
      place: an adverbial.
      time: an adverbial.
      negative: it is not so.
      agent: names the subject; in a pair, one name is one thing.
      patient: names the object.
      event: names what happens.
    """

    noun: str
    verb: str
    onoun: str = ""
    det: str = "a"
    odet: str = "a"
    count: int = 1
    adj: str = ""
    color: str = ""
    garment: str = ""
    oadj: str = ""
    manner: str = ""
    place: str = ""
    time: str = ""
    negative: bool = False
    agent: str = "x"
    patient: str = "y"
    event: str = "e"

    def of_another(self) -> Clause:
        """Returns the same, done by somebody else to something else."""
        return self._replace(agent="z", patient="u", event="d")


class Sentence(NamedTuple):
    """One clause, or two at one time.

    Attributes:
      main: the first.
      second: what somebody else is doing meanwhile, or None.
      join: where the second goes: "while", "and", or "fronted".
      tail: a verb without object that the subject also does; "" for none.
      tail_negative: or does not do.
      past: the tense.
      passive: of the main clause.
      contracted: "isn't" for "is not".
    """

    main: Clause
    second: Clause | None = None
    join: str = "while"
    tail: str = ""
    tail_negative: bool = False
    past: bool = False
    passive: bool = False
    contracted: bool = False


@functools.lru_cache(4)  # a sentence is measured, and then written
def english(sentence: Sentence) -> str:
    """Returns a sentence in words, with a capital and a period."""
    main = _clause(sentence.main, sentence, sentence.passive)
    if sentence.tail:
        link = "and"
        if sentence.tail_negative:
            link = "but " + _be(_is_plural(sentence.main), True, sentence)
        main = f"{main} {link} {VERBS[sentence.tail].ing}"
    if sentence.second:
        second = _clause(sentence.second, sentence)
        if sentence.join == "fronted":
            main = f"while {second}, {main}"
        elif sentence.join == "and":
            main = f"{main}, and {second}"
        else:
            main = f"{main} while {second}"
    return main[0].upper() + main[1:] + "."


def words(sentence: Sentence) -> int:
    """Returns the number of tokens of a sentence, the period included."""
    text = english(sentence)
    return 2 + text.count(" ") + text.count(",") + text.count("n't")


def _is_plural(clause: Clause) -> bool:
    if clause.det in QUANTIFIERS:
        return clause.det != "every"
    return clause.count > 1


def _be(is_plural: bool, negative: bool, sentence: Sentence) -> str:
    be = ("are", "were") if is_plural else ("is", "was")
    negation = "n't" if sentence.contracted else " not"
    return be[sentence.past] + (negation if negative else "")


def _clause(c: Clause, sentence: Sentence, passive: bool = False) -> str:
    verb = VERBS[c.verb]
    subject = _noun_phrase(c.det, c.count, c.adj, c.noun)
    if c.garment:
        subject += " in " + _garment(c)
    object_ = _object(c) if c.onoun else ""
    be = _be(not passive and _is_plural(c), c.negative, sentence)
    words = [subject, be, verb.ing, object_, c.manner]
    if passive:
        words = [object_, be, "being", c.manner, verb.participle, "by", subject]
    return _spaced(*words, c.place, c.time)


def _spaced(*words: str) -> str:
    return " ".join(filter(None, words))


def _object(c: Clause) -> str:
    denied = c.negative or c.det == "no"
    if denied and c.odet == "a" and c.onoun in MASS:
        return _spaced("any", c.oadj, c.onoun)
    return _noun_phrase(c.odet, 1, c.oadj, c.onoun)


def _garment(c: Clause) -> str:
    if not _is_plural(c):
        return _noun_phrase("a", 1, c.color, c.garment)
    # Each wears one.
    return _spaced(c.color, plural(c.garment))


@functools.lru_cache(1 << 12)
def _noun_phrase(det: str, count: int, adj: str, noun: str) -> str:
    is_plural = count > 1
    if det in QUANTIFIERS:
        det, is_plural = QUANTIFIERS[det], det != "every"
    elif det == "the":
        if is_plural:
            det = f"the {_NUMBERS[count]}"
    elif is_plural:
        det = _NUMBERS[count]
    elif noun in MASS:
        det = "some"
    else:
        det = "an" if (adj or noun)[0] in "aeiou" else "a"
    if is_plural:
        noun = plural(noun)
    return _spaced(det, adj, noun)
