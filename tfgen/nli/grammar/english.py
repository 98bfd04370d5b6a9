"""Sentences of the grammar, and how they are written."""

from __future__ import annotations

from typing import NamedTuple

from tfgen.nli.grammar.nouns import MASS, plural
from tfgen.nli.grammar.verbs import VERBS

_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}

# Determiner -> its words. "a" and "the" go by the count instead; after "every"
# alone the noun is singular.
QUANTIFIERS = {
    name: name.replace("_", " ").replace("2", "two").replace("3", "three")
    for name in (
        "every all some no not_all most at_least_2 at_least_3 more_than_2"
        " at_most_2 fewer_than_3 exactly_2 exactly_3"
    ).split()
}


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


def english(sentence: Sentence) -> str:
    """Returns a sentence in words, with a capital and a period."""
    main = _clause(
        sentence.main, sentence.past, sentence.passive, sentence.contracted
    )
    if sentence.tail:
        ing = VERBS[sentence.tail].ing
        if sentence.tail_negative:
            be = _be(_is_plural(sentence.main), sentence.past)
            main += f" but {be}{_not(sentence.contracted)} {ing}"
        else:
            main += f" and {ing}"
    if sentence.second:
        second = _clause(
            sentence.second, sentence.past, False, sentence.contracted
        )
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


def _be(is_plural: bool, past: bool) -> str:
    if past:
        return "were" if is_plural else "was"
    return "are" if is_plural else "is"


def _not(contracted: bool) -> str:
    return "n't" if contracted else " not"


def _clause(c: Clause, past: bool, passive: bool, contracted: bool) -> str:
    verb = VERBS[c.verb]
    subject = _noun_phrase(c.det, c.count, c.adj, c.noun)
    if c.garment:
        subject += " in " + _garment(c)
    object_ = _object(c) if c.onoun else ""
    be = _be(not passive and _is_plural(c), past)
    if c.negative:
        be += _not(contracted)
    if passive:
        manner = c.manner and c.manner + " "
        words = f"{object_} {be} being {manner}{verb.participle} by {subject}"
    else:
        words = f"{subject} {be} {verb.ing}"
        if object_:
            words += " " + object_
        if c.manner:
            words += " " + c.manner
    if c.place:
        words += " " + c.place
    if c.time:
        words += " " + c.time
    return words


def _object(c: Clause) -> str:
    denied = c.negative or c.det == "no"
    if denied and c.odet == "a" and c.onoun in MASS:
        return f"any {c.oadj} {c.onoun}" if c.oadj else f"any {c.onoun}"
    return _noun_phrase(c.odet, 1, c.oadj, c.onoun)


def _garment(c: Clause) -> str:
    if not _is_plural(c):
        return _noun_phrase("a", 1, c.color, c.garment)
    # Each wears one.
    garments = plural(c.garment)
    return f"{c.color} {garments}" if c.color else garments


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
    return f"{det} {adj} {noun}" if adj else f"{det} {noun}"
